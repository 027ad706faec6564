"""The archive run at the end of the year: rehearsed, confirmed in writing, paused, cancelled.

A run is the list of groups that a dry run showed. It hands them to the queue while it is open; from
then on each group goes its own way, and a restore overtakes it as always.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

import structlog

from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.ports import GroupsOf
from hwb_groups.domain.archive_run import (
    MEASURED_SECONDS,
    Basis,
    Estimate,
    Hours,
    RunState,
    ends_at,
    seconds_left,
)
from hwb_groups.domain.group import Wish
from hwb_groups.domain.season import archived_year
from hwb_groups.errors import (
    ArchiveRunEndedError,
    ArchiveRunOpenError,
    ArchiveRunUnknownError,
    ConfirmationError,
    DryRunOutdatedError,
    NothingToArchiveError,
    YearNotOverError,
)
from hwb_groups.metrics import ARCHIVE_DUE
from hwb_runtime.clock import LONDON
from hwb_runtime.database import Session
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import Provider

AT_ONCE = 500
BY_CALENDAR = "calendar"

log = structlog.get_logger("hwb_groups.archive_runs")


@dataclass(frozen=True, slots=True)
class SchoolCount:
    """What a run would archive of one school; ``being_created`` follow once they are there."""

    school: str
    teams: int
    classrooms: int
    without_owner: int
    being_created: int


@dataclass(frozen=True, slots=True)
class WithoutOwner:
    """A group whose teachers have all left: it gets the technical owner before it is archived."""

    group_id: str
    provider: Provider
    school: str
    class_key: str
    title: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be archived now. ``digest`` stands for this very list of groups."""

    academic_year: str
    groups: int
    digest: str
    schools: tuple[SchoolCount, ...]
    without_owner: tuple[WithoutOwner, ...]


@dataclass(frozen=True, slots=True)
class ArchiveRun:
    """A run as it was confirmed, and how it stands."""

    run_id: str
    academic_year: str
    state: RunState
    open: bool
    hours: Hours | None
    groups: int
    digest: str
    begun_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SchoolProgress:
    """How far a run is at one school.

    ``restored`` were asked back since and are done with; ``failed`` wait for a person.
    """

    school: str
    groups: int
    archived: int
    restored: int
    failed: int

    @property
    def left(self) -> int:
        """Groups whose archive is still to come; after a cancellation, those that stay open."""
        return self.groups - self.archived - self.restored - self.failed


@dataclass(frozen=True, slots=True)
class Decision:
    """Who did what with a run."""

    decision: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """A run, how far it is, and when it will have ended."""

    run: ArchiveRun
    schools: tuple[SchoolProgress, ...]
    decisions: tuple[Decision, ...]
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Pace:
    """What is left and what was archived lately, by provider, and for how long the run is open."""

    left: Mapping[Provider, int]
    recent: Mapping[Provider, int]
    open_for: float


class ArchiveRunRows(Protocol):
    """Runs and their groups, within one transaction."""

    async def due(self, up_to_year: str) -> tuple[int, str]:
        """How many groups are to be archived, and their digest."""

    async def is_due(self, up_to_year: str) -> bool:
        """Whether there is any."""

    async def counts(self, up_to_year: str) -> list[SchoolCount]: ...

    async def without_owner(self, up_to_year: str) -> list[WithoutOwner]: ...

    async def without_owner_by_school(self, up_to_year: str) -> dict[str, int]:
        """How many there are at each school that has any."""

    async def begin(self, run: ArchiveRun) -> tuple[int, str] | None:
        """Insert it with its groups; gives their number and digest, None where a run is open."""

    async def run(self, run_id: str) -> ArchiveRun | None:
        """Locked until the transaction ends."""

    async def open_run(self) -> ArchiveRun | None:
        """The one that has not ended, locked."""

    async def runs(self) -> list[ArchiveRun]:
        """Newest first."""

    async def change(self, run: ArchiveRun, state: RunState, *, is_open: bool) -> None: ...

    async def end(self, run: ArchiveRun, state: RunState, *, now: datetime) -> None: ...

    async def decided(self, run_id: str, decision: str, *, by: str) -> None: ...

    async def decisions(self, run_id: str) -> list[Decision]: ...

    async def take(self, run_id: str, *, limit: int) -> list[str]:
        """Mark groups as taken; gives their ids."""

    async def has_more(self, run_id: str) -> bool:
        """Whether there are groups that are not taken yet."""

    async def is_working(self) -> bool:
        """Whether an operation is there of a group that shall be archived."""

    async def give_back(self, run_id: str, *, limit: int, now: datetime) -> int:
        """Groups whose archive no provider has heard of stay open after all; gives their number."""

    async def progress(self, run_id: str) -> list[SchoolProgress]: ...

    async def pace(self, run_id: str, *, seconds: float) -> Pace: ...


RowsOf = Callable[[Session], ArchiveRunRows]
"""The rows of a transaction."""


@dataclass(frozen=True)
class ArchiveRuns:
    """What operators do with runs, and the step of the leader's job that carries them on."""

    groups_of: GroupsOf
    rows_of: RowsOf
    calendar: RolloverCalendar
    time_scale: float
    begins_by_calendar: bool

    async def dry_run(self, session: Session) -> DryRun:
        """What would be archived now: nothing is changed."""
        rows, year = self.rows_of(session), self.calendar.academic_year_ending
        groups, digest = await rows.due(year)
        return DryRun(
            academic_year=year,
            groups=groups,
            digest=digest,
            schools=tuple(await rows.counts(year)),
            without_owner=tuple(await rows.without_owner(year)),
        )

    async def begin(
        self,
        uow: UnitOfWork,
        *,
        academic_year: str,
        groups: int,
        digest: str,
        hours: Hours | None,
        by: str,
    ) -> ArchiveRun:
        """Begin the run that a dry run showed; year and number are what the operator typed.

        Raises where they are not those of the dry run, and where the list is another by now.
        """
        year = archived_year(uow.today, self.calendar)
        if year is None:
            raise YearNotOverError(
                self.calendar.academic_year_ending, self.calendar.academic_year_ends
            )
        rows = self.rows_of(uow.session)
        run = self._new(uow, year, hours)
        there = await rows.begin(run)
        if there is None:
            raise ArchiveRunOpenError
        number, listed = there
        if listed != digest:
            raise DryRunOutdatedError
        if not number:
            raise NothingToArchiveError(year)
        if (academic_year, groups) != (year, number):
            raise ConfirmationError
        await rows.decided(run.run_id, "begun", by=by)
        uow.in_hand += 1
        log.info("archive_run_begun", archive_run_id=run.run_id, groups=number)
        return replace(run, groups=number, digest=listed)

    async def pause(self, uow: UnitOfWork, run_id: str, *, by: str) -> ArchiveRun:
        """No archive is begun any more until it is resumed; what the provider has goes on."""
        return await self._decide(uow, run_id, RunState.PAUSED, "paused", by=by)

    async def resume(self, uow: UnitOfWork, run_id: str, *, by: str) -> ArchiveRun:
        """Go on, within the run's hours."""
        return await self._decide(uow, run_id, RunState.RUNNING, "resumed", by=by)

    async def cancel(self, uow: UnitOfWork, run_id: str, *, by: str) -> ArchiveRun:
        """Archive nothing more; what is archived, or under way at the provider, stays so.

        A large run is given back by the leader's job, some groups at a time.
        """
        run = await self._decide(uow, run_id, RunState.CANCELLED, "cancelled", by=by)
        rows = self.rows_of(uow.session)
        await self._give_back(uow, rows, run)
        return await rows.run(run_id) or run

    async def show(self, uow: UnitOfWork, run_id: str) -> Progress:
        """How far a run is. Raises ArchiveRunUnknownError."""
        rows = self.rows_of(uow.session)
        run = await rows.run(run_id)
        if run is None:
            raise ArchiveRunUnknownError(run_id)
        return Progress(
            run=run,
            schools=tuple(await rows.progress(run_id)),
            decisions=tuple(await rows.decisions(run_id)),
            estimate=await self._estimate(uow, rows, run),
        )

    async def step(self, uow: UnitOfWork) -> bool:
        """Carry the open run on by some groups; True when there is more to do at once."""
        rows = self.rows_of(uow.session)
        run = await rows.open_run()
        if run is None:
            return await self._due(uow, rows)
        if run.state is RunState.CANCELLED:
            return await self._give_back(uow, rows, run)
        is_open = _is_open(run.state, run.hours, uow.now)
        if is_open is not run.open:
            await rows.change(run, run.state, is_open=is_open)
            uow.in_hand += 1
        if run.state is not RunState.RUNNING:
            return False
        taken = await rows.take(run.run_id, limit=AT_ONCE) if is_open else []
        if taken:
            groups = self.groups_of(uow.session)
            present = [g.group_id for g in await groups.groups(taken) if g.wish is Wish.PRESENT]
            await groups.wish_archived(present, now=uow.now)
            await queue_next(groups, present, traceparent=None)
            uow.in_hand += len(taken)
        elif not await rows.has_more(run.run_id) and not await rows.is_working():
            await rows.end(run, RunState.DONE, now=uow.now)
            uow.in_hand += 1
            log.info("archive_run_done", archive_run_id=run.run_id)
        return len(taken) == AT_ONCE

    async def _due(self, uow: UnitOfWork, rows: ArchiveRunRows) -> bool:
        year = archived_year(uow.today, self.calendar)
        due = year is not None and await rows.is_due(year)
        ARCHIVE_DUE.set(int(due and not self.begins_by_calendar))
        if year is None or not due or not self.begins_by_calendar:
            return False
        run = self._new(uow, year, None)
        await rows.begin(run)
        await rows.decided(run.run_id, "begun", by=BY_CALENDAR)
        uow.in_hand += 1
        return True

    async def _give_back(self, uow: UnitOfWork, rows: ArchiveRunRows, run: ArchiveRun) -> bool:
        given = await rows.give_back(run.run_id, limit=AT_ONCE, now=uow.now)
        uow.in_hand += given
        if given == AT_ONCE:
            return True
        if not await rows.is_working():
            await rows.end(run, RunState.CANCELLED, now=uow.now)
            uow.in_hand += 1
        elif not run.open:
            # What is left was asked of the provider before, and is brought to its end.
            await rows.change(run, RunState.CANCELLED, is_open=True)
            uow.in_hand += 1
        return False

    async def _decide(
        self, uow: UnitOfWork, run_id: str, state: RunState, decision: str, *, by: str
    ) -> ArchiveRun:
        rows = self.rows_of(uow.session)
        run = await rows.run(run_id)
        if run is None:
            raise ArchiveRunUnknownError(run_id)
        if run.ended_at is not None or run.state is RunState.CANCELLED:
            raise ArchiveRunEndedError(run_id)
        if run.state is state:
            return run
        is_open = _is_open(state, run.hours, uow.now)
        await rows.change(run, state, is_open=is_open)
        await rows.decided(run_id, decision, by=by)
        uow.in_hand += 1
        log.info("archive_run_decided", archive_run_id=run_id, decision=decision)
        return replace(run, state=state, open=is_open)

    async def _estimate(self, uow: UnitOfWork, rows: ArchiveRunRows, run: ArchiveRun) -> Estimate:
        if run.state is not RunState.RUNNING:
            return Estimate(None, Basis.NONE)
        pace = await rows.pace(run.run_id, seconds=MEASURED_SECONDS / self.time_scale)
        found = seconds_left(
            pace.left, pace.recent, open_for=pace.open_for, time_scale=self.time_scale
        )
        if found is None:
            return Estimate(None, Basis.NONE)
        seconds, basis = found
        return Estimate(ends_at(uow.now.astimezone(LONDON), seconds, run.hours), basis)

    def _new(self, uow: UnitOfWork, year: str, hours: Hours | None) -> ArchiveRun:
        return ArchiveRun(
            run_id=str(uuid4()),
            academic_year=year,
            state=RunState.RUNNING,
            open=_is_open(RunState.RUNNING, hours, uow.now),
            hours=hours,
            groups=0,
            digest="",
            begun_at=uow.now,
            ended_at=None,
        )


def _is_open(state: RunState, hours: Hours | None, now: datetime) -> bool:
    within = hours is None or now.astimezone(LONDON).time() in hours
    return state is RunState.RUNNING and within
