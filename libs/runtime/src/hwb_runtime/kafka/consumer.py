"""Faust by slices: one Faust message is a run of consecutive records of one partition.

Faust's cost is per message, and its offsets can jump over an unacked event; so a slice is one
message, and the positions are the database's. facts/kafka.md has the measurements.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

import faust
import structlog
from aiokafka.structs import TopicPartition
from faust.transport.drivers import aiokafka as driver
from mode.supervisors import CrashingSupervisor
from yarl import URL

from hwb_runtime import metrics
from hwb_runtime.events import RawRecord

log = structlog.get_logger("hwb_runtime.consumer")

TP = Any
SlicesAhead = 8


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

    Slices of one partition are applied one after the other. ``fatal`` is called with the reason
    when anything fails: positions are in the database, so the process simply ends.
    """

    def __init__(
        self,
        *,
        address: str,
        group: str,
        topics: Sequence[str],
        apply: Callable[[Sequence[RawRecord]], Awaitable[int]],
        source: PartitionSource,
        in_flight: int,
        room: Callable[[], Awaitable[None]],
        fatal: Callable[[str], None],
    ) -> None:
        self._apply = apply
        self._fatal = fatal
        self._room = room
        self._group = group
        self._working = asyncio.Semaphore(in_flight)
        self._ahead = asyncio.Semaphore(SlicesAhead)
        self._partitions: dict[tuple[str, int], asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.in_flight = 0
        SliceConsumer.source = source
        self._app = _faust_app(address, group)
        self._app.transport = SliceTransport([URL(f"kafka://{address}")], self._app)
        channel = self._app.topic(*topics, key_serializer="raw", value_serializer="raw")
        self._app.agent(channel, concurrency=1, supervisor_strategy=CrashingSupervisor)(self._agent)

    async def start(self) -> None:
        """Join the group; returns when Faust runs."""
        await self._app.start()

    async def stop(self) -> None:
        """Finish the slices in hand and leave the group."""
        await self._app.stop()

    @property
    def crashed(self) -> bool:
        """Whether Faust has given up (the broker vanished, say)."""
        return bool(self._app.should_stop)

    async def _agent(self, stream: Any) -> None:
        async for event in stream.noack().events():
            await self._ahead.acquire()
            task = asyncio.create_task(self._one(event))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    async def _one(self, event: Any) -> None:
        records: Sequence[RawRecord] = event.message.value
        first, last = records[0], records[-1]
        where = (first.topic, first.partition)
        async with self._partitions.setdefault(where, asyncio.Lock()), self._working:
            await self._room()
            self.in_flight += len(records)
            metrics.IN_FLIGHT.set(self.in_flight)
            described = {
                "topic": first.topic,
                "partition": first.partition,
                "first": first.offset,
                "last": last.offset,
                "records": len(records),
            }
            log.info("slice_received", **described)
            next_offset = await self._apply(records)
            log.info("slice_applied", **described)
            self.in_flight -= len(records)
            metrics.IN_FLIGHT.set(self.in_flight)
        event.ack()
        self._measure(last, next_offset)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ahead.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal(f"{type(error).__name__}: {error}")

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
        stream_buffer_maxsize=SlicesAhead,
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        loghandlers=[],
    )
