"""A storm becomes one mail, nobody is woken at night, what comes back goes to the desk; once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from tests.support.mailers import LosesPower

from hwb_notifier.bootstrap import SERVICE, reconcile, record_cases, send_mails
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

SCHOOL = "6781234"
OFFICE = "office@abersychan.example"
DESK = "hwb@gov.wales"
LIMIT = 3


@pytest.fixture(autouse=True)
def _settings(platform: Platform) -> None:
    platform.settings.mails_per_hour = LIMIT
    platform.settings.time_scale = 1


async def raise_cases(
    platform: Platform,
    count: int,
    *,
    first: int = 0,
    kind: CaseKind = CaseKind.REJECTED_ROWS,
    change: CaseChange = CaseChange.RAISED,
) -> None:
    events = [
        (
            f"owner/{kind}/{number}",
            CaseChanged(
                change=change,
                case_key=f"owner/{kind}/{number}",
                kind=kind,
                school=SCHOOL,
                facts={"rejected": str(number)},
                raised_by="owner",
                changed_at=platform.clock.now(),
            ),
        )
        for number in range(first, first + count)
    ]
    await drive(platform, cases_subscription(record_cases(platform)), events)


async def send(platform: Platform) -> None:
    job = send_mails(platform)
    while await job.run_once():
        pass


async def an_hour_passes(platform: Platform) -> None:
    async with platform.database.transaction() as session:
        for table in ("mail", "digest"):
            await session.execute(
                f"""UPDATE {table} SET taken_at = taken_at - interval '1 hour',
                       not_before = not_before - interval '1 hour'"""  # noqa: S608
            )


def listed(mail: EmailMessage) -> int:
    """How many cases are in it."""
    return len(str(mail["X-Hwb-Digest-Of"] or "one").split())


async def states(platform: Platform) -> set[tuple[Any, ...]]:
    async with platform.database.transaction() as session:
        return set(await session.fetch("SELECT state, addressee, undelivered_to FROM mail"))


async def test_as_many_as_fit_into_an_hour_go_singly(platform: Platform, mail_server: Any) -> None:
    await raise_cases(platform, LIMIT)
    await send(platform)

    assert [listed(mail) for mail in mail_server.taken] == [1, 1, 1]


async def test_a_storm_is_one_mail_that_lists_every_case(
    platform: Platform, mail_server: Any
) -> None:
    await raise_cases(platform, 40)
    await send(platform)

    (mail,) = mail_server.taken
    assert (listed(mail), mail["To"]) == (40, OFFICE)
    lines = mail.get_body(("plain",)).get_content().split()
    assert all(lines.count(f"owner/rejected_rows/{number}") == 2 for number in range(40))
    assert await states(platform) == {("sent", f"school/{SCHOOL}", None)}


async def test_what_comes_after_the_limit_waits_and_becomes_one_mail(
    platform: Platform, mail_server: Any
) -> None:
    for number in range(LIMIT + 5):
        await raise_cases(platform, 1, first=number)
        await send(platform)
    assert [listed(mail) for mail in mail_server.taken] == [1, 1, 1]
    await raise_cases(platform, 1, kind=CaseKind.CONTESTED_CLAIM)
    await send(platform)
    assert mail_server.taken[-1]["To"] == DESK, "others get theirs meanwhile"

    await an_hour_passes(platform)
    await raise_cases(platform, 1, first=100)
    await send(platform)
    assert [listed(mail) for mail in mail_server.taken[4:]] == [6]
    ids = [mail["Message-ID"] for mail in mail_server.taken]
    assert len(set(ids)) == len(ids)


async def test_a_second_storm_is_a_digest_of_its_own(platform: Platform, mail_server: Any) -> None:
    await raise_cases(platform, 10)
    await send(platform)
    await raise_cases(platform, 10, first=10)
    await send(platform)

    first, second = mail_server.taken
    assert (listed(first), listed(second)) == (10, 10)
    assert first["Message-ID"] != second["Message-ID"]
    said = f"{first['X-Hwb-Digest-Of']} {second['X-Hwb-Digest-Of']}".split()
    assert len(set(said)) == 20


async def test_a_digest_whose_answer_was_lost_is_repeated_as_it_was(
    platform: Platform, mail_server: Any
) -> None:
    await raise_cases(platform, 10)
    dying = send_mails(platform, LosesPower(mail_server))
    assert await dying.run_once(), "the digest is made and committed"
    with pytest.raises(RuntimeError, match="power"):
        await dying.run_once()
    await raise_cases(platform, 1, first=50)
    await send(platform)

    first, repeated, late = mail_server.taken
    assert repeated["Message-ID"] == first["Message-ID"]
    assert repeated["X-Hwb-Digest-Of"] == first["X-Hwb-Digest-Of"]
    assert (listed(first), listed(late)) == (10, 1)
    await send(platform)
    assert len(mail_server.taken) == 3


async def test_a_digest_that_is_refused_for_now_goes_later_and_whole(
    platform: Platform, mail_server: Any
) -> None:
    platform.settings.time_scale = 60_000
    mail_server.answers = ["451 try later"]
    await raise_cases(platform, 10)
    while not mail_server.taken:
        await send(platform)

    (mail,) = mail_server.taken
    assert listed(mail) == 10


async def test_an_office_that_cannot_be_reached_is_kept_and_the_desk_is_told_once(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.answers = ["RCPT 550 no such user"]
    await raise_cases(platform, 1)
    await send(platform)
    await send(platform)

    (mail,) = mail_server.taken
    assert mail["To"] == DESK
    text = " ".join(mail.get_body(("plain",)).get_content().split())
    assert "could not be delivered to Abersychan Primary (6781234)" in text
    assert await states(platform) == {("sent", "service_desk", f"school/{SCHOOL}")}
    assert await reconcile(platform, False) == []


async def test_a_digest_that_cannot_be_delivered_goes_to_the_desk_with_every_case(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.answers = ["RCPT 550 no such user"]
    await raise_cases(platform, 10)
    await send(platform)

    (mail,) = mail_server.taken
    assert (mail["To"], listed(mail)) == (DESK, 10)
    assert await states(platform) == {("sent", "service_desk", f"school/{SCHOOL}")}


async def test_a_server_that_refuses_whatever_we_send_parks_it_for_its_own_office(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.sender = "553 you may not"
    await raise_cases(platform, 10)
    await send(platform)
    assert mail_server.taken == []
    assert await states(platform) == {("parked", f"school/{SCHOOL}", None)}
    assert len(await reconcile(platform, False)) == 10

    mail_server.sender = "250 OK"
    await reconcile(platform, True)
    await send(platform)
    assert [(mail["To"], listed(mail)) for mail in mail_server.taken] == [(OFFICE, 10)]


QUIET = datetime(2022, 8, 16, 19, 30, tzinfo=UTC)  # 20:30 in Wales
BEFORE = datetime(2022, 8, 16, 18, 30, tzinfo=UTC)
MORNING = datetime(2022, 8, 17, 6, 0, tzinfo=UTC)  # 07:00 in Wales


def at(platform: Platform, instant: datetime) -> None:
    platform.clock.set(instant)  # type: ignore[attr-defined]  # a ManualClock in tests


@pytest.mark.parametrize("desk_too", [True, False])
async def test_in_quiet_hours_of_wales_mails_wait_for_the_morning(
    platform: Platform, mail_server: Any, *, desk_too: bool
) -> None:
    platform.settings.quiet_from = BEFORE.replace(hour=20).time()
    platform.settings.quiet_for_service_desk = desk_too
    at(platform, QUIET)
    await raise_cases(platform, 1)
    await raise_cases(platform, 1, kind=CaseKind.CONTESTED_CLAIM)
    await send(platform)
    assert [mail["To"] for mail in mail_server.taken] == ([] if desk_too else [DESK])

    at(platform, MORNING)
    await send(platform)
    await send(platform)
    assert sorted(mail["To"] for mail in mail_server.taken) == [DESK, OFFICE]


async def test_just_before_the_quiet_hours_mails_go(platform: Platform, mail_server: Any) -> None:
    platform.settings.quiet_from = BEFORE.replace(hour=20).time()
    at(platform, BEFORE)
    await raise_cases(platform, 1)
    await send(platform)

    assert len(mail_server.taken) == 1


async def test_what_waits_for_the_morning_is_not_late(platform: Platform) -> None:
    platform.settings.quiet_from = BEFORE.replace(hour=20).time()
    at(platform, QUIET)
    await raise_cases(platform, 1)
    async with platform.database.transaction() as session:
        await session.execute(
            "UPDATE mail SET made_at = made_at - interval '2 hours',"
            " not_before = not_before - interval '2 hours'"
        )
    assert await reconcile(platform, False) == []
    at(platform, MORNING)
    (late,) = await reconcile(platform, False)
    assert late.startswith("late:")


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=SERVICE.api(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


async def bounce(
    api: httpx.AsyncClient, message_id: str, key: str = "bounce-one"
) -> httpx.Response:
    headers = {"Authorization": "Bearer mail-system", "Idempotency-Key": key}
    body = {"message_id": message_id, "status": "5.1.1"}
    return await api.post("/v1/bounces", json=body, headers=headers)


@pytest.mark.parametrize("count", [1, 10])
async def test_what_comes_back_goes_to_the_desk_once(
    platform: Platform, mail_server: Any, api: httpx.AsyncClient, count: int
) -> None:
    await raise_cases(platform, count)
    await send(platform)
    (sent,) = mail_server.taken
    told = [
        await bounce(api, sent["Message-ID"], key)
        for key in ("one bounce", "one bounce", "another one")
    ]
    await send(platform)
    late = await bounce(api, sent["Message-ID"], "much later")
    await send(platform)

    assert [one.json() for one in (*told, late)] == [{"cases": n} for n in (count, count, 0, 0)]
    _, again = mail_server.taken
    assert (again["To"], listed(again)) == (DESK, count)
    assert await states(platform) == {("sent", "service_desk", f"school/{SCHOOL}")}
    shown = await api.get(
        "/v1/cases/owner/rejected_rows/0", headers={"Authorization": "Bearer desk"}
    )
    assert shown.json()["mail"]["undelivered_to"] == f"school/{SCHOOL}"
    assert shown.json()["mail"]["message_id"] == again["Message-ID"]


async def test_cases_of_a_digest_that_came_back_go_singly_where_there_is_room(
    platform: Platform, mail_server: Any, api: httpx.AsyncClient
) -> None:
    await raise_cases(platform, 10)
    await send(platform)
    await bounce(api, mail_server.taken[0]["Message-ID"])
    platform.settings.mails_per_hour = 20
    await send(platform)

    desk = {mail["X-Hwb-Case-Key"]: mail["Message-ID"] for mail in mail_server.taken[1:]}
    assert len(desk) == 10
    for case_key, message_id in desk.items():
        shown = await api.get(f"/v1/cases/{case_key}", headers={"Authorization": "Bearer desk"})
        assert shown.json()["mail"]["message_id"] == message_id


async def test_what_comes_back_from_the_desk_itself_is_parked(
    platform: Platform, mail_server: Any, api: httpx.AsyncClient
) -> None:
    await raise_cases(platform, 1, kind=CaseKind.CONTESTED_CLAIM)
    await send(platform)
    await bounce(api, mail_server.taken[0]["Message-ID"])

    assert await states(platform) == {("parked", "service_desk", None)}
    assert await reconcile(platform, False) == [
        "parked: the mail about owner/contested_claim/0 was refused: it came back: 5.1.1"
    ]


async def test_a_bounce_of_a_mail_that_never_went_is_unknown(
    platform: Platform, api: httpx.AsyncClient
) -> None:
    await raise_cases(platform, 1)
    async with platform.database.transaction() as session:
        row = await session.fetch_one("SELECT message_id FROM mail")
    assert row is not None
    for one in (row[0], "<other@elsewhere.example>"):
        answer = await bounce(api, one, f"bounce of {one}")
        assert (answer.status_code, answer.json()["code"]) == (404, "mail_unknown")
