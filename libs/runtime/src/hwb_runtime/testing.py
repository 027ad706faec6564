"""What tests of services use: a platform on a database of their own, slices without a broker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from hwb_runtime.auth import Caller, TokenNotValidError
from hwb_runtime.clock import ManualClock
from hwb_runtime.database import Database
from hwb_runtime.events import StoredRecord
from hwb_runtime.files import SchoolRegister
from hwb_runtime.migrations_run import migrate
from hwb_runtime.outbox import oldest_rows, unpack
from hwb_runtime.platform import Platform
from hwb_runtime.positions import Watermarks, position_at_assignment
from hwb_runtime.service import Service
from hwb_runtime.slices import SliceProcessor, Subscription
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import Event
from hwb_schemas.refs import PersonRefs
from hwb_schemas.register import Register


@dataclass(frozen=True, slots=True)
class Published:
    """An event as it waits in the outbox."""

    topic: str
    key: str
    type: str
    traceparent: str
    value: dict[str, Any] | None


@dataclass
class KnownTokens:
    """Callers for tests: each token is a plain word."""

    by_token: dict[str, Caller]

    async def caller(self, token: str) -> Caller:
        """Raises TokenNotValidError for a word that is not known."""
        if token not in self.by_token:
            raise TokenNotValidError
        return self.by_token[token]


@asynccontextmanager
async def platform_for(
    service: Service,
    database_url: str,
    *,
    calendar: RolloverCalendar,
    register: Register,
    now: datetime,
    settings: dict[str, Any] | None = None,
    callers: dict[str, Caller] | None = None,
) -> AsyncIterator[Platform]:
    """A migrated database and a clock that stands still; ``callers`` are by token."""
    migrate(database_url, service.migrations)
    clock = ManualClock(now)
    async with Database.open(database_url, connections=8) as database:
        yield Platform(
            name=service.name,
            settings=service.settings.model_validate(_settings(database_url, settings or {})),
            database=database,
            units_of_work=UnitsOfWork(database, clock, boundary="job"),
            clock=clock,
            calendar=calendar,
            register=SchoolRegister.of(register),
            person_refs=PersonRefs(b"a secret of the tests"),
            callers=KnownTokens(dict(callers or {})),
        )


def platform_on_paper(service: Service, **settings: Any) -> Platform:
    """A platform without a database: enough to make an API and look at its operations."""
    nothing: Any = None
    return Platform(
        name=service.name,
        settings=service.settings.model_validate(_settings("none", settings)),
        database=nothing,
        units_of_work=nothing,
        clock=ManualClock(datetime.now(UTC)),
        calendar=nothing,
        register=SchoolRegister.of(Register(authorities=(), schools=())),
        person_refs=PersonRefs(b"a secret of the tests"),
        callers=KnownTokens({}),
    )


def _settings(database_url: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "database_url": database_url,
        "kafka": "127.0.0.1:1",
        "oidc_issuer": "https://issuer.example",
        "register_file": "none",
        "calendar_file": "none",
        "person_ref_secret": "a secret of the tests",
        **more,
    }


def record_of(
    event: Event, *, topic: str, key: str, offset: int, partition: int = 0, ce_id: str | None = None
) -> StoredRecord:
    """An event as Kafka would hold it."""
    headers = {
        "ce_id": ce_id or f"{topic}-{partition}-{offset}",
        "ce_type": event.type_of(),
        "ce_time": datetime.now(UTC).isoformat(),
        "traceparent": f"00-{offset + 1:032x}-{offset + 1:016x}-01",
    }
    return StoredRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        key=key.encode(),
        value=event.model_dump_json().encode(),
        headers=[(name, value.encode()) for name, value in headers.items()],
    )


async def drive(
    platform: Platform,
    subscription: Subscription,
    events: Sequence[tuple[str, Event]],
    *,
    partition: int = 0,
    start: int | None = None,
) -> int:
    """Apply (key, event) pairs as one slice at the position, or at ``start``; the next offset."""
    async with platform.database.transaction() as session:
        broker = Watermarks(topic_id=None, low=0, high=1 << 60)
        position = await position_at_assignment(session, subscription.topic, partition, broker)
    first = position if start is None else start
    if not events:
        return first
    records = [
        record_of(event, topic=subscription.topic, key=key, offset=first + n, partition=partition)
        for n, (key, event) in enumerate(events)
    ]
    processor = SliceProcessor(
        platform.units_of_work, subscription, service=platform.name, compacted=False
    )
    return (await processor.apply(records))[partition]


async def outbox_of(database: Database) -> list[Published]:
    """Everything in the outbox, oldest first."""
    async with database.transaction() as session:
        rows = await oldest_rows(session, events=1_000_000_000)
    return [
        Published(
            topic=event.topic,
            key=event.key,
            type=event.type,
            traceparent=event.traceparent,
            value=None if event.value is None else orjson.loads(event.value),
        )
        for _, batch in rows
        for event in unpack(batch)
    ]


async def empty_outbox(database: Database) -> None:
    """Forget what was published so far, as if the relay had sent it."""
    async with database.transaction() as session:
        await session.execute("DELETE FROM outbox")
