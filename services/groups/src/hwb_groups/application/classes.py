"""Follows hwb.mis.classes: keeps every class, and lets the groups made from them follow it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.ports import Groups, GroupsOf, RosterEntry
from hwb_groups.domain.group import Group, Wish
from hwb_groups.domain.membership import MemberRole, members_of
from hwb_groups.domain.season import class_is_kept, follows_the_mis
from hwb_runtime.clock import civil_date
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import ClassChanged
from hwb_schemas.words import ClassState


@dataclass(frozen=True)
class FollowClasses:
    """The handler of hwb.mis.classes."""

    groups_of: GroupsOf
    calendar: RolloverCalendar

    async def __call__(self, events: Sequence[Received[ClassChanged]], uow: UnitOfWork) -> None:
        """Apply one slice; what is not above the run_seq we have of a class is dropped."""
        latest = self._latest(events)
        changed = await _store(uow, latest)
        groups = self.groups_of(uow.session)
        follow = {
            key: latest[key]
            for key in changed
            if latest[key].state is not ClassState.WITHDRAWN
            and follows_the_mis(
                latest[key].academic_year, civil_date(latest[key].received_at), self.calendar
            )
        }
        if not follow:
            return
        there = await uow.session.fetch(
            "SELECT class_key FROM class_group WHERE class_key = ANY(%s) AND wish = 'present'",
            (list(follow),),
        )
        if not there:
            return
        await groups.lock_membership()
        present = [
            group
            for group in await groups.groups_of_classes({row[0] for row in there})
            if group.wish is Wish.PRESENT
        ]
        rosters = {group.group_id: roster_of(group, follow[group.class_key]) for group in present}
        touched = await apply_rosters(groups, present, rosters)
        if touched:
            await groups.want_rosters(touched, now=uow.now)
            await queue_next(groups, touched, traceparent=events[-1].traceparent)

    def _latest(self, events: Sequence[Received[ClassChanged]]) -> dict[str, ClassChanged]:
        latest: dict[str, ClassChanged] = {}
        for event in events:
            change = event.payload
            if change is None:
                continue  # a class is never forgotten: its last year is asked for a year later
            received = civil_date(change.received_at)
            if class_is_kept(change.academic_year, received, self.calendar):
                continue
            known = latest.get(change.class_key)
            if known is None or change.run_seq > known.run_seq:
                latest[change.class_key] = change
        return latest


def roster_of(group: Group, listed: ClassChanged) -> list[RosterEntry]:
    """A group's roster as its class has it."""
    return [
        *(RosterEntry(group.group_id, ref, MemberRole.TEACHER) for ref in set(listed.teachers)),
        *(RosterEntry(group.group_id, ref, MemberRole.LEARNER) for ref in set(listed.members)),
    ]


async def apply_rosters(
    groups: Groups, present: Sequence[Group], rosters: dict[str, list[RosterEntry]]
) -> set[str]:
    """Give these groups these rosters; gives the ids of those whose members change by it."""
    await groups.replace_rosters(
        rosters, [entry for entries in rosters.values() for entry in entries]
    )
    people = await groups.people_of({e.person_ref for entries in rosters.values() for e in entries})
    by_ref = {ref: [p for p in people if ref in p.person_refs] for ref in _refs(rosters)}
    before = await groups.members(rosters)
    put: list[tuple[str, str, MemberRole]] = []
    drop: list[tuple[str, str]] = []
    for group in present:
        entries = rosters[group.group_id]
        teachers = {e.person_ref for e in entries if e.role is MemberRole.TEACHER}
        learners = {e.person_ref for e in entries if e.role is MemberRole.LEARNER}
        listed = {p.account_id: p for e in entries for p in by_ref[e.person_ref]}
        wanted = members_of(
            listed.values(), school=group.school, teachers=teachers, learners=learners
        )
        known = before.get(group.group_id, {})
        put.extend(
            (group.group_id, account_id, role)
            for account_id, role in wanted.items()
            if known.get(account_id) is not role
        )
        drop.extend((group.group_id, account_id) for account_id in known.keys() - wanted.keys())
    await groups.change_members(put=put, drop=drop)
    return {row[0] for row in put} | {row[0] for row in drop}


def _refs(rosters: dict[str, list[RosterEntry]]) -> set[str]:
    return {entry.person_ref for entries in rosters.values() for entry in entries}


async def _store(uow: UnitOfWork, latest: dict[str, ClassChanged]) -> list[str]:
    """Upsert; gives the keys of the classes that changed.

    A class that is withdrawn keeps its people: they are asked for a year later.
    """
    if not latest:
        return []
    rows = sorted(latest.values(), key=lambda change: change.class_key)
    touched = await uow.session.fetch(
        """INSERT INTO class (class_key, school, academic_year, class_code, title, year_group,
               state, teachers, members, run_seq)
           SELECT class_key, school, academic_year, class_code, title, year_group, state,
               string_to_array(teachers, ' '), string_to_array(members, ' '), run_seq
           FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                       %s::text[], %s::text[], %s::text[], %s::bigint[])
               AS new (class_key, school, academic_year, class_code, title, year_group, state,
                       teachers, members, run_seq)
           ON CONFLICT (class_key) DO UPDATE
           SET title = excluded.title, year_group = excluded.year_group, state = excluded.state,
               run_seq = excluded.run_seq,
               teachers = CASE WHEN excluded.state = 'withdrawn' THEN class.teachers
                               ELSE excluded.teachers END,
               members = CASE WHEN excluded.state = 'withdrawn' THEN class.members
                              ELSE excluded.members END
           WHERE excluded.run_seq > class.run_seq
           RETURNING class_key""",
        (
            [change.class_key for change in rows],
            [change.school for change in rows],
            [change.academic_year for change in rows],
            [change.class_code for change in rows],
            [change.title for change in rows],
            [change.year_group for change in rows],
            [change.state.value for change in rows],
            [" ".join(change.teachers) for change in rows],
            [" ".join(change.members) for change in rows],
            [change.run_seq for change in rows],
        ),
    )
    return [row[0] for row in touched]
