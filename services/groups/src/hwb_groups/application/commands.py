"""What people ask for: create a Team or Classroom from a class, restore an archived one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from hwb_groups.application.classes import apply_rosters
from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.outcomes import resolve_case
from hwb_groups.application.ports import ClassRow, Groups, GroupsOf, RosterEntry
from hwb_groups.domain.group import (
    Action,
    Group,
    GroupState,
    Lane,
    Wish,
    group_id_of,
    may_be_restored,
)
from hwb_groups.domain.membership import MemberRole
from hwb_groups.domain.restore_estimate import LINE_SECONDS, place_of, seconds_until_done
from hwb_groups.domain.season import too_early_for, too_late_for
from hwb_groups.errors import (
    ClassUnknownError,
    ClassWithdrawnError,
    GroupUnknownError,
    NotArchivedError,
    TooEarlyError,
    YearOverError,
)
from hwb_runtime.database import Session
from hwb_runtime.tracing import next_traceparent
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import Provider

Check = Callable[[str, str], Awaitable[None]]
"""Raises where the caller may not, by school and class key."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """Where a restore stands; ``place`` 0 means that it is done."""

    group: Group
    place: int
    estimate_seconds: int


@dataclass(frozen=True)
class Commands:
    """The use cases that change a group's wish."""

    groups_of: GroupsOf
    calendar: RolloverCalendar
    time_scale: float

    async def create(
        self,
        uow: UnitOfWork,
        *,
        class_key: str,
        provider: Provider,
        asked_by: str,
        check: Check,
    ) -> Group:
        """A class's Team or Classroom: a new one, or the one that it has.

        ``check`` raises where the caller may not. The locks are taken in the order of the class
        handler: class, membership, group.
        """
        groups = self.groups_of(uow.session)
        wanted = await groups.class_for_update(class_key)
        if wanted is None:
            raise ClassUnknownError(class_key)
        await check(wanted.school, class_key)
        known = await groups.group(group_id_of(class_key, provider))
        if known is not None:
            return await self._asked_again(uow, groups, known)
        if too_early_for(wanted.academic_year, uow.today, self.calendar):
            raise TooEarlyError(wanted.academic_year, self.calendar.new_groups_from)
        if too_late_for(wanted.academic_year, uow.today, self.calendar):
            raise YearOverError(wanted.academic_year)
        if not wanted.current:
            raise ClassWithdrawnError(class_key)
        await groups.lock_membership()
        group = Group(
            group_id=group_id_of(class_key, provider),
            provider=provider,
            provider_id=None,
            class_key=class_key,
            school=wanted.school,
            academic_year=wanted.academic_year,
            class_code=wanted.class_code,
            title=wanted.title,
            state=GroupState.CREATING,
            wish=Wish.PRESENT,
            generation=1,
            linked=True,
            roster_wanted=1,
            roster_done=0,
        )
        await groups.insert_group(group, asked_by=asked_by, now=uow.now)
        await apply_rosters(groups, [group], {group.group_id: _roster(group, wanted)})
        await queue_next(groups, [group.group_id], traceparent=next_traceparent())
        return group

    async def _asked_again(self, uow: UnitOfWork, groups: Groups, known: Group) -> Group:
        """The group that is there; a creation that failed for good is tried once more."""
        if known.parked is not Action.CREATE:
            return known
        resolve_case(uow, known)
        again = replace(known, parked=None, reason=None)
        await groups.update_group(again, now=uow.now)
        await queue_next(groups, [known.group_id], traceparent=next_traceparent())
        return again

    async def restore(self, uow: UnitOfWork, *, group_id: str, check: Check) -> Restoring:
        """Bring an archived group back; an archive that has not begun is cancelled."""
        groups = self.groups_of(uow.session)
        group = await groups.group(group_id)
        if group is None:
            raise GroupUnknownError(group_id)
        await check(group.school, group.class_key)
        if not may_be_restored(group):
            raise NotArchivedError(group_id)
        if group.state is GroupState.RESTORED:
            return Restoring(group=group, place=0, estimate_seconds=0)
        if group.wish is not Wish.RESTORED or group.parked is not None:
            if group.parked is not None:
                resolve_case(uow, group)
            group = replace(
                group,
                wish=Wish.RESTORED,
                generation=group.generation + 1,
                state=GroupState.RESTORING,
                parked=None,
                reason=None,
            )
            await groups.update_group(group, now=uow.now)
            await groups.cancel_unasked(group_id, {Action.ARCHIVE, Action.ROSTER})
            await groups.hurry(group_id, Lane.RESTORE_POLL)
            await queue_next(groups, [group_id], traceparent=next_traceparent())
        return await self._standing(groups, group)

    async def restoring(self, session: Session, group: Group) -> Restoring | None:
        """Where the restore of a group stands; None where nobody asked for one, or it failed."""
        if group.wish is not Wish.RESTORED or group.parked is not None:
            return None
        if group.state is GroupState.RESTORED:
            return Restoring(group=group, place=0, estimate_seconds=0)
        return await self._standing(self.groups_of(session), group)

    async def _standing(self, groups: Groups, group: Group) -> Restoring:
        standing = await groups.standing(group, line_seconds=LINE_SECONDS / self.time_scale)
        seconds = seconds_until_done(group.provider, standing, time_scale=self.time_scale)
        return Restoring(
            group=group, place=place_of(standing), estimate_seconds=max(1, round(seconds))
        )


def _roster(group: Group, listed: ClassRow) -> list[RosterEntry]:
    return [
        *(RosterEntry(group.group_id, ref, MemberRole.TEACHER) for ref in set(listed.teachers)),
        *(RosterEntry(group.group_id, ref, MemberRole.LEARNER) for ref in set(listed.members)),
    ]
