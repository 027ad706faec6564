"""Follows hwb.identity.accounts: keeps what groups need, and changes who shall be a member.

Every account change of the nation passes here, so a slice is a handful of set-based statements;
groups are looked at only where a person they list has changed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.ports import GroupsOf
from hwb_groups.domain.group import Group, Wish
from hwb_groups.domain.membership import MemberRole, Person, role_in
from hwb_groups.domain.season import follows_the_mis
from hwb_runtime.clock import civil_date
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import AccountChanged
from hwb_schemas.words import AccountStatus


@dataclass(frozen=True, slots=True)
class _Change:
    """An account before and after; ``after`` is None where it was deleted."""

    before: Person | None
    after: Person | None
    version: int
    role: str
    changed_at: datetime

    @property
    def matters(self) -> bool:
        """Whether a group could look different by it."""
        return self.before != self.after

    @property
    def person_refs(self) -> frozenset[str]:
        before = self.before.person_refs if self.before else frozenset()
        return before | (self.after.person_refs if self.after else frozenset())


@dataclass(frozen=True)
class FollowAccounts:
    """The handler of hwb.identity.accounts."""

    groups_of: GroupsOf
    calendar: RolloverCalendar

    async def __call__(self, events: Sequence[Received[AccountChanged]], uow: UnitOfWork) -> None:
        """Apply one slice; what is not above the version we have is dropped."""
        groups = self.groups_of(uow.session)
        await groups.share_membership()
        changes = await self._newer(events, uow)
        await _store(uow, changes)
        await self._change_members(
            {account_id: change for account_id, change in changes.items() if change.matters},
            uow,
            traceparent=events[-1].traceparent,
        )

    async def _newer(
        self, events: Sequence[Received[AccountChanged]], uow: UnitOfWork
    ) -> dict[str, _Change]:
        rows = await uow.session.fetch(
            """SELECT account_id, version, status, sign_in_name, home_school, other_schools,
                      person_refs
               FROM account WHERE account_id = ANY(%s)""",
            (list({event.key for event in events}),),
        )
        before = {
            row[0]: Person(
                account_id=row[0],
                status=AccountStatus(row[2]),
                sign_in_name=row[3],
                home_school=row[4],
                other_schools=frozenset(row[5]),
                person_refs=frozenset(row[6]),
            )
            for row in rows
        }
        versions: dict[str, int] = {row[0]: row[1] for row in rows}
        changes: dict[str, _Change] = {}
        for event in events:
            change = event.payload
            if change is None:
                versions.pop(event.key, None)
                changes[event.key] = _Change(
                    before=before.get(event.key), after=None, version=0, role="", changed_at=uow.now
                )
            elif change.version > versions.get(event.key, -1):
                versions[event.key] = change.version
                account = change.account
                changes[event.key] = _Change(
                    before=before.get(event.key),
                    after=Person(
                        account_id=event.key,
                        status=account.status,
                        sign_in_name=account.sign_in_name,
                        home_school=account.home_school,
                        other_schools=frozenset(account.other_schools),
                        person_refs=frozenset(account.person_refs),
                    ),
                    version=change.version,
                    role=account.role.value,
                    changed_at=change.changed_at,
                )
        return changes

    async def _change_members(
        self, changes: dict[str, _Change], uow: UnitOfWork, *, traceparent: str | None
    ) -> None:
        by_ref: dict[str, set[str]] = defaultdict(set)
        for account_id, change in changes.items():
            for ref in change.person_refs:
                by_ref[ref].add(account_id)
        groups = self.groups_of(uow.session)
        entries = await groups.following(by_ref) if by_ref else []
        if not entries:
            return
        locked = await groups.groups({entry.group_id for entry in entries})
        present = {group.group_id: group for group in locked if group.wish is Wish.PRESENT}
        listed: dict[tuple[str, str], dict[MemberRole, set[str]]] = defaultdict(
            lambda: {role: set() for role in MemberRole}
        )
        for entry in entries:
            for account_id in by_ref[entry.person_ref]:
                if entry.group_id in present and self._follows(
                    present[entry.group_id], changes[account_id]
                ):
                    listed[entry.group_id, account_id][entry.role].add(entry.person_ref)
        members = await groups.members({group_id for group_id, _ in listed})
        difference = _Difference()
        for (group_id, account_id), refs in listed.items():
            difference.see(
                present[group_id],
                changes[account_id],
                account_id=account_id,
                refs=refs,
                before=members.get(group_id, {}).get(account_id),
            )
        if difference.touched:
            await groups.change_members(put=difference.put, drop=difference.drop)
            await groups.want_rosters(difference.touched, now=uow.now)
            await queue_next(groups, difference.touched, traceparent=traceparent)

    def _follows(self, group: Group, change: _Change) -> bool:
        return follows_the_mis(group.academic_year, civil_date(change.changed_at), self.calendar)


@dataclass
class _Difference:
    """What changes in the members of groups."""

    put: list[tuple[str, str, MemberRole]] = field(default_factory=list)
    drop: list[tuple[str, str]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def see(
        self,
        group: Group,
        change: _Change,
        *,
        account_id: str,
        refs: dict[MemberRole, set[str]],
        before: MemberRole | None,
    ) -> None:
        """Judge one account in one group that lists it under these person_refs."""
        wanted = None
        if change.after is not None:
            wanted = role_in(
                change.after,
                school=group.school,
                teachers=refs[MemberRole.TEACHER],
                learners=refs[MemberRole.LEARNER],
            )
        if wanted is before and (wanted is None or not _renamed(change)):
            return
        self.touched.add(group.group_id)
        if wanted is None:
            self.drop.append((group.group_id, account_id))
        else:
            self.put.append((group.group_id, account_id, wanted))


def _renamed(change: _Change) -> bool:
    before, after = change.before, change.after
    return before is None or after is None or before.sign_in_name != after.sign_in_name


async def _store(uow: UnitOfWork, changes: dict[str, _Change]) -> None:
    gone = [account_id for account_id, change in changes.items() if change.after is None]
    if gone:
        await uow.session.execute("DELETE FROM account WHERE account_id = ANY(%s)", (gone,))
    there = [(change, change.after) for change in changes.values() if change.after is not None]
    if there:
        await uow.session.execute(
            """INSERT INTO account (account_id, role, status, sign_in_name, home_school,
                   other_schools, person_refs, version)
               SELECT account_id, role, status, sign_in_name, home_school,
                   string_to_array(other_schools, ' '), string_to_array(person_refs, ' '), version
               FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                           %s::text[], %s::bigint[])
                   AS new (account_id, role, status, sign_in_name, home_school, other_schools,
                           person_refs, version)
               ON CONFLICT (account_id) DO UPDATE
               SET role = excluded.role, status = excluded.status,
                   sign_in_name = excluded.sign_in_name, home_school = excluded.home_school,
                   other_schools = excluded.other_schools, person_refs = excluded.person_refs,
                   version = excluded.version""",
            (
                [person.account_id for _, person in there],
                [change.role for change, _ in there],
                [person.status.value for _, person in there],
                [person.sign_in_name for _, person in there],
                [person.home_school for _, person in there],
                [" ".join(sorted(person.other_schools)) for _, person in there],
                [" ".join(sorted(person.person_refs)) for _, person in there],
                [change.version for change, _ in there],
            ),
        )
    await _store_person_refs(uow, changes)


async def _store_person_refs(uow: UnitOfWork, changes: dict[str, _Change]) -> None:
    lost: list[tuple[str, str]] = []
    new: list[tuple[str, str]] = []
    for account_id, change in changes.items():
        before = change.before.person_refs if change.before else frozenset[str]()
        after = change.after.person_refs if change.after else frozenset[str]()
        lost.extend((ref, account_id) for ref in before - after)
        new.extend((ref, account_id) for ref in after - before)
    if lost:
        await uow.session.execute(
            """DELETE FROM person p USING unnest(%s::text[], %s::text[]) AS lost (ref, account_id)
               WHERE p.person_ref = lost.ref AND p.account_id = lost.account_id""",
            ([ref for ref, _ in lost], [account_id for _, account_id in lost]),
        )
    if new:
        await uow.session.execute(
            """INSERT INTO person (person_ref, account_id)
               SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING""",
            ([ref for ref, _ in new], [account_id for _, account_id in new]),
        )
