"""From an event to a mail in somebody's mailbox, once, whatever fails on the way."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote

import pytest
from tests.support.mailers import LosesPower

from hwb_notifier.application.mail_ports import MailServerError
from hwb_notifier.application.send_mails import SendMails
from hwb_notifier.bootstrap import reconcile, record_cases, send_mails
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

KEY = "mis-ingest/rejected_rows/6781234"


def case_event(
    platform: Platform,
    change: CaseChange = CaseChange.RAISED,
    *,
    key: str = KEY,
    kind: CaseKind = CaseKind.REJECTED_ROWS,
) -> tuple[str, CaseChanged]:
    event = CaseChanged(
        change=change,
        case_key=key,
        kind=kind,
        school="6781234",
        facts={"rejected": "3"},
        raised_by="mis-ingest",
        changed_at=platform.clock.now(),
    )
    return key, event


async def tell(
    platform: Platform, *events: tuple[str, CaseChanged], start: int | None = None
) -> None:
    await drive(platform, cases_subscription(record_cases(platform)), events, start=start)


async def send_all(job: SendMails) -> None:
    while await job.run_once():
        pass


async def send_until(job: SendMails, taken: list[EmailMessage], count: int) -> None:
    """Run the job as the worker does until so many mails have arrived."""
    async with asyncio.timeout(60):
        while len(taken) < count:
            if not await job.run_once():
                await asyncio.sleep(0.002)


async def mail_row(platform: Platform) -> tuple[Any, ...]:
    async with platform.database.transaction() as session:
        row = await session.fetch_one("SELECT state, failures, reason FROM mail")
    assert row is not None
    return row


async def test_a_case_is_mailed_once_in_both_languages(
    platform: Platform, mail_server: Any
) -> None:
    await tell(platform, case_event(platform), case_event(platform))
    await send_all(send_mails(platform))
    await send_all(send_mails(platform))

    (mail,) = mail_server.taken
    assert mail["To"] == "office@abersychan.example"
    assert mail["X-Hwb-Case-Key"] == KEY
    body = mail.get_body(("plain",)).get_content()
    assert "Gwrthodwyd rhai o resi eich lanlwythiad" in body
    assert "Some rows of your upload were rejected" in body
    assert await mail_row(platform) == ("sent", 0, None)


async def test_an_event_that_comes_again_makes_no_second_mail(
    platform: Platform, mail_server: Any
) -> None:
    raised, resolved = case_event(platform), case_event(platform, CaseChange.RESOLVED)
    await tell(platform, raised, resolved)
    await tell(platform, raised, resolved, start=0)
    await send_all(send_mails(platform))

    assert len(mail_server.taken) == 1


async def test_a_case_that_opens_again_is_mailed_again_in_the_same_thread(
    platform: Platform, mail_server: Any
) -> None:
    await tell(platform, case_event(platform), case_event(platform, CaseChange.RESOLVED))
    await tell(platform, case_event(platform))
    await send_all(send_mails(platform))

    first, second = mail_server.taken
    assert second["Message-ID"] != first["Message-ID"]
    assert second["References"] == first["Message-ID"]


async def test_a_crash_between_the_servers_answer_and_commit_repeats_the_same_message_id(
    platform: Platform, mail_server: Any
) -> None:
    await tell(platform, case_event(platform))
    dying = send_mails(platform, LosesPower(mail_server))
    with pytest.raises(RuntimeError, match="power"):
        await dying.run_once()
    await send_all(send_mails(platform))

    assert len(mail_server.taken) == 2
    assert len({mail["Message-ID"] for mail in mail_server.taken}) == 1
    assert await mail_row(platform) == ("sent", 0, None)


async def test_a_mail_that_is_refused_for_now_is_tried_again(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.answers = ["RCPT 450 mailbox busy", "451 try later"]
    await tell(platform, case_event(platform))
    await send_until(send_mails(platform), mail_server.taken, 1)

    assert await mail_row(platform) == ("sent", 2, None)


async def test_what_the_service_desk_cannot_get_is_parked_and_can_be_sent_after_the_mending(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.answers = ["RCPT 550 no such user hwb@gov.wales"]
    await tell(platform, case_event(platform, kind=CaseKind.CONTESTED_CLAIM))
    await send_all(send_mails(platform))

    state, _, reason = await mail_row(platform)
    assert (state, reason) == ("parked", "the mail server answered 550")
    assert await reconcile(platform, False) == [
        f"parked: the mail about {KEY} was refused: the mail server answered 550"
    ]
    await reconcile(platform, True)
    await send_all(send_mails(platform))
    assert len(mail_server.taken) == 1
    assert await reconcile(platform, False) == []


async def test_one_mail_that_is_refused_does_not_hold_up_the_others(
    platform: Platform, mail_server: Any
) -> None:
    mail_server.answers = ["554 no"]
    kind = CaseKind.CONTESTED_CLAIM
    await tell(
        platform, case_event(platform, kind=kind), case_event(platform, key=KEY + "/2", kind=kind)
    )
    await send_all(send_mails(platform))

    assert len(mail_server.taken) == 1


async def test_while_the_mail_server_is_away_mails_wait(
    platform: Platform, mail_server: Any
) -> None:
    await tell(platform, case_event(platform))
    assert await send_mails(platform, Away()).run_once() is False
    assert (await mail_row(platform))[:2] == ("due", 1)
    await send_until(send_mails(platform), mail_server.taken, 1)


class Away:
    """No mail server at all."""

    async def send(self, message: EmailMessage) -> None:
        from hwb_notifier.adapters.smtp import SmtpMailer

        nobody = SmtpMailer("127.0.0.1", 1, "none", None, None, timeout=2)
        with pytest.raises(MailServerError) as caught:
            await nobody.send(message)
        raise caught.value


async def test_a_case_key_with_a_line_break_is_parked_and_never_becomes_a_header(
    platform: Platform, mail_server: Any
) -> None:
    await tell(
        platform, case_event(platform, key="a\nBcc: x@y.example"), case_event(platform, key="b")
    )
    await send_all(send_mails(platform))

    assert [mail["X-Hwb-Case-Key"] for mail in mail_server.taken] == ["b"]
    async with platform.database.transaction() as session:
        assert await session.fetch_one("SELECT count(*) FROM parked") == (1,)


async def test_a_welsh_case_key_survives_the_header(platform: Platform, mail_server: Any) -> None:
    key = "groups/group_operation_failed/6781234/2021-22/Dosbarth Tŷ Gwyn " + "x" * 90
    await tell(platform, case_event(platform, key=key, kind=CaseKind.GROUP_OPERATION_FAILED))
    await send_all(send_mails(platform))

    (mail,) = mail_server.taken
    assert unquote(mail["X-Hwb-Case-Key"]) == key
    assert mail["To"] == "hwb@gov.wales"


async def test_reconcile_makes_a_mail_that_is_missing(platform: Platform, mail_server: Any) -> None:
    await tell(platform, case_event(platform))
    async with platform.database.transaction() as session:
        await session.execute("DELETE FROM mail")

    assert await reconcile(platform, True) == [f"no mail: the case {KEY} has none"]
    await send_all(send_mails(platform))
    assert len(mail_server.taken) == 1


async def test_a_slice_of_a_thousand_cases_is_one_set(platform: Platform) -> None:
    events = [case_event(platform, key=f"{KEY}/{n % 500}") for n in range(1000)]
    await tell(platform, *events)

    async with platform.database.transaction() as session:
        assert await session.fetch_one("SELECT count(*) FROM service_case") == (500,)
        assert await session.fetch_one("SELECT count(*) FROM mail") == (500,)


async def test_the_time_of_sending_is_the_clocks(platform: Platform, mail_server: Any) -> None:
    await tell(platform, case_event(platform))
    now = platform.clock.now() + timedelta(hours=2)
    platform.clock.set(now)  # type: ignore[attr-defined]  # a ManualClock in tests
    await send_all(send_mails(platform))

    async with platform.database.transaction() as session:
        assert await session.fetch_one("SELECT sent_at FROM mail") == (now,)
    assert mail_server.taken[0]["Date"].datetime == now
