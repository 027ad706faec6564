"""A person as identity knows one: keys, every school's enrolment, decisions, and the account.

``evaluated`` is the one way in which an account changes, whatever caused it: an event, a day that
came, a decision by hand, a reconciliation. Evaluating without a difference changes nothing. The
values are named tuples: several are made for every event of the nation, and a frozen dataclass
takes four times as long to make.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from hwb_identity.domain.enrolment import DIAGNOSIS_ONLY, Enrolment, days_to_come, is_on_roll
from hwb_identity.domain.home import MADE_BY_HAND, Decision, Standing, hold_ends, standing_of
from hwb_identity.domain.retention import Retention, announcement_due, retention_after
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import (
    AccountChange,
    AccountRole,
    AccountStatus,
    CaseChange,
    EnrolmentStatus,
    RecordState,
)

SELDOM = (*DIAGNOSIS_ONLY, RecordState.WITHDRAWN)
"""States in which a word may be for diagnosis only."""


class Account(NamedTuple):
    """What of an account the rules never change once it is made, and its version.

    ``sign_in_name`` is empty until a free one has been taken.
    """

    account_id: str
    role: AccountRole
    sign_in_name: str
    display_name: str
    version: int


class Waiting(NamedTuple):
    """A school that claims a learner whom another still claims, and since when.

    ``contested`` where a case is open that more claim the learner than one move explains.
    """

    school: str
    since: date
    case_raised: bool
    contested: bool = False


class Person(NamedTuple):
    """One person. ``key`` names the row that holds the person, ``keys`` all keys in use."""

    key: str
    role: AccountRole
    keys: tuple[str, ...]
    enrolments: tuple[Enrolment, ...] = ()
    decisions: tuple[Decision, ...] = ()
    account: Account | None = None
    standing: Standing | None = None
    waiting: tuple[Waiting, ...] = ()
    next_due: date | None = None
    retention: Retention | None = None


@dataclass(frozen=True, slots=True)
class PendingCase:
    """A case about a school that has waited too long, raised or resolved."""

    change: CaseChange
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class ContestedCase:
    """A case about a learner whom more schools claim than one move explains.

    ``schools`` are all that claim, the home first; where it is resolved, those that did.
    """

    change: CaseChange
    schools: tuple[str, ...]
    since: date


PersonCase = PendingCase | ContestedCase


class Evaluation(NamedTuple):
    """A person after the rules were asked; ``change`` is None where no subscriber sees any."""

    person: Person
    change: AccountChange | None
    cases: tuple[PersonCase, ...] = ()


def person_new(key: str, role: AccountRole) -> Person:
    """A person of whom nothing is known but a key."""
    return Person(key, role, (key,))


def enrolment_at(person: Person, school: str, key: str) -> Enrolment | None:
    """What a school last said of this person under this key."""
    for enrolment in person.enrolments:
        if enrolment.school == school and enrolment.key == key:
            return enrolment
    return None


def is_for_diagnosis_only(person: Person | None, said: Enrolment) -> bool:
    """Whether a word changes nothing: its row was kept back, or it only takes such a word back.

    Somebody withdrawn of whom the school never said anything was known by a kept-back row alone.
    """
    if said.state is not RecordState.WITHDRAWN:
        return said.state in DIAGNOSIS_ONLY
    return person is None or enrolment_at(person, said.school, said.key) is None


def with_word(person: Person, said: Enrolment) -> Person | None:
    """The person with a school's new word; None where that word, or a later one, is known.

    A former UPN that was stated stays stated, because many exports name it only once: what is
    believed must not depend on who spoke first.
    """
    before = enrolment_at(person, said.school, said.key)
    if before is not None and before.former_key is not None and said.former_key is None:
        said = said._replace(former_key=before.former_key)
    if before is None:
        enrolments = (*person.enrolments, said)
    elif said.run_seq <= before.run_seq:
        return None
    elif len(person.enrolments) == 1:
        enrolments = (said,)
    else:
        enrolments = tuple(
            said if enrolment is before else enrolment for enrolment in person.enrolments
        )
    return Person(
        person.key,
        person.role,
        person.keys,
        enrolments,
        person.decisions,
        person.account,
        person.standing,
        person.waiting,
        person.next_due,
        person.retention,
    )


def begins_anew(person: Person, said: Enrolment) -> bool:
    """Whether a staff code is now another person's: it starts after the last one's leaving date."""
    before = enrolment_at(person, said.school, said.key)
    if person.role is not AccountRole.STAFF or before is None or said.begins is None:
        return False
    if said.run_seq <= before.run_seq:
        return False
    left = before.leaving
    if left is None and said.begins != before.begins:
        left = said.predecessor_left
    return left is not None and said.begins > left


def predecessor(person: Person, said: Enrolment) -> Person:
    """Who had the staff code before: without the key, and with the leaving date now known."""
    before = enrolment_at(person, said.school, said.key)
    enrolments = tuple(
        enrolment._replace(leaving=enrolment.leaving or said.predecessor_left)
        if enrolment is before
        else enrolment
        for enrolment in person.enrolments
    )
    keys = tuple(key for key in person.keys if key != said.key)
    name = person.key
    if person.key == said.key and person.account is not None:
        name = f"{said.key}#{person.account.account_id}"
    return person._replace(key=name, keys=keys, enrolments=enrolments)


def evaluated(
    person: Person,
    *,
    was: Person | None,
    calendar: RolloverCalendar,
    today: date,
    new_account_id: Callable[[], str],
) -> Evaluation:
    """Ask the rules. ``was`` is the person before, None where nothing was known."""
    present = person.standing
    standing = standing_of(
        person.role,
        enrolments=person.enrolments,
        decisions=person.decisions,
        present=present,
        calendar=calendar,
        today=today,
    )
    waiting, cases = _waiting(person, standing, calendar, today)
    change = change_between(present, standing)
    if change is None and standing is not None and was is not None and was.keys != person.keys:
        change = AccountChange.UPDATED
    retention = None
    if standing is not None and standing.home is None:
        retention = retention_after(person.retention, standing, person.enrolments, calendar, today)
        if change is None and _deletes_on(retention) != _deletes_on(person.retention):
            change = AccountChange.UPDATED
    account = person.account
    if standing is not None and account is None:
        account = _account_made(person, standing, new_account_id())
    elif change is not None and account is not None:
        account = Account(
            account.account_id,
            account.role,
            account.sign_in_name,
            account.display_name,
            account.version + 1,
        )
    after = Person(
        person.key,
        person.role,
        person.keys,
        person.enrolments,
        person.decisions,
        account,
        standing,
        waiting,
        _end_date(person, today)
        if person.role in MADE_BY_HAND
        else _next_due(person.enrolments, waiting, standing, retention, calendar, today),
        retention,
    )
    return Evaluation(after, change, cases)


def change_between(before: Standing | None, after: Standing | None) -> AccountChange | None:
    """The verb of the event that tells subscribers of this difference, None where there is none."""
    if after is None or before == after:
        return None
    if before is None:
        return AccountChange.CREATED
    if after.home != before.home:
        return _move(before, after)
    return _difference_at_home(before, after)


def _difference_at_home(before: Standing, after: Standing) -> AccountChange | None:
    if after.status is not before.status:
        on = after.status is AccountStatus.ACTIVE
        return AccountChange.REACTIVATED if on else AccountChange.DEACTIVATED
    if after.year_group != before.year_group:
        return AccountChange.ROLLED_OVER
    if after.classes != before.classes or after.other_schools != before.other_schools:
        return AccountChange.UPDATED
    return None


def _move(before: Standing, after: Standing) -> AccountChange:
    if after.home is None:
        return AccountChange.RELEASED
    if before.home is None and after.home == before.released_from:
        return AccountChange.REACTIVATED
    return AccountChange.MATCHED


def _account_made(person: Person, standing: Standing, account_id: str) -> Account:
    """A new account, named as the home's record names the person; later name changes are not."""
    named = max(
        (enrolment for enrolment in person.enrolments if enrolment.school == standing.home),
        key=lambda enrolment: enrolment.run_seq,
    )
    return Account(account_id, person.role, "", f"{named.forename} {named.surname}".strip(), 1)


def _waiting(
    person: Person, standing: Standing | None, calendar: RolloverCalendar, today: date
) -> tuple[tuple[Waiting, ...], tuple[PersonCase, ...]]:
    """Who waits now and since when, and the cases that this raises and resolves."""
    before = person.waiting
    pending = standing.pending if standing else ()
    if not before and not pending:
        return (), ()
    known = {waiting.school: waiting for waiting in before}
    limit = timedelta(days=calendar.pending_case_after_days)
    now: list[Waiting] = []
    cases: list[PersonCase] = []
    for school in pending:
        waiting = known.pop(school, None) or Waiting(school, today, case_raised=False)
        if not waiting.case_raised and waiting.since + limit <= today:
            waiting = waiting._replace(case_raised=True)
            cases.append(PendingCase(CaseChange.RAISED, waiting))
        now.append(waiting)
    cases += [PendingCase(CaseChange.RESOLVED, gone) for gone in known.values() if gone.case_raised]
    contest = _contest(before, tuple(now), standing, person.enrolments, calendar, today)
    if contest is not None:
        cases.append(contest)
    is_open = contest is None and any(one.contested for one in before)
    if is_open or (contest is not None and contest.change is CaseChange.RAISED):
        return tuple(one._replace(contested=True) for one in now), tuple(cases)
    return tuple(one._replace(contested=False) for one in now), tuple(cases)


def _contest(
    before: tuple[Waiting, ...],
    now: tuple[Waiting, ...],
    standing: Standing | None,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> ContestedCase | None:
    """The case that this contest raises or resolves, if it does either."""
    was_open = any(one.contested for one in before)
    since = contested_since(now, standing, enrolments, calendar, today)
    if was_open and since is None:
        schools = tuple(one.school for one in before)
        return ContestedCase(CaseChange.RESOLVED, schools, min(one.since for one in before))
    if was_open or since is None or standing is None or standing.home is None:
        return None
    if since + timedelta(days=calendar.contested_case_after_days) > today:
        return None
    schools = (standing.home, *(one.school for one in now))
    return ContestedCase(CaseChange.RAISED, schools, since)


def contested_since(
    waiting: tuple[Waiting, ...],
    standing: Standing | None,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> date | None:
    """Since when more schools claim a learner than one move explains, None where none do.

    One school that waits for the home is a move under way. Two that wait are not, nor is one that
    says M while the home says M: each then calls itself the main one of a learner at two schools.
    """
    if standing is None or not waiting:
        return None
    if len(waiting) > 1:
        return sorted(one.since for one in waiting)[1]
    mains = {
        enrolment.school
        for enrolment in enrolments
        if enrolment.status is EnrolmentStatus.MAIN and is_on_roll(enrolment, calendar, today)
    }
    return waiting[0].since if {standing.home, waiting[0].school} <= mains else None


def _end_date(person: Person, today: date) -> date | None:
    """When an account made by hand ends; no window moves that day."""
    ends_on = person.enrolments[-1].leaving
    return ends_on if ends_on is not None and ends_on > today else None


def _next_due(
    enrolments: tuple[Enrolment, ...],
    waiting: tuple[Waiting, ...],
    standing: Standing | None,
    retention: Retention | None,
    calendar: RolloverCalendar,
    today: date,
) -> date | None:
    """The next day on which something changes by itself."""
    days = []
    if waiting:
        limit = timedelta(days=calendar.pending_case_after_days)
        days += [one.since + limit for one in waiting if not one.case_raised]
        since = contested_since(waiting, standing, enrolments, calendar, today)
        if since is not None and not any(one.contested for one in waiting):
            days.append(since + timedelta(days=calendar.contested_case_after_days))
    if retention is not None and standing is not None:
        for day in (
            hold_ends(standing, calendar),
            announcement_due(retention, standing, enrolments, calendar, today),
        ):
            if day is not None:
                days.append(day)
    coming = days_to_come(enrolments, calendar, today)
    if coming is not None:
        days.append(coming)
    return min(days, default=None)


def _deletes_on(retention: Retention | None) -> date | None:
    return retention.deletes_on if retention is not None else None
