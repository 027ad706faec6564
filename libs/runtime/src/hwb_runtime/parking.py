"""Where events wait that cannot be applied, with later events of the same key behind them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hwb_runtime.database import Session, as_json
from hwb_runtime.events import RawRecord, StoredRecord

BEHIND = "waits behind an earlier parked event of the same key"


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked event. ``key`` may be a UPN: show it to operators only."""

    id: int
    record: StoredRecord
    key: str
    reason: str
    parked_at: datetime


async def park(session: Session, record: RawRecord, *, reason: str) -> None:
    """Keep a record with its bytes, headers and position, and why it was parked."""
    headers = [[name, value.decode("latin-1")] for name, value in record.headers]
    await session.execute(
        """INSERT INTO parked (topic, partition, position, key, key_bytes, value, headers, reason)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (topic, partition, position) DO NOTHING""",
        (
            record.topic,
            record.partition,
            record.offset,
            key_text(record.key),
            record.key,
            record.value,
            as_json(headers),
            reason[:2000],
        ),
    )


async def parked_keys(session: Session, topic: str, keys: Iterable[str]) -> set[str]:
    """Those of these keys that have something parked on this topic: hardly ever any."""
    any_at_all = "SELECT 1 FROM parked WHERE topic = %s LIMIT 1"
    if await session.fetch_one(any_at_all, (topic,)) is None:
        return set()
    rows = await session.fetch(
        "SELECT DISTINCT key FROM parked WHERE topic = %s AND key = ANY(%s)", (topic, list(keys))
    )
    return {row[0] for row in rows}


async def parked_events(session: Session, *, limit: int = 1000) -> list[Parked]:
    """What is parked, oldest first."""
    rows = await session.fetch(
        """SELECT id, topic, partition, position, key_bytes, value, headers, key, reason, parked_at
           FROM parked ORDER BY id LIMIT %s""",
        (limit,),
    )
    return [
        Parked(
            id=row[0],
            record=StoredRecord(
                topic=row[1],
                partition=row[2],
                offset=row[3],
                key=row[4],
                value=row[5],
                headers=[(name, value.encode("latin-1")) for name, value in row[6]],
            ),
            key=row[7],
            reason=row[8],
            parked_at=row[9],
        )
        for row in rows
    ]


async def unpark(session: Session, number: int) -> None:
    """Remove one parked event, after it was applied."""
    await session.execute("DELETE FROM parked WHERE id = %s", (number,))


def key_text(key: bytes | None) -> str:
    """A key as text; bytes that are no UTF-8 are shown with replacement characters."""
    return key.decode(errors="replace") if key else ""
