"""A worker: consumes its topics, relays its outbox, runs its jobs, and ends when it is of no use.

It is crash-only: any failure that is not known to pass ends the process, whoever started it starts
it again, and everything goes on from the database.
"""

import asyncio
import contextlib
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
import uvicorn

from hwb_runtime import metrics
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import Session
from hwb_runtime.errors import LossError, TransientError
from hwb_runtime.events import RawRecord
from hwb_runtime.health import health_app
from hwb_runtime.kafka.broker import Broker, contract_topics
from hwb_runtime.kafka.consumer import PartitionSource, SliceStream
from hwb_runtime.kafka.relay import EVENTS_AT_ONCE, OutboxRelay
from hwb_runtime.leader import leadership
from hwb_runtime.outbox import waiting_events
from hwb_runtime.platform import Platform
from hwb_runtime.positions import position_at_assignment
from hwb_runtime.slices import SliceProcessor, Subscription

__all__ = ["Job", "Subscription", "WorkerParts", "run_worker"]

log = structlog.get_logger("hwb_runtime.worker")

BEFORE_ACK = declare_crash_point("slice_before_ack", "a slice is committed and not acknowledged")
WATCHDOG_STATUS = 75
RELAY_IDLE_SECONDS = 0.1
RELAY_GATHER_SECONDS = 0.2
JOB_BACKOFF_SECONDS = 30.0
PRUNE_INBOX_EVERY_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something a worker does again and again.

    ``run_once`` gives True when there is more to do at once, else it is called again after
    ``every`` seconds. A TransientError is logged and backed off; anything else ends the worker.
    With ``leader`` it runs only in the one worker that leads its service.
    """

    name: str
    run_once: Callable[[], Awaitable[bool]]
    every: float
    leader: bool = True


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What a service's worker consists of."""

    subscriptions: Sequence[Subscription] = ()
    jobs: Sequence[Job] = ()


class _Worker:
    def __init__(self, platform: Platform, parts: WorkerParts) -> None:
        self._platform = platform
        self._settings = platform.settings
        self._parts = parts
        self._topics = contract_topics()
        self._group = f"hwb-{platform.name}"
        self._stopping = asyncio.Event()
        self._events_written = asyncio.Event()
        self._outbox_full = False
        self._broker = Broker(self._settings.kafka, self._group)
        self._beat_at = time.monotonic()
        self._source = PartitionSource(self._positions, slice_records=self._settings.slice_records)
        platform.units_of_work.on_events = self._events_written.set
        self._processors = {
            subscription.topic: SliceProcessor(
                platform.units_of_work,
                subscription,
                service=platform.name,
                compacted=self._topics[subscription.topic].compacted,
            )
            for subscription in parts.subscriptions
        }

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        await asyncio.to_thread(self._require_topics)
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        tasks = [
            asyncio.create_task(self._beat(), name="heartbeat"),
            asyncio.create_task(self._serve_health(), name="health"),
            asyncio.create_task(self._lead(), name="leader"),
            *(
                asyncio.create_task(self._run_job(job), name=f"job {job.name}")
                for job in self._parts.jobs
                if not job.leader
            ),
        ]
        for task in tasks:
            task.add_done_callback(self._ended)
        stream = self._stream() if self._processors else None
        if stream is not None:
            await stream.start()
        else:
            self._source.progress.joining_since = None
        log.info("worker_started", topics=sorted(self._processors))
        while not self._stopping.is_set():
            if stream is not None and stream.crashed:
                self._fatal("Faust gave up: the broker or its group is gone")
            try:
                await asyncio.wait_for(self._stopping.wait(), 0.5)
            except TimeoutError:
                continue
        if stream is not None:
            await stream.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        log.info("worker_stopped")

    def _stream(self) -> SliceStream:
        return SliceStream(
            address=self._settings.kafka,
            group=self._group,
            topics=sorted(self._processors),
            apply=self._apply,
            source=self._source,
            gather_seconds=self._settings.slice_gather_seconds,
            in_flight=self._settings.slices_in_flight,
            room=self._room,
            fatal=self._fatal,
        )

    async def _apply(self, records: Sequence[RawRecord]) -> Mapping[int, int]:
        next_offsets = await self._processors[records[0].topic].apply(records)
        crash_point(BEFORE_ACK, in_hand=len(records))
        return next_offsets

    async def _positions(
        self, partitions: Sequence[tuple[str, int]]
    ) -> Mapping[tuple[str, int], int]:
        found = {}
        try:
            async with self._platform.database.transaction() as session:
                for topic, partition in partitions:
                    broker = await asyncio.to_thread(self._broker.watermarks, topic, partition)
                    position = await position_at_assignment(session, topic, partition, broker)
                    found[topic, partition] = position
                    labels = (self._group, topic, str(partition))
                    metrics.POSITION.labels(*labels).set(position)
                    metrics.LAG.labels(*labels).set(broker.high - position)
        except (LossError, TransientError) as error:
            self._fatal(str(error))
            raise
        return found

    async def _room(self) -> None:
        """Wait while the outbox is full, so that a broker that refuses events stops the rest."""
        while self._outbox_full:  # noqa: ASYNC110 - the relay measures, it signals nothing
            await asyncio.sleep(0.2)

    async def _lead(self) -> None:
        relay = OutboxRelay(
            self._settings.kafka,
            service=self._platform.name,
            topics=list(self._topics.values()),
            max_unread=self._settings.kafka_max_unread,
        )
        async with leadership(self._platform.database) as session:
            log.info("leadership_taken")
            jobs = [
                *(job for job in self._parts.jobs if job.leader),
                Job("prune_inbox", self._prune_inbox, every=PRUNE_INBOX_EVERY_SECONDS),
            ]
            async with asyncio.TaskGroup() as group:
                group.create_task(self._relay(relay, session))
                for job in jobs:
                    group.create_task(self._run_job(job))

    async def _relay(self, relay: OutboxRelay, leader: Session) -> None:
        failures = 0
        while True:
            self._events_written.clear()
            began, sent = time.monotonic(), 0
            try:
                sent = await relay.run_once(leader)
                failures = 0
            except TransientError as error:
                failures += 1
                if failures > 1:
                    raise
                log.warning("events_not_delivered", error=str(error))
            waiting = await waiting_events(leader)
            metrics.OUTBOX.set(waiting)
            self._outbox_full = waiting > self._settings.outbox_max_events
            if sent >= EVENTS_AT_ONCE:
                continue
            if sent:
                # The next events are a batch by then: a transaction of the broker's is not cheap.
                await asyncio.sleep(RELAY_GATHER_SECONDS - (time.monotonic() - began))
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._events_written.wait(), RELAY_IDLE_SECONDS)

    async def _run_job(self, job: Job) -> None:
        failures = 0
        while True:
            try:
                more = await job.run_once()
                failures = 0
            except TransientError as error:
                failures += 1
                log.warning("job_failed", job=job.name, error=str(error), failures=failures)
                pause = min(2.0**failures, JOB_BACKOFF_SECONDS) * random.uniform(0.5, 1)
                await asyncio.sleep(pause / self._settings.time_scale)
                continue
            if not more:
                await asyncio.sleep(job.every)

    async def _prune_inbox(self) -> bool:
        """Forget ids that are older than their topic keeps events (compacted ones: a year)."""
        async with self._platform.database.transaction() as session:
            for topic in self._processors:
                days = (self._topics[topic].retention_days or 365) + 1
                await session.execute(
                    """DELETE FROM inbox WHERE topic = %s
                       AND seen_at < clock_timestamp() - make_interval(days => %s)""",
                    (topic, days),
                )
        return False

    def _require_topics(self) -> None:
        for name in self._processors:
            wanted, there = self._topics[name].partitions, self._broker.partitions(name)
            if there != wanted:
                self._fatal(f"topic {name} has {there} partitions; the contract says {wanted}")
        if self._processors and self._settings.kafka_max_unread is None:
            self._broker.learn_topic_ids(list(self._processors))

    async def _serve_health(self) -> None:
        app = health_app(alive=lambda: self._stuck() is None, ready=self._ready)
        config = uvicorn.Config(
            app,
            host=self._settings.host,
            port=self._settings.worker_port,
            log_config=None,
            lifespan="off",
            access_log=False,
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        await server._serve()  # noqa: SLF001 - serve() would take our signals

    def _ready(self) -> bool:
        return self._source.progress.ready and not self._stopping.is_set()

    async def _beat(self) -> None:
        while True:
            self._beat_at = time.monotonic()
            await asyncio.sleep(0.5)

    def _stuck(self) -> str | None:
        now, limit = time.monotonic(), self._settings.watchdog_seconds
        progress = self._source.progress
        if now - self._beat_at > limit:
            return "the event loop stands still"
        if self._processors and progress.joining_since is not None:
            return "no partitions yet" if now - progress.joining_since > limit else None
        if self._processors and now - progress.polled_at > limit:
            return "nothing is fetched"
        return None

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            reason = self._stuck()
            if reason is not None and not self._stopping.is_set():
                log.critical("worker_does_nothing", reason=reason)
                os._exit(WATCHDOG_STATUS)

    def _stop(self) -> None:
        log.info("worker_stopping")
        self._stopping.set()
        timer = threading.Timer(self._settings.stop_seconds, os._exit, (0,))
        timer.daemon = True
        timer.start()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._stopping.is_set():
            return
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        log.error("worker_part_failed", part=task.get_name(), exc_info=error)
        self._fatal(f"{task.get_name()} ended: {type(error).__name__}: {error}")

    def _fatal(self, reason: str) -> None:
        log.critical("worker_ends", reason=reason)
        os._exit(1)


async def run_worker(platform: Platform, parts: WorkerParts) -> None:
    """Run until SIGTERM; ends the process with 1 on a failure, with 75 when it is of no use."""
    spare_the_collector()
    await _Worker(platform, parts).run()


def spare_the_collector() -> None:
    """Let the garbage collector look less often, as every worker does.

    A slice is some 100,000 objects that live until its COMMIT, and three are in hand: at the
    default threshold the collector walks through all of them again and again, which took half of
    identity's time. Next to nothing of it is garbage that only the collector finds.
    """
    gc.freeze()
    gc.set_threshold(300_000, 20, 50)
