"""How far a service has applied each partition: the database's word, which alone counts.

Kafka's own offsets are a hint. The locked row also fences a paused worker: it cannot commit a slice
that another worker has applied in the meantime.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hwb_runtime.database import Session
from hwb_runtime.errors import LossError


@dataclass(frozen=True, slots=True)
class Watermarks:
    """What the broker says of a partition: its topic's id (or None), first and next offset."""

    topic_id: str | None
    low: int
    high: int


async def position_at_assignment(
    session: Session, topic: str, partition: int, broker: Watermarks
) -> int:
    """The next offset to apply; a partition seen for the first time starts at its first record.

    Raises LossError where the topic was made anew, or records before the position or the position
    itself are no longer there.
    """
    await session.execute(
        """INSERT INTO consumer_offset (topic, partition, topic_id, next_offset)
           VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (topic, partition, broker.topic_id, broker.low),
    )
    row = await session.fetch_one(
        "SELECT topic_id, next_offset FROM consumer_offset WHERE topic = %s AND partition = %s",
        (topic, partition),
    )
    known_id, position = row or (None, 0)
    where = f"{topic}[{partition}]"
    if known_id and broker.topic_id and known_id != broker.topic_id:
        message = (
            f"{where}: the topic was deleted and made again (id {broker.topic_id}, ours {known_id})"
        )
        raise LossError(message)
    if position < broker.low:
        message = f"{where}: records {position} to {broker.low - 1} are gone before we applied them"
        raise LossError(message)
    if position > broker.high:
        message = f"{where}: we have applied up to {position}, the broker ends at {broker.high}"
        raise LossError(message)
    return int(position)


async def lock_positions(
    session: Session, topic: str, partitions: Collection[int]
) -> dict[int, int]:
    """The next offset of each partition, locked until the transaction ends.

    Those that were never assigned are not among them.
    """
    rows = await session.fetch(
        """SELECT partition, next_offset FROM consumer_offset
           WHERE topic = %s AND partition = ANY(%s) ORDER BY partition FOR UPDATE""",
        (topic, list(partitions)),
    )
    return {int(partition): int(offset) for partition, offset in rows}


async def advance(session: Session, topic: str, next_offsets: Mapping[int, int]) -> None:
    """Record that everything below each partition's next offset is applied or parked."""
    await session.execute(
        """UPDATE consumer_offset o
           SET next_offset = n.next_offset, advanced_at = clock_timestamp()
           FROM unnest(%s::int[], %s::bigint[]) AS n (partition, next_offset)
           WHERE o.topic = %s AND o.partition = n.partition""",
        (list(next_offsets), list(next_offsets.values()), topic),
    )
