"""Who is a member: those whom the MIS lists, while active and listed at the class's school."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from hwb_schemas.words import AccountStatus


class MemberRole(StrEnum):
    """What somebody is in a class."""

    TEACHER = "teacher"
    LEARNER = "learner"


@dataclass(frozen=True, slots=True)
class Person:
    """As much of an account as groups need."""

    account_id: str
    status: AccountStatus
    sign_in_name: str
    home_school: str | None
    other_schools: frozenset[str]
    person_refs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at the provider, by sign-in name. ``membership`` is the provider's own id of it."""

    sign_in_name: str
    role: MemberRole
    membership: str = ""


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What makes the provider's members those that are wanted."""

    add: tuple[Seat, ...]
    remove: tuple[Seat, ...]

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


def counts_at(person: Person, school: str) -> bool:
    """A member counts only while active and listed at the class's school."""
    listed = person.home_school == school or school in person.other_schools
    return listed and person.status is AccountStatus.ACTIVE


def role_in(
    person: Person, *, school: str, teachers: Collection[str], learners: Collection[str]
) -> MemberRole | None:
    """What this person is in a class with these person_refs; None for no member.

    Somebody listed as both is a teacher.
    """
    if not counts_at(person, school):
        return None
    if not person.person_refs.isdisjoint(teachers):
        return MemberRole.TEACHER
    if not person.person_refs.isdisjoint(learners):
        return MemberRole.LEARNER
    return None


def members_of(
    people: Iterable[Person], *, school: str, teachers: Collection[str], learners: Collection[str]
) -> dict[str, MemberRole]:
    """The members by account id."""
    found = {
        person.account_id: role_in(person, school=school, teachers=teachers, learners=learners)
        for person in people
    }
    return {account_id: role for account_id, role in found.items() if role is not None}


def still_members(
    kept: Mapping[str, MemberRole], people: Iterable[Person], *, school: str
) -> dict[str, MemberRole]:
    """Of the members kept at archiving, those who come back with a restore."""
    here = {person.account_id for person in people if counts_at(person, school)}
    return {account_id: role for account_id, role in kept.items() if account_id in here}


def roster_change(
    wanted: Mapping[str, MemberRole], present: Iterable[Seat], *, technical_owner: str
) -> RosterChange:
    """What to add and remove; ``wanted`` is by sign-in name, compared without regard to case.

    The technical owner is always a teacher, so that a group never lacks one. Somebody whose role
    is another one is removed and added anew.
    """
    wanted_names = {name.lower(): (name, role) for name, role in wanted.items()}
    wanted_names[technical_owner.lower()] = (technical_owner, MemberRole.TEACHER)
    there = {seat.sign_in_name.lower(): seat for seat in present}
    add = [
        Seat(sign_in_name=name, role=role)
        for key, (name, role) in sorted(wanted_names.items())
        if key not in there or there[key].role is not role
    ]
    remove = [
        seat
        for key, seat in sorted(there.items())
        if key not in wanted_names or wanted_names[key][1] is not seat.role
    ]
    teachers_first = sorted(add, key=lambda seat: seat.role is not MemberRole.TEACHER)
    return RosterChange(add=tuple(teachers_first), remove=tuple(remove))
