"""What the calendar does by itself: groups freeze, and at the end of the year are archived."""

from dataclasses import dataclass

import structlog

from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.ports import GroupsOf
from hwb_groups.domain.season import archived_year, frozen_year
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar

ARCHIVED_AT_ONCE = 500

log = structlog.get_logger("hwb_groups.season")


@dataclass(frozen=True)
class Season:
    """A job of the leader. It looks at the state, so it may be run as often as one likes."""

    units_of_work: UnitsOfWork
    groups_of: GroupsOf
    calendar: RolloverCalendar

    async def run_once(self) -> bool:
        """Freeze and archive what is due today; True when there is more to archive."""
        async with self.units_of_work.begin() as uow:
            groups = self.groups_of(uow.session)
            frozen = archived = 0
            if (year := frozen_year(uow.today, self.calendar)) is not None:
                frozen = await groups.freeze(year, now=uow.now)
            if (year := archived_year(uow.today, self.calendar)) is not None:
                due = await groups.due_for_archive(year, limit=ARCHIVED_AT_ONCE)
                archived = len(due)
                if due:
                    ids = [group.group_id for group in due]
                    await groups.wish_archived(ids, now=uow.now)
                    await queue_next(groups, ids, traceparent=None)
            uow.in_hand += frozen + archived
        if frozen or archived:
            log.info("season_moved_on", frozen=frozen, archive_queued=archived)
        return archived == ARCHIVED_AT_ONCE
