"""What happens by itself: groups freeze by the calendar, and the archive run goes on."""

from dataclasses import dataclass

import structlog

from hwb_groups.application.archive_runs import ArchiveRuns
from hwb_groups.application.ports import GroupsOf
from hwb_groups.domain.season import frozen_year
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar

log = structlog.get_logger("hwb_groups.season")


@dataclass(frozen=True)
class Season:
    """A job of the leader. It looks at the state, so it may be run as often as one likes."""

    units_of_work: UnitsOfWork
    groups_of: GroupsOf
    calendar: RolloverCalendar
    archive_runs: ArchiveRuns

    async def run_once(self) -> bool:
        """Freeze what is due today and carry the archive run on; True when there is more to do."""
        async with self.units_of_work.begin() as uow:
            frozen = 0
            if (year := frozen_year(uow.today, self.calendar)) is not None:
                frozen = await self.groups_of(uow.session).freeze(year, now=uow.now)
            uow.in_hand += frozen
            more = await self.archive_runs.step(uow)
        if frozen:
            log.info("groups_frozen", frozen=frozen)
        return more
