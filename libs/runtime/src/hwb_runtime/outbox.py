"""Events that a transaction causes, kept with its effects until the broker has them.

One row holds the events of one transaction (at most ``EVENTS_A_ROW``): a row an event would cost
PostgreSQL more than the effects themselves (docs/adr/0001). The relay sends rows by id and deletes
them after the last delivery report.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import uuid4

import orjson

from hwb_runtime.database import Session

EVENTS_A_ROW = 1000


class Outgoing(NamedTuple):
    """One event on its way; ``value`` is JSON text, None makes a tombstone."""

    topic: str
    key: str
    type: str
    id: str
    time: str
    traceparent: str
    value: str | None

    def headers(self, source: bytes) -> list[tuple[str, bytes]]:
        """CloudEvents 1.0 in binary mode, and the W3C trace context."""
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", self.id.encode()),
            ("ce_source", source),
            ("ce_type", self.type.encode()),
            ("ce_time", self.time.encode()),
            ("content-type", b"application/json"),
            ("traceparent", self.traceparent.encode()),
        ]


class Outbox:
    """The events of one unit of work, until it is committed."""

    def __init__(self, time: str) -> None:
        self._time = time
        self._batch = uuid4().hex
        self._events: list[tuple[str, str, str, str, str, str, str | None]] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, *, topic: str, key: str, kind: str, traceparent: str, value: str | None) -> None:
        """Keep one event; its id is unique and stays the same however often it is sent."""
        number = len(self._events)
        identity = f"{self._batch}-{number}"
        self._events.append((topic, key, kind, identity, self._time, traceparent, value))

    async def write(self, session: Session) -> None:
        """Insert what was added, in order. Whoever calls this holds the aggregates' locks."""
        for start in range(0, len(self._events), EVENTS_A_ROW):
            some = self._events[start : start + EVENTS_A_ROW]
            await session.execute(
                "INSERT INTO outbox (events, batch) VALUES (%s, %s)",
                (len(some), orjson.dumps(some)),
            )


def unpack(batch: bytes) -> Iterator[Outgoing]:
    """The events of one row of the outbox, in order."""
    for event in orjson.loads(batch):
        yield Outgoing._make(event)


async def waiting_events(session: Session) -> int:
    """How many events wait in the outbox."""
    row = await session.fetch_one("SELECT coalesce(sum(events), 0) FROM outbox")
    return int(row[0]) if row else 0


async def oldest_rows(session: Session, *, events: int) -> Sequence[tuple[int, bytes]]:
    """The first rows by id with about so many events, one row at the least.

    A row of an earlier id may still appear later: ids are not a cursor.
    """
    found = await session.fetch_bytes(
        """SELECT id, batch FROM (
             SELECT id, batch, sum(events) OVER (ORDER BY id) - events AS before
             FROM (SELECT * FROM outbox ORDER BY id LIMIT %(events)s) AS first_rows) AS counted
           WHERE before < %(events)s ORDER BY id""",
        {"events": events},
    )
    return [(int(number), batch) for number, batch in found]


async def delete_rows(session: Session, ids: Sequence[int]) -> int:
    """Remove delivered rows; gives how many were still there."""
    return await session.execute("DELETE FROM outbox WHERE id = ANY(%s)", (list(ids),))


async def newest_row(session: Session) -> int:
    """The id of the newest row, 0 where there is none."""
    row = await session.fetch_one("SELECT coalesce(max(id), 0) FROM outbox")
    return int(row[0]) if row else 0


async def rows_left(session: Session, up_to: int) -> int:
    """How many rows up to this id the relay has not sent yet."""
    row = await session.fetch_one("SELECT count(*) FROM outbox WHERE id <= %s", (up_to,))
    return int(row[0]) if row else 0
