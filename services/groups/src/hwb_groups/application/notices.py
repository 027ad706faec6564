"""The case of a school whose groups are to be archived while some have no owner any more.

From the freeze on nobody becomes an owner through the MIS: what may still change is whether those
who were listed are at the school. It is over when each has one again, or is being archived, which
gives it the technical owner first.
"""

from dataclasses import dataclass

from hwb_groups.application.archive_runs import RowsOf
from hwb_groups.domain.season import frozen_year
from hwb_runtime.crash import declare_crash_point
from hwb_runtime.notices import Notice, keep_notices
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import CaseKind

AT_ONCE = 200
KIND = CaseKind.ARCHIVE_WITHOUT_OWNER
BOUNDARY = "owner_cases"
declare_crash_point(
    f"{BOUNDARY}_before_commit",
    "cases of groups without an owner are raised or resolved, not committed",
)
declare_crash_point(
    f"{BOUNDARY}_after_commit",
    "cases of groups without an owner are raised or resolved and committed",
)


@dataclass(frozen=True)
class RaiseNotices:
    """A job of the leader: it keeps one such case a school and academic year."""

    units_of_work: UnitsOfWork
    rows_of: RowsOf
    calendar: RolloverCalendar
    at_once: int = AT_ONCE

    async def run_once(self) -> bool:
        """Raise and resolve; True where more is left for another turn."""
        async with self.units_of_work.bounded(BOUNDARY) as uow:
            wanted = await self._wanted(uow)
            return await keep_notices(uow, wanted, raised_by="groups", at_most=self.at_once)

    async def _wanted(self, uow: UnitOfWork) -> list[Notice]:
        year = frozen_year(uow.today, self.calendar)
        if year is None:
            return []
        by_school = await self.rows_of(uow.session).without_owner_by_school(year)
        return [
            Notice(
                f"groups/{KIND.value}/{school}/{year}",
                KIND,
                school,
                {
                    "school": school,
                    "academic_year": year,
                    "groups": str(groups),
                    "archived_from": self.calendar.academic_year_ends.isoformat(),
                },
            )
            for school, groups in by_school.items()
        ]
