"""What a handler or a use case works in: one transaction, its outbox, and the time read once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime

from hwb_runtime.clock import Clock, civil_date
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import Database, Session
from hwb_runtime.outbox import Outbox
from hwb_runtime.tracing import next_traceparent
from hwb_schemas.events import Event

declare_crash_point(
    "command_before_commit", "a command's effects are made, not committed", process="api"
)
declare_crash_point(
    "command_after_commit", "a command is committed, its caller has no answer", process="api"
)
declare_crash_point("job_before_commit", "a job's effects are made, not committed")
declare_crash_point("job_after_commit", "a job's effects are committed")


class UnitOfWork:
    """One transaction with the events it causes; all is committed, or nothing is."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.today: date = civil_date(now)
        self.in_hand = 0
        self._outbox = Outbox(now.isoformat())

    def publish(self, topic: str, key: str, event: Event, *, cause: str | None = None) -> None:
        """Publish an event when this is committed; ``cause`` is the traceparent of its cause."""
        value = event.model_dump_json().encode()
        self.publish_json(topic, key, event.type_of(), value, cause=cause)

    def publish_json(
        self, topic: str, key: str, type_: str, value: bytes, *, cause: str | None = None
    ) -> None:
        """The same for a value that is JSON already: the hot paths build it without a model."""
        self._outbox.add(
            topic=topic,
            key=key,
            kind=type_,
            traceparent=next_traceparent(cause),
            value=value.decode(),
        )
        self.in_hand += 1

    def publish_tombstone(self, topic: str, key: str) -> None:
        """Publish that this key is no more, on a compacted topic."""
        self._outbox.add(
            topic=topic,
            key=key,
            kind="wales.hwb.tombstone.v1",
            traceparent=next_traceparent(),
            value=None,
        )
        self.in_hand += 1

    async def write_outbox(self) -> int:
        """Insert the events; called by whoever commits. Gives their number."""
        await self._outbox.write(self.session)
        return len(self._outbox)


class _UndoneError(Exception):
    """Ends a transaction without a commit; nobody outside sees it."""


class UnitsOfWork:
    """Begins units of work; after a commit with events it wakes the relay of the same process."""

    def __init__(self, database: Database, clock: Clock, *, boundary: str) -> None:
        self._database = database
        self._clock = clock
        self._boundary = boundary
        self.on_events: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """Committed when the block ends, rolled back when it raises."""
        async with self.bounded(self._boundary) as uow:
            yield uow

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """For a single statement that changes and locks nothing."""
        async with self._database.autocommit() as session:
            yield session

    @asynccontextmanager
    async def never_committed(self, *, lock_seconds: float) -> AsyncIterator[UnitOfWork]:
        """For previews: what is done within is undone, and no lock is waited for any longer.

        Raises DatabaseGoneError where a lock was not to be had.
        """
        with suppress(_UndoneError):
            async with self._database.transaction() as session:
                await session.execute(f"SET LOCAL lock_timeout = '{int(lock_seconds * 1000)}ms'")
                yield UnitOfWork(session, self._clock.now())
                raise _UndoneError

    @asynccontextmanager
    async def bounded(
        self, boundary: str, finish: Callable[[UnitOfWork], Awaitable[None]] | None = None
    ) -> AsyncIterator[UnitOfWork]:
        """The same, with ``finish`` as the last step before COMMIT, and its own crash points."""
        async with self._database.transaction() as session:
            uow = UnitOfWork(session, self._clock.now())
            yield uow
            if finish is not None:
                await finish(uow)
            events = await uow.write_outbox()
            crash_point(f"{boundary}_before_commit", in_hand=uow.in_hand)
        crash_point(f"{boundary}_after_commit", in_hand=uow.in_hand)
        if events:
            self.on_events()
