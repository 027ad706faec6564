"""The table of the demo is worth something: what is really broken turns exactly its row red.

This folder's year is over when the sabotage begins; the comparison that the journeys' tests look
at was made before.
"""

import smtplib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest

from hwb_rehearsal.broker.records import RecordToSend, send
from hwb_rehearsal.demo.rehearse import Rehearsal
from hwb_rehearsal.demo.verdict import Verdict, compare
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import Push, Upload
from hwb_rehearsal.story.expectation import INACTIVE, Expectation, Line, Person
from hwb_rehearsal.world.rows import LearnerRow

pytestmark = pytest.mark.asyncio(loop_scope="session")

DROP_THE_RELEASE = """
CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE kept jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(event ORDER BY place), '[]') INTO kept
    FROM jsonb_array_elements(convert_from(NEW.batch, 'UTF8')::jsonb)
         WITH ORDINALITY AS events(event, place)
   WHERE NOT (event->>1 = '{account}' AND event->>2 = 'wales.hwb.identity.account.released.v1');
  IF jsonb_array_length(kept) = 0 THEN RETURN NULL; END IF;
  NEW.batch := convert_to(kept::text, 'UTF8');
  NEW.events := jsonb_array_length(kept);
  RETURN NEW;
END $$;
CREATE TRIGGER sabotage BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION sabotage();
"""


def red(verdict: Verdict) -> list[str]:
    return [row.what for row in verdict.rows if not row.agree]


def members_of_live_groups(expectation: Expectation) -> set[str]:
    live = (group for group in expectation.groups if not group.archived)
    return {key for group in live for key in group.members}


def someone(playing: Rehearsal, line: Line, turn: int, *, school: str = "") -> Person:
    """One learner on this line, of this school if one is named, who is in no live group."""
    grouped = members_of_live_groups(playing.story.expectation)
    found = [
        person
        for person in playing.story.expectation.persons
        if person.line == line and person.key not in grouped and school in {"", person.home}
    ]
    return found[turn]


def last_upload(playing: Rehearsal, school: str) -> Upload:
    uploads = [
        upload
        for stage in playing.story.stages
        for act in stage.acts
        if isinstance(act, Push)
        for upload in act.uploads
        if upload.school == school
    ]
    return uploads[-1]


async def test_each_sabotage_turns_exactly_its_row_red(
    playing: Rehearsal, verdict: Verdict
) -> None:
    assert red(verdict) == []
    expectation = await drop_a_release(playing, playing.story.expectation)
    expectation = await lose_a_changed_upn(playing, expectation)
    double_an_account(playing)
    repeat_a_mail(playing)

    sabotaged = await compare(playing.reality, playing.play.watch, expectation)

    assert red(sabotaged) == [
        lines.UPN_CORRECTED.what,
        lines.ONE_ACCOUNT.what,
        lines.LEFT_WALES.what,
        lines.CASES_MAILED.what,
    ]


async def push_changed(
    playing: Rehearsal, learner: Person, changed: Callable[[LearnerRow], LearnerRow]
) -> None:
    """The learner's school sends its last upload again with this one row changed."""
    upload = last_upload(playing, learner.home or "")
    later = replace(
        upload.snapshot,
        extracted_at=playing.stack.clock.now,
        learners=tuple(
            changed(row) if row.upn == learner.key else row for row in upload.snapshot.learners
        ),
    )
    await playing.play.do(Push((Upload(later, upload.form),)))


def expecting(expectation: Expectation, learner: Person, **changes: Any) -> Expectation:
    """What must be there after one more run of the learner's school that says this of them."""
    return replace(
        expectation,
        persons=tuple(
            replace(person, **changes) if person is learner else person
            for person in expectation.persons
        ),
        settled_runs={
            school: count + (school == learner.home)
            for school, count in expectation.settled_runs.items()
        },
    )


async def lose_a_changed_upn(playing: Rehearsal, expectation: Expectation) -> Expectation:
    """A learner comes under another UPN, and nothing any longer tells that it is the same one."""
    with_missing = next(case.school for case in expectation.cases if case.kind == "record_missing")
    learner = someone(playing, lines.ROLLED_OVER, 0, school=with_missing)
    new = playing.story.wales.people.upn(with_missing, 2022)
    await push_changed(
        playing, learner, lambda row: replace(row, upn=new, admission_number="999999")
    )
    return expecting(expectation, learner, key=new, line=lines.UPN_CORRECTED)


async def drop_a_release(playing: Rehearsal, expectation: Expectation) -> Expectation:
    """A learner leaves in September, and the event of it never comes out of identity's outbox."""
    leaver = someone(playing, lines.ROLLED_OVER, 0)
    account = playing.reality.accounts.ids(leaver.key)[0]
    with psycopg.connect(playing.stack.database_urls["identity"], autocommit=True) as identity:
        identity.execute(DROP_THE_RELEASE.format(account=account).encode())
    await push_changed(
        playing, leaver, lambda row: replace(row, leaving_date=date(2022, 9, 5), classes=())
    )
    return expecting(expectation, leaver, line=lines.LEFT_WALES, status=INACTIVE, home=None)


def double_an_account(playing: Rehearsal) -> None:
    """A second account for a learner who has one appears on the topic."""
    doubled = someone(playing, lines.ROLLED_OVER, 1)
    account = playing.reality.accounts.by_id[playing.reality.accounts.ids(doubled.key)[0]]
    second = account.model_copy(
        update={"account_id": str(uuid4()), "sign_in_name": f"x.{account.sign_in_name}"}
    )
    event = {
        "change": "created",
        "version": 1,
        "account": second.model_dump(mode="json"),
        "changed_at": playing.stack.clock.now.isoformat(),
    }
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": uuid4().hex.encode(),
        "ce_source": b"/sabotage",
        "ce_type": b"wales.hwb.identity.account.created.v1",
        "ce_time": playing.stack.clock.now.isoformat().encode(),
    }
    record = RecordToSend(second.account_id, orjson.dumps(event), headers)
    send(playing.stack.broker.address, "hwb.identity.accounts", [record])


def repeat_a_mail(playing: Rehearsal) -> None:
    """A mail that was delivered is delivered once more."""
    first = min(playing.stack.mail_folder.glob("*.eml")).read_bytes()
    message = message_from_bytes(first)
    with smtplib.SMTP("127.0.0.1", playing.stack.ports.mail) as server:
        server.sendmail("again@hwb.example", [str(message["To"])], first)
