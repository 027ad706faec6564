"""The cases that follow from the calendar: who has not run, whose end-of-year work is not done."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from hwb_mis_ingest.application.cases import SERVICE, case_key
from hwb_mis_ingest.domain.season_guard import rollover_of
from hwb_mis_ingest.domain.standing import Standing, owed
from hwb_runtime.crash import declare_crash_point
from hwb_runtime.database import Session
from hwb_runtime.files import SchoolRegister
from hwb_runtime.notices import Notice, keep_notices
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import School
from hwb_schemas.words import CaseKind

AT_ONCE = 200
BOUNDARY = "season_cases"
declare_crash_point(
    f"{BOUNDARY}_before_commit",
    "cases that follow from the calendar are raised or resolved, not committed",
)
declare_crash_point(
    f"{BOUNDARY}_after_commit",
    "cases that follow from the calendar are raised or resolved and committed",
)


class Standings(Protocol):
    """How far each school is."""

    async def standings(
        self, session: Session, schools: Sequence[str], season: str
    ) -> Mapping[str, Standing]:
        """By number; a school that never ran is there too."""
        ...


class RaiseNotices:
    """The job that keeps those cases as they should be."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        standings: Standings,
        register: SchoolRegister,
        calendar: RolloverCalendar,
        *,
        at_once: int = AT_ONCE,
    ) -> None:
        self._units_of_work = units_of_work
        self._standings = standings
        self._register = register
        self._calendar = calendar
        self._at_once = at_once

    async def __call__(self) -> bool:
        """Raise and resolve; True where more is left for another turn."""
        async with self._units_of_work.bounded(BOUNDARY) as uow:
            wanted = await self._wanted(uow)
            return await keep_notices(uow, wanted, raised_by=SERVICE, at_most=self._at_once)

    async def _wanted(self, uow: UnitOfWork) -> list[Notice]:
        calendar = self._calendar
        if uow.today <= calendar.end_of_year_work_done_by and uow.today < calendar.run_reminder_on:
            return []
        schools = self._register.schools
        standings = await self._standings.standings(
            uow.session, sorted(schools), rollover_of(calendar)
        )
        return [
            self._notice(kind, schools[number], standing)
            for number, standing in standings.items()
            for kind in owed(
                standing,
                today=uow.today,
                calendar=calendar,
                authority=schools[number].authority,
            )
        ]

    def _notice(self, kind: CaseKind, school: School, standing: Standing) -> Notice:
        calendar = self._calendar
        facts = {"school": school.number}
        if standing.last_run is not None:
            facts["last_run"] = standing.last_run.isoformat()
        if kind is CaseKind.END_OF_YEAR_WORK_NOT_DONE and standing.work is not None:
            facts["end_of_year_work_done_by"] = calendar.end_of_year_work_done_by.isoformat()
            facts["learners_below_top"] = str(standing.work.below_top)
            facts["learners_moved_up"] = str(standing.work.moved_up)
            facts["top_year_without_leaving_date"] = str(standing.work.top_still_there)
        else:
            facts["client_managed_by"] = school.client_managed_by.value
            facts["run_week_ends"] = calendar.run_week.closes.isoformat()
        return Notice(
            f"{case_key(kind, school.number)}/{calendar.name}", kind, school.number, facts
        )
