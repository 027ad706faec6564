"""Deleted twelve months after the later of leaving date and release: announced, guarded, once."""

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from tests.support.identity_world import CALENDAR, PRIMARY, SECONDARY, World

from hwb_identity.bootstrap import identity_on
from hwb_schemas.calendar import GuardLimit
from hwb_schemas.words import EnrolmentStatus, RecordState

UPN, NEW_UPN = "R201100018042", "T20110001804V"
LEFT_ON, RELEASED_ON = date(2022, 7, 1), date(2022, 7, 18)
ANNOUNCED_ON, DELETED_ON = date(2023, 6, 18), date(2023, 7, 18)
TABLES = "SELECT count(*) FROM person", "SELECT count(*) FROM account_history"


async def left(world: World, upn: str = UPN, *, leaving: date = LEFT_ON) -> str:
    """A learner who left the primary school and was released on 18 July: the account's id."""
    await world.hear(world.word(PRIMARY, upn))
    await world.hear(world.word(PRIMARY, upn, RecordState.LEFT, leaving=leaving))
    return (await world.published())[-1].key


async def day_comes(world: World, day: date) -> None:
    """The leader's jobs on that day."""
    world.move_to(day)
    await world.identity.take_up_due()
    while await world.identity.deletions():
        pass
    await world.identity.notices()


async def happened(world: World) -> list[tuple[str, str | None]]:
    """Verb and announced day of every account event since they were last forgotten."""
    return [
        (event.type.split(".")[-2], event.value["account"].get("deletes_on"))
        for event in await world.published()
        if event.value
    ]


async def cases(world: World) -> list[tuple[str, str]]:
    return [
        (case.value["kind"], case.value["change"])
        for case in await world.published("hwb.servicedesk.cases")
        if case.value
    ]


async def counts(world: World) -> list[int]:
    return [(await world.rows(sql))[0][0] for sql in TABLES]


async def test_it_is_announced_thirty_days_before_in_an_event_and_a_case_to_the_school(
    world: World,
) -> None:
    account_id = await left(world)
    await world.forget_published()
    await day_comes(world, date(2023, 6, 17))
    assert await happened(world) == []
    for _ in range(2):
        await day_comes(world, ANNOUNCED_ON)
    assert await happened(world) == [("updated", "2023-07-18")]
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert (case.value["kind"], case.value["school"]) == ("accounts_to_be_deleted", PRIMARY)
    assert case.value["facts"] == {
        "school": PRIMARY,
        "deletes_on": "2023-07-18",
        "accounts": "1",
    }
    async with world.api("primary") as api:
        (item,) = (await api.get(f"/v1/schools/{PRIMARY}/deletions")).json()["items"]
    assert (item["account_id"], item["deletes_on"]) == (account_id, "2023-07-18")
    assert await world.identity.reconcile.find() == []


async def test_it_is_deleted_on_its_day_with_a_tombstone_and_everything_about_it(
    world: World,
) -> None:
    account_id = await left(world)
    async with world.api("service-desk") as api:
        await api.post(
            f"/v1/accounts/{account_id}/password", headers={"Idempotency-Key": "password-1"}
        )
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, date(2023, 7, 17))
    assert (await counts(world))[0] == 1
    await world.forget_published()
    for _ in range(2):
        await day_comes(world, DELETED_ON)
    (tombstone,) = await world.published()
    assert (tombstone.key, tombstone.value) == (account_id, None)
    assert await counts(world) == [0, 0]
    assert await world.rows("SELECT count(*) FROM password") == [(0,)]
    rows = await world.rows("SELECT account_id::text, version, deleted_on FROM deleted_account")
    assert rows == [(account_id, 3, DELETED_ON)]
    assert await cases(world) == [("accounts_to_be_deleted", "resolved")]
    async with world.api("service-desk") as api:
        assert (await api.get(f"/v1/accounts/{account_id}")).status_code == 404


async def test_the_later_of_leaving_date_and_processed_release_counts(world: World) -> None:
    await left(world, leaving=date(2022, 7, 29))
    assert await world.rows("SELECT released_on, deletes_on FROM person") == [(None, None)]
    await day_comes(world, date(2022, 8, 1))
    assert await world.rows("SELECT released_on FROM person") == [(date(2022, 8, 1),)]
    await day_comes(world, date(2023, 7, 2))
    assert await world.rows("SELECT deletes_on FROM person") == [(date(2023, 8, 1),)]


async def test_who_was_down_on_the_day_gives_thirty_days_all_the_same(world: World) -> None:
    await left(world)
    await day_comes(world, date(2024, 1, 10))
    assert await world.rows("SELECT deletes_on FROM person") == [(date(2024, 2, 9),)]
    await day_comes(world, date(2024, 2, 9))
    assert await counts(world) == [0, 0]


async def test_a_learner_who_comes_back_afterwards_gets_a_new_account(world: World) -> None:
    before = await left(world)
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, DELETED_ON)
    await world.forget_published()
    await world.hear(world.word(SECONDARY, UPN, year="8"))
    (event,) = await world.published()
    assert event.type == "wales.hwb.identity.account.created.v1"
    assert event.key != before
    assert event.value is not None
    assert event.value["account"]["sign_in_name"] != "a.pritchard1@hwbcymru.net"


@pytest.mark.parametrize("claim", ["another school", "withdrawn leaving date"])
async def test_a_claim_or_a_withdrawn_leaving_date_ends_the_announcement(
    world: World, claim: str
) -> None:
    await left(world)
    await day_comes(world, ANNOUNCED_ON)
    await world.forget_published()
    school = SECONDARY if claim == "another school" else PRIMARY
    await world.hear(world.word(school, UPN, year="8"))
    await day_comes(world, DELETED_ON)
    verb = "matched" if claim == "another school" else "reactivated"
    assert await happened(world) == [(verb, None)]
    assert await world.rows("SELECT released_on, deletes_on FROM person") == [(None, None)]
    assert await cases(world) == [("accounts_to_be_deleted", "resolved")]


async def test_a_later_leaving_date_puts_the_announced_day_off(world: World) -> None:
    await left(world)
    await day_comes(world, ANNOUNCED_ON)
    await world.forget_published()
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 12, 31)))
    assert await happened(world) == [("updated", None)]
    await day_comes(world, date(2023, 12, 1))
    assert (await happened(world))[1:] == [("updated", "2023-12-31")]


async def test_never_while_some_school_has_the_learner_on_a_roll(world: World) -> None:
    await left(world)
    await world.hear(world.word(SECONDARY, UPN, status=EnrolmentStatus.SUBSIDIARY))
    await day_comes(world, DELETED_ON)
    assert await world.rows("SELECT deletes_on FROM person") == [(None,)]
    await world.hear(
        world.word(SECONDARY, UPN, RecordState.WITHDRAWN, status=EnrolmentStatus.SUBSIDIARY)
    )
    assert await world.rows("SELECT deletes_on FROM person") == [(date(2023, 8, 17),)]


GUARDS = {
    "a parked event": """INSERT INTO parked
        (topic, partition, position, key, key_bytes, value, headers, reason)
        VALUES ('hwb.mis.changes', 0, 99, %s, '', '', '[]', 'a test')""",
    "a held row": """INSERT INTO kept_back (key, school, state, run_seq)
        VALUES (%s, '6602001', 'held', 9)""",
    "an open case": """INSERT INTO doubt (case_key, kind, school, key, state, raised_at)
        VALUES ('a case', 'merge_proposed', '6602001', %s, 'open', now())""",
}
LIFTED = {
    "a parked event": "DELETE FROM parked",
    "a held row": "DELETE FROM kept_back",
    "an open case": "UPDATE doubt SET state = 'different_people'",
}


@pytest.mark.parametrize("guard", sorted(GUARDS))
async def test_never_with_a_hold_an_open_case_or_a_parked_event(world: World, guard: str) -> None:
    await left(world)
    await day_comes(world, ANNOUNCED_ON)
    async with world.platform.database.transaction() as session:
        await session.execute(GUARDS[guard], (UPN,))
    await day_comes(world, DELETED_ON)
    assert (await counts(world))[0] == 1
    async with world.platform.database.transaction() as session:
        await session.execute(LIFTED[guard])
    await day_comes(world, date(2023, 7, 19))
    assert await counts(world) == [0, 0]


async def test_a_held_row_that_is_older_than_the_record_holds_nothing(world: World) -> None:
    await left(world)
    async with world.platform.database.transaction() as session:
        await session.execute(
            "INSERT INTO kept_back (key, school, state, run_seq) VALUES (%s, %s, 'held', 1)",
            (UPN, PRIMARY),
        )
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, DELETED_ON)
    assert await counts(world) == [0, 0]
    assert await world.rows("SELECT count(*) FROM kept_back") == [(0,)]


async def test_a_member_of_staff_and_an_account_that_was_closed_are_deleted_likewise(
    world: World,
) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=LEFT_ON))
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(SECONDARY, NEW_UPN))
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN))
    async with world.api("service-desk") as api:
        (item,) = (await api.get("/v1/doubts")).json()["items"]
        answer = await api.post(
            f"/v1/doubts/{item['case_key']}/decision",
            json={"decision": "same_person", "reason": "one child"},
            headers={"Idempotency-Key": "merge-them", "If-Match": '"1.1"'},
        )
    assert answer.status_code == 200, answer.text
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, DELETED_ON)
    rows = await world.rows("SELECT key, keys FROM person WHERE held_by IS NULL")
    assert rows == [(UPN, [UPN, NEW_UPN])]
    assert await world.rows("SELECT count(*) FROM deleted_account") == [(2,)]


async def merged(world: World, kept: str, *, other: str, etag: str) -> None:
    """The Service Desk says that two are one learner, whose one account is kept."""
    async with world.api("service-desk") as api:
        (item,) = (await api.get("/v1/doubts")).json()["items"]
        assert {item["account_id"], item["other_account_id"]} == {kept, other}
        answer = await api.post(
            f"/v1/doubts/{item['case_key']}/decision",
            json={"decision": "same_person", "reason": "one child", "kept_account_id": kept},
            headers={"Idempotency-Key": f"merge {kept[-8:]}", "If-Match": etag},
        )
    assert answer.status_code == 200, answer.text


async def announced(world: World, who: str, school: str) -> list[tuple[str, str | None]]:
    async with world.api(who) as api:
        items = (await api.get(f"/v1/schools/{school}/deletions")).json()["items"]
    return [(item["account_id"], item["kept_account_id"]) for item in items]


async def test_a_closed_account_is_announced_to_the_school_where_the_person_is_now(
    world: World,
) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(SECONDARY, NEW_UPN), world.word(SECONDARY, NEW_UPN, former=UPN))
    older, newer = sorted({event.key for event in await world.published()})
    await merged(world, older, other=newer, etag='"1.1"')
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=LEFT_ON))
    await world.forget_published()
    await day_comes(world, ANNOUNCED_ON)
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert (case.value["kind"], case.value["school"]) == (
        "closed_accounts_to_be_deleted",
        SECONDARY,
    )
    assert case.value["facts"] == {
        "school": SECONDARY,
        "deletes_on": "2023-07-18",
        "accounts": "1",
    }
    assert await announced(world, "secondary", SECONDARY) == [(newer, older)]
    assert await announced(world, "primary", PRIMARY) == []
    await day_comes(world, DELETED_ON)
    assert await cases(world) == [
        ("closed_accounts_to_be_deleted", "raised"),
        ("closed_accounts_to_be_deleted", "resolved"),
    ]


async def test_of_an_account_closed_for_one_that_was_closed_in_turn_the_last_is_told(
    world: World,
) -> None:
    third = "P207000016049"
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(SECONDARY, NEW_UPN), world.word(SECONDARY, NEW_UPN, former=UPN))
    first, second = sorted({event.key for event in await world.published()})
    await merged(world, second, other=first, etag='"1.1"')
    await world.hear(world.word(SECONDARY, third), world.word(SECONDARY, third, former=NEW_UPN))
    last = max(event.key for event in await world.published())
    await merged(world, last, other=second, etag='"1.2"')
    await day_comes(world, ANNOUNCED_ON)
    told = await announced(world, "secondary", SECONDARY)
    told += await announced(world, "primary", PRIMARY)
    assert told == [(first, last), (second, last)]
    async with world.api("secondary") as api:
        path = f"/v1/schools/{SECONDARY}/deletions"
        page = (await api.get(path, params={"limit": 1})).json()
        assert [item["account_id"] for item in page["items"]] == [first]
        page = (await api.get(path, params={"limit": 1, "cursor": page["next"]})).json()
        assert ([item["account_id"] for item in page["items"]], page["next"]) == ([second], None)


async def test_nobody_is_deleted_without_a_school_that_is_told(world: World) -> None:
    subsidiary = EnrolmentStatus.SUBSIDIARY
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, UPN, status=subsidiary))
    await world.hear(world.word(PRIMARY, UPN, RecordState.WITHDRAWN, status=subsidiary))
    assert await world.rows("SELECT home_school, released_from FROM person") == [(None, None)]
    await day_comes(world, ANNOUNCED_ON)
    assert await cases(world) == [("accounts_to_be_deleted", "raised")]
    assert len(await announced(world, "primary", PRIMARY)) == 1


async def test_a_deleted_learner_takes_the_links_of_former_upns_along(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, NEW_UPN, former=UPN))
    await world.hear(world.word(PRIMARY, UPN, RecordState.REPLACED))
    await world.hear(world.word(PRIMARY, NEW_UPN, RecordState.LEFT, leaving=LEFT_ON, former=UPN))
    assert (await counts(world))[0] == 2
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, DELETED_ON)
    assert await counts(world) == [0, 0]


def limited(world: World, limit: GuardLimit) -> None:
    calendar = CALENDAR.model_copy(update={"deletions": limit})
    world.platform = replace(world.platform, calendar=calendar)
    world.identity = identity_on(world.platform)


async def approval(api: httpx.AsyncClient, etag: str, key: str = "approval") -> httpx.Response:
    return await api.post(
        "/v1/deletions/approval",
        json={"reason": "the closed college"},
        headers={"Idempotency-Key": f"the {key}", "If-Match": etag},
    )


async def test_a_mass_of_deletions_is_held_before_the_first_one_until_a_person_approves(
    world: World,
) -> None:
    limited(world, GuardLimit(share=0.1, at_least=1))
    for upn in (UPN, NEW_UPN):
        await left(world, upn)
    await day_comes(world, ANNOUNCED_ON)
    await day_comes(world, DELETED_ON)
    assert (await counts(world))[0] == 2
    assert ("deletions_held", "raised") in await cases(world)
    async with world.api("operator") as api:
        answer = await api.get("/v1/deletions")
        held: dict[str, Any] = answer.json()
        assert answer.headers["ETag"] == held["etag"]
        assert (held["held"], held["due"], held["accounts"]) == (True, 2, 2)
        stale = await approval(api, f'"{"0" * 64}"', "stale one")
        assert (stale.status_code, stale.json()["code"]) == (412, "deletions_changed")
        for _ in range(2):
            assert (await approval(api, held["etag"])).json() == {"accounts": 2}
        await day_comes(world, DELETED_ON)
        assert await counts(world) == [0, 0]
        assert (await cases(world))[-1] == ("deletions_held", "resolved")
        nothing = await approval(api, held["etag"], "needless one")
        assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_held")


async def test_what_was_deleted_lately_counts_towards_the_limit(world: World) -> None:
    limited(world, GuardLimit(share=0.1, at_least=1))
    await left(world)
    world.move_to(date(2022, 7, 20))
    await left(world, NEW_UPN)
    for day in (ANNOUNCED_ON, date(2023, 6, 20), DELETED_ON, date(2023, 7, 20)):
        await day_comes(world, day)
    assert (await counts(world))[0] == 1
    await day_comes(world, date(2023, 8, 19))
    assert (await counts(world))[0] == 0


@pytest.mark.parametrize(
    ("who", "due", "announced"),
    [
        ("primary", 403, 200),
        ("secondary", 403, 403),
        ("primary-teacher", 403, 403),
        (None, 401, 401),
    ],
)
async def test_who_may_see_and_approve_deletions(
    world: World, who: str | None, due: int, announced: int
) -> None:
    async with world.api(who) as api:
        assert (await api.get("/v1/deletions")).status_code == due
        assert (await approval(api, f'"{"0" * 64}"')).status_code == due
        answer = await api.get(f"/v1/schools/{PRIMARY}/deletions")
        assert answer.status_code == announced
