"""One slice, one transaction: positions, effects and caused events are committed together.

A slice that fails is tried again one event at a time, to find the event that cannot be applied;
that one is parked and the rest goes on. Nothing here knows Kafka: a record is its bytes.
"""

import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog
from pydantic import BaseModel, ValidationError

from hwb_runtime import metrics
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import ContentionError
from hwb_runtime.errors import LossError, PoisonError, TransientError
from hwb_runtime.events import RawRecord, Received
from hwb_runtime.parked_case import tell_of_parked
from hwb_runtime.parking import BEHIND, key_text, park, parked_keys
from hwb_runtime.positions import advance, lock_positions
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger("hwb_runtime.slices")

SLICE_RECEIVED = declare_crash_point("slice_received", "a slice is fetched, nothing is done")
declare_crash_point("slice_before_commit", "a slice's effects are made, not committed")
declare_crash_point("slice_after_commit", "a slice is committed, Kafka does not know")
CONTENTION_TRIES = 10


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic and what is done with a slice of its events.

    ``handle`` gets events of some partitions, those of each one consecutive and in order, and a
    unit of work; what it raises, unless transient, leads to the culprit's being parked. ``by_id``:
    the runtime drops events whose ce_id is known. ``by_handler``: the handler drops by run_seq or
    version. ``gaps`` are normal on compacted topics only.
    """

    topic: str
    payload: type[BaseModel]
    handle: Callable[[Sequence[Received[Any]], UnitOfWork], Awaitable[None]]
    drops_applied: Literal["by_id", "by_handler"]


@dataclass(frozen=True, slots=True)
class _Poison:
    """A record that no handler will see, and why."""

    record: RawRecord
    reason: str


class SliceProcessor:
    """Applies slices of one subscription."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        subscription: Subscription,
        *,
        service: str,
        compacted: bool,
    ) -> None:
        self._service = service
        self._units_of_work = units_of_work
        self._subscription = subscription
        self._compacted = compacted
        self._decode_json = subscription.payload.__pydantic_validator__.validate_json

    async def apply(self, records: Sequence[RawRecord]) -> dict[int, int]:
        """Apply or park every record of a slice; gives the next offset of each partition.

        Raises LossError for a gap and TransientError where the database is gone.
        """
        crash_point(SLICE_RECEIVED, in_hand=len(records))
        for attempt in range(CONTENTION_TRIES):
            try:
                return await self._apply_whole(records)
            except ContentionError:
                log.info("slice_retried", topic=self._subscription.topic, attempt=attempt)
            except (LossError, TransientError):
                raise
            except Exception as error:
                log.warning(
                    "slice_taken_apart",
                    topic=self._subscription.topic,
                    error=type(error).__name__,
                    exc_info=True,
                )
                return await self._apply_one_by_one(records)
        message = f"a slice of {self._subscription.topic} met {CONTENTION_TRIES} deadlocks in a row"
        raise TransientError(message)

    async def _apply_whole(self, records: Sequence[RawRecord]) -> dict[int, int]:
        parts = _by_partition(records)
        next_offsets: dict[int, int] = {}

        async def finish(uow: UnitOfWork) -> None:
            await advance(uow.session, records[0].topic, next_offsets)

        async with self._units_of_work.bounded("slice", finish) as uow:
            fresh: list[RawRecord] = []
            for partition, position in (await self._positions(parts, uow)).items():
                part = parts[partition]
                fresh += [record for record in part if record.offset >= position]
                next_offsets[partition] = max(position, part[-1].offset + 1)
            uow.in_hand += len(fresh)
            if fresh:
                await self._effects(fresh, uow)
        return next_offsets

    async def _apply_one_by_one(self, records: Sequence[RawRecord]) -> dict[int, int]:
        next_offsets: dict[int, int] = {}
        for record in records:
            try:
                next_offsets |= await self._apply_whole([record])
            except (LossError, TransientError):
                raise
            except Exception as error:  # noqa: BLE001 - parking keeps it with the record
                next_offsets |= await self._park_alone(record, error)
        return next_offsets

    async def _park_alone(self, record: RawRecord, error: Exception) -> dict[int, int]:
        reason = error.reason if isinstance(error, PoisonError) else _described(error)
        next_offsets: dict[int, int] = {}

        async def finish(uow: UnitOfWork) -> None:
            await advance(uow.session, record.topic, next_offsets)

        async with self._units_of_work.bounded("slice", finish) as uow:
            positions = await self._positions({record.partition: [record]}, uow)
            position = positions[record.partition]
            next_offsets[record.partition] = max(position, record.offset + 1)
            if record.offset >= position:
                await self._park(_Poison(record, reason), uow)
        return next_offsets

    async def _positions(
        self, parts: Mapping[int, Sequence[RawRecord]], uow: UnitOfWork
    ) -> dict[int, int]:
        """Lock and give the position of each partition. Raises LossError for a gap."""
        topic = self._subscription.topic
        positions = await lock_positions(uow.session, topic, parts)
        for partition, records in parts.items():
            where = f"{topic}[{partition}]"
            position, first = positions.get(partition), records[0].offset
            if position is None:
                message = f"{where} has no position: it was never assigned"
                raise LossError(message)
            if first > position and not self._compacted:
                message = (
                    f"{where}: a slice begins at {first}, the position is {position};"
                    " what lies between is missing"
                )
                raise LossError(message)
        return positions

    async def _effects(self, records: Sequence[RawRecord], uow: UnitOfWork) -> None:
        decoded = [self._decoded(record) for record in records]
        waiting = await parked_keys(
            uow.session, records[0].topic, (key_text(record.key) for record in records)
        )
        accepted: list[Received[Any]] = []
        for raw, one in zip(records, decoded, strict=True):
            if isinstance(one, _Poison):
                await self._park(one, uow)
                waiting.add(key_text(raw.key))
            elif one.key in waiting:
                await self._park(_Poison(raw, BEHIND), uow)
            else:
                accepted.append(one)
        await self._handle(accepted, uow)

    async def replay(self, record: RawRecord, uow: UnitOfWork) -> None:
        """Apply one parked record within this unit of work; raises what its handler raises."""
        one = self._decoded(record)
        if isinstance(one, _Poison):
            raise PoisonError(one.reason)
        await self._handle([one], uow)

    async def _handle(self, events: Sequence[Received[Any]], uow: UnitOfWork) -> None:
        topic = self._subscription.topic
        if self._subscription.drops_applied == "by_id":
            known = len(events)
            events = await _not_seen(events, uow)
            metrics.DROPPED.labels(topic).inc(known - len(events))
        if events:
            await self._subscription.handle(events, uow)
            metrics.APPLIED.labels(topic).inc(len(events))

    async def _park(self, poison: _Poison, uow: UnitOfWork) -> None:
        record = poison.record
        await park(uow.session, record, reason=poison.reason)
        await tell_of_parked(uow, service=self._service, topic=record.topic)
        metrics.PARKED.labels(record.topic).inc()
        log.error(
            "event_parked",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            behind=poison.reason == BEHIND,
        )

    def _decoded(self, record: RawRecord) -> Received[Any] | _Poison:
        headers = dict(record.headers)
        try:
            payload = None if record.value is None else self._decode_json(record.value)
            return Received(
                record.topic,
                record.partition,
                record.offset,
                (record.key or b"").decode(),
                headers["ce_type"].decode(),
                headers["ce_id"].decode(),
                headers["ce_time"].decode(),
                headers.get("traceparent", b"").decode() or None,
                payload,
            )
        except KeyError as error:
            return _Poison(record, f"the header {error} is missing: not a CloudEvent")
        except UnicodeDecodeError:
            return _Poison(record, "the key or a header is not UTF-8")
        except ValidationError as error:
            return _Poison(record, _described(error))


def _by_partition(records: Sequence[RawRecord]) -> dict[int, list[RawRecord]]:
    parts: dict[int, list[RawRecord]] = {}
    for record in records:
        parts.setdefault(record.partition, []).append(record)
    return parts


async def _not_seen(events: Sequence[Received[Any]], uow: UnitOfWork) -> list[Received[Any]]:
    """Remember these events' ids; those that were not known before, each once."""
    if not events:
        return []
    rows = await uow.session.fetch(
        """INSERT INTO inbox (topic, ce_id) SELECT %s, unnest(%s::text[])
           ON CONFLICT DO NOTHING RETURNING ce_id""",
        (events[0].topic, list(dict.fromkeys(event.id for event in events))),
    )
    new = {row[0] for row in rows}
    fresh = []
    for event in events:
        if event.id in new:
            new.discard(event.id)
            fresh.append(event)
    return fresh


def _described(error: Exception) -> str:
    """What went wrong without the values that it went wrong with: they may be personal."""
    if isinstance(error, ValidationError):
        faults = [
            f"{'.'.join(str(step) for step in fault['loc']) or 'value'}: {fault['type']}"
            for fault in error.errors(include_input=False, include_url=False)
        ]
        return f"it does not fit the contract: {'; '.join(faults[:10])}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"{type(error).__name__} in {place.name} ({where}): see the worker's log of that time"
