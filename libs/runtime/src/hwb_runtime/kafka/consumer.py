"""Faust by slices: one Faust message is a run of consecutive records of one partition.

Faust's cost is per message, and its offsets can jump over an unacked event; so what is fetched of a
partition is one message, a slice is some of them, and the positions are the database's.
facts/kafka.md has the measurements.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

import faust
import structlog
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from mode.supervisors import CrashingSupervisor
from yarl import URL

from hwb_runtime import metrics
from hwb_runtime.events import RawRecord
from hwb_runtime.kafka.gathering import Fetched, Gathering

log = structlog.get_logger("hwb_runtime.consumer")

TP = Any
FETCHES_AHEAD = 8
SLICES_AHEAD = 6


class Progress:
    """What the watchdog looks at: when the consumer last polled, and since when it has a group."""

    def __init__(self) -> None:
        self.polled_at = time.monotonic()
        self.joining_since: float | None = time.monotonic()

    @property
    def ready(self) -> bool:
        """Whether the group has given this worker its partitions (maybe none)."""
        return self.joining_since is None


class PartitionSource:
    """What the transport needs from outside, set before it is started."""

    def __init__(
        self,
        positions: Callable[[Sequence[tuple[str, int]]], Awaitable[Mapping[tuple[str, int], int]]],
        *,
        slice_records: int,
    ) -> None:
        self.positions = positions
        self.slice_records = slice_records
        self.progress = Progress()


class SliceConsumer(driver.Consumer):
    """Faust's consumer, with slices for messages and PostgreSQL for committed offsets."""

    source: ClassVar[PartitionSource]

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:  # noqa: ASYNC109
        """Yield one message per slice; the base class's checks are kept."""
        self.source.progress.polled_at = time.monotonic()
        records, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        size = self.source.slice_records
        for tp, fetched in records.items():
            for start in range(0, len(fetched), size):
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                if active is None or tp in active or tp in self._buffered_partitions:
                    part = tuple(fetched[start : start + size])
                    message = self._to_message(tp, part[-1])
                    message.value = part  # type: ignore[assignment]  # a slice, not bytes
                    yield tp, message

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to the database's positions: Faust asks after every rebalance."""
        assigned = {(tp.topic, tp.partition): tp for tp in self.assignment()}
        positions = await self.source.positions(sorted(assigned))
        found = {assigned[where]: offset for where, offset in positions.items()}
        await self._thread.seek_wait(found)
        return found

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self.source.progress.joining_since = time.monotonic()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await super().on_partitions_assigned(assigned, generation_id)
        self.source.progress.joining_since = None


class SliceTransport(driver.Transport):
    """Faust's transport with our consumer."""

    Consumer: ClassVar[type] = SliceConsumer


class SliceStream:
    """Consumes topics and gives every slice to ``apply``, at most ``in_flight`` at once.

    A slice is of one topic; those of one partition are applied one after the other. ``apply`` gives
    the next offset of each partition. ``fatal`` is called with the reason when anything fails:
    positions are in the database, so the process simply ends.
    """

    def __init__(
        self,
        *,
        address: str,
        group: str,
        topics: Sequence[str],
        apply: Callable[[Sequence[RawRecord]], Awaitable[Mapping[int, int]]],
        source: PartitionSource,
        gather_seconds: float,
        in_flight: int,
        room: Callable[[], Awaitable[None]],
        fatal: Callable[[str], None],
    ) -> None:
        self._apply = apply
        self._fatal = fatal
        self._room = room
        self._group = group
        self._working = asyncio.Semaphore(in_flight)
        self._gathering = Gathering(
            slice_records=source.slice_records, gather_seconds=gather_seconds
        )
        self._most_waiting = SLICES_AHEAD * source.slice_records
        self._arrived, self._taken = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.in_flight = 0
        SliceConsumer.source = source
        self._app = _faust_app(address, group)
        self._app.transport = SliceTransport([URL(f"kafka://{address}")], self._app)
        channel = self._app.topic(*topics, key_serializer="raw", value_serializer="raw")
        self._app.agent(channel, concurrency=1, supervisor_strategy=CrashingSupervisor)(self._agent)

    async def start(self) -> None:
        """Join the group; returns when Faust runs."""
        self._begin(self._hand_out())
        await self._app.start()

    async def stop(self) -> None:
        """Finish the slices in hand and leave the group."""
        await self._app.stop()
        for task in self._tasks:
            task.cancel()

    @property
    def crashed(self) -> bool:
        """Whether Faust has given up (the broker vanished, say)."""
        return bool(self._app.should_stop)

    async def _agent(self, stream: Any) -> None:
        async for event in stream.noack().events():
            while self._gathering.records >= self._most_waiting:
                self._taken.clear()
                await self._taken.wait()
            self._gathering.put(Fetched(event.message.value, event))
            self._arrived.set()

    async def _hand_out(self) -> None:
        while True:
            await self._working.acquire()
            await self._room()
            self._begin(self._one(await self._next()))

    async def _next(self) -> list[Fetched]:
        while True:
            self._arrived.clear()
            now = time.monotonic()
            if slice_ := self._gathering.take(now):
                self._taken.set()
                return slice_
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), self._gathering.ripe_in(now))

    async def _one(self, slice_: Sequence[Fetched]) -> None:
        records = [record for fetched in slice_ for record in fetched.records]
        self._count(len(records))
        described = {
            "topic": records[0].topic,
            "records": len(records),
            "parts": [
                (one.place[1], one.records[0].offset, one.records[-1].offset) for one in slice_
            ],
        }
        log.info("slice_received", **described)
        next_offsets = await self._apply(records)
        log.info("slice_applied", **described)
        self._count(-len(records))
        for one in slice_:
            one.event.ack()
        for last in {one.place: one.records[-1] for one in slice_}.values():
            self._measure(last, next_offsets[last.partition])
        self._gathering.done(slice_)
        self._arrived.set()
        self._working.release()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal(f"{type(error).__name__}: {error}")

    def _count(self, records: int) -> None:
        self.in_flight += records
        metrics.IN_FLIGHT.set(self.in_flight)

    def _measure(self, last: Any, next_offset: int) -> None:
        labels = (self._group, last.topic, str(last.partition))
        tp = TopicPartition(last.topic, last.partition)
        try:
            end = self._app.consumer.highwater(tp)
        except (AttributeError, KeyError, AssertionError):
            end = None  # the partition has just been revoked
        metrics.POSITION.labels(*labels).set(next_offset)
        if end is not None:
            metrics.LAG.labels(*labels).set(max(end - next_offset, 0))
        metrics.EVENT_AGE.labels(last.topic).set(max(time.time() - last.timestamp / 1000, 0))


def _faust_app(address: str, group: str) -> Any:
    """The settings that were measured to lose nothing (facts/kafka.md)."""
    return faust.App(
        group,
        broker=f"kafka://{address}",
        store="memory://",
        agent_supervisor="mode.CrashingSupervisor",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        table_standby_replicas=0,
        broker_max_poll_interval=1e9,
        broker_session_timeout=15,
        broker_heartbeat_interval=3,
        broker_request_timeout=40,
        broker_rebalance_timeout=60,
        broker_commit_interval=1,
        stream_wait_empty=True,
        stream_buffer_maxsize=FETCHES_AHEAD,
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        loghandlers=[],
    )
