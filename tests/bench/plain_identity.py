"""Identity the plain way, for ``identity_vs_plain``: Faust as in its tutorial, an event at a time.

The same rules on the same tables, with prepared statements on one warm connection: one event, one
transaction, then the account's event by ``topic.send``. It says ``ready`` once it has its
partitions, and says in JSON how many events it applied and when it ended.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import faust
import orjson
import psycopg
import yaml
from psycopg.types.json import set_json_dumps, set_json_loads

from hwb_identity.adapters.rows import SELECTED, person_of
from hwb_identity.application.account_ids import new_account_id
from hwb_identity.domain.enrolment import enrolment_said
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Evaluation, Person
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import Account, AccountChanged, RecordChanged
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountRole, RecordKind

READ = f"SELECT {SELECTED} FROM person WHERE key = %s FOR UPDATE"  # noqa: S608 - columns are ours
WRITE = """UPDATE person SET keys = %s, enrolments = %s, version = %s, home_school = %s,
    released_from = %s, status = %s, year_group = %s, classes = %s, other_schools = %s,
    waiting = %s, next_due = %s, changed_at = %s WHERE key = %s"""
REMEMBER = """INSERT INTO account_history (account_id, version, changed_at, change, cause, account)
    VALUES (%s, %s, %s, %s, %s, %s)"""
COUNT = """INSERT INTO run_progress AS p (run_id, partition, applied, pending)
    VALUES (%s, %s, 1, %s) ON CONFLICT (run_id, partition) DO UPDATE
    SET applied = p.applied + 1, pending = p.pending + excluded.pending"""
POSITION = "UPDATE consumer_offset SET next_offset = %s WHERE topic = %s AND partition = %s"

CHANGES, ACCOUNTS = "hwb.mis.changes", "hwb.identity.accounts"
ROLES = {RecordKind.LEARNER: AccountRole.LEARNER, RecordKind.STAFF: AccountRole.STAFF}

records = int(os.environ["PLAIN_RECORDS"])
seconds = float(os.environ["PLAIN_SECONDS"])
calendar = RolloverCalendar.model_validate(
    yaml.safe_load(Path(os.environ["HWB_IDENTITY_CALENDAR_FILE"]).read_text())
)
refs = PersonRefs(os.environ["HWB_IDENTITY_PERSON_REF_SECRET"].encode())
today: date = datetime.fromisoformat(
    Path(os.environ["HWB_IDENTITY_REHEARSAL_CLOCK"]).read_text()
).date()

set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)

app = faust.App(
    os.environ["PLAIN_GROUP"],
    broker=f"kafka://{os.environ['HWB_IDENTITY_KAFKA']}",
    store="memory://",
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)
changes_topic = app.topic(CHANGES, key_serializer="raw", value_serializer="raw")
accounts_topic = app.topic(ACCOUNTS, key_serializer="raw", value_serializer="raw")


@app.task  # type: ignore[untyped-decorator] # Faust's own gap
async def tell_when_ready() -> None:
    while not app.consumer.assignment():  # noqa: ASYNC110 - Faust tells of it by nothing else
        await asyncio.sleep(0.1)
    say("ready")


@app.agent(changes_topic)
async def apply_changes(stream: Any) -> AsyncIterator[None]:
    """One event, one transaction."""
    connection = await psycopg.AsyncConnection.connect(
        os.environ["HWB_IDENTITY_DATABASE_URL"], autocommit=True, prepare_threshold=0
    )
    started, done = 0.0, 0
    async for event in stream.events():
        started = started or time.monotonic()
        await apply_one(connection, event)
        done += 1
        if done == records or time.monotonic() - started > seconds:
            figures = {"records": done, "ended": time.monotonic()}
            say(json.dumps(figures))
            os._exit(0)
        yield


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # Faust has put its log in the place of sys.stdout


async def apply_one(connection: "psycopg.AsyncConnection[Any]", event: Any) -> None:
    change = RecordChanged.model_validate_json(event.value)
    key, message = event.key.decode(), event.message
    published: list[AccountChanged] = []
    async with connection.transaction():
        row = await (await connection.execute(READ, (key,))).fetchone()
        persons = [person_of(row)] if row else []
        people = People(
            persons,
            {one: person.key for person in persons for one in person.keys},
            calendar=calendar,
            today=today,
            new_account_id=new_account_id,
        )
        taken = people.take(enrolment_said(change, key), ROLES[change.kind])
        if taken is not None:
            now = datetime.now(UTC)
            for evaluation in taken.evaluations:
                await write(connection, evaluation.person, now)
                if evaluation.change is not None:
                    told = as_event(evaluation, now)
                    published.append(told)
                    account = told.account.model_dump_json()
                    cause = f"run:{change.run_id}"
                    await connection.execute(
                        REMEMBER,
                        (told.account.account_id, told.version, now, told.change, cause, account),
                    )
            await connection.execute(
                COUNT, (change.run_id, message.partition, int(taken.leaves_pending))
            )
        await connection.execute(POSITION, (message.offset + 1, CHANGES, message.partition))
    for told in published:
        await accounts_topic.send(
            key=told.account.account_id.encode(), value=told.model_dump_json().encode()
        )


async def write(connection: "psycopg.AsyncConnection[Any]", person: Person, now: datetime) -> None:
    standing, account = person.standing, person.account
    assert standing is not None, "the benchmark's rollover creates nobody"
    assert account is not None, "the benchmark's rollover creates nobody"
    enrolments = [
        (one[0], None if one.key == person.key else one.key, *one[2:]) for one in person.enrolments
    ]
    waiting = [tuple(one) for one in person.waiting]
    await connection.execute(
        WRITE,
        (
            list(person.keys),
            orjson.dumps(enrolments).decode(),
            account.version,
            standing.home,
            standing.released_from,
            standing.status.value,
            standing.year_group,
            list(standing.classes),
            list(standing.other_schools),
            orjson.dumps(waiting).decode(),
            person.next_due,
            now,
            person.key,
        ),
    )


def as_event(evaluation: Evaluation, now: datetime) -> AccountChanged:
    person = evaluation.person
    account, standing = person.account, person.standing
    assert account is not None
    assert standing is not None
    assert evaluation.change is not None
    return AccountChanged(
        change=evaluation.change,
        version=account.version,
        changed_at=now,
        account=Account(
            account_id=str(account.account_id),
            role=account.role,
            status=standing.status,
            sign_in_name=account.sign_in_name,
            display_name=account.display_name,
            home_school=standing.home,
            other_schools=standing.other_schools,
            year_group=standing.year_group,
            classes=standing.classes,
            person_refs=tuple(refs.of(key) for key in person.keys),
        ),
    )


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "-l", "warn", "--without-web"]
    app.main()
