"""Everybody whom a set of words is about, and what the words make of them: whose word it is first.

Most words are about the one person of their key. This is also where a former UPN joins two keys, a
staff code goes to another person, and words that are known already are dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from hwb_identity.domain.doubt import Doubt, DoubtKind, Withdrawn, may_be_same, may_be_successor
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.former_upn import are_one_learner, joined, with_key, without_key
from hwb_identity.domain.home import Decision, DecisionKind
from hwb_identity.domain.person import (
    SELDOM,
    Evaluation,
    Person,
    begins_anew,
    enrolment_at,
    evaluated,
    is_for_diagnosis_only,
    person_new,
    predecessor,
    with_word,
)
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import AccountChange, AccountRole


class Taken(NamedTuple):
    """What a word did. ``leaves_pending``: its school now waits for the learner."""

    evaluations: tuple[Evaluation, ...]
    leaves_pending: bool
    doubt: Doubt | None = None


class People:
    """Persons by the key of their row, and which row holds the person of each key."""

    def __init__(
        self,
        persons: Iterable[Person],
        holders: Mapping[str, str],
        *,
        calendar: RolloverCalendar,
        today: date,
        new_account_id: Callable[[], str],
    ) -> None:
        self.stored: dict[str, Person] = {person.key: person for person in persons}
        """Persons as they were when they were locked."""
        self.now: dict[str, Person] = dict(self.stored)
        """Persons as they are now."""
        self.stored_holders = holders
        self.holders: dict[str, str] = dict(holders)
        """Key to key of the row, links included."""
        self.renamed: dict[str, str] = {}
        """Stored rows that go on under another key."""
        self.withdrawn: dict[tuple[str, str], Withdrawn] = {}
        """Former UPNs that no school states any more, by UPN and former UPN."""
        self._calendar = calendar
        self._today = today
        self._new_account_id = new_account_id

    def person_of(self, key: str) -> Person | None:
        """The person known under this key."""
        row = self.holders.get(key)
        return self.now.get(row) if row is not None else None

    def take(self, said: Enrolment, role: AccountRole) -> Taken | None:
        """Apply a school's word; None where it, or a later one, was applied before.

        None as well where it is for diagnosis only.
        """
        person = self.person_of(said.key)
        known = None if person is None else enrolment_at(person, said.school, said.key)
        if (known is not None and said.run_seq <= known.run_seq) or (
            said.state in SELDOM and is_for_diagnosis_only(person, said)
        ):
            return None
        before: list[Evaluation] = []
        doubt = None
        if person is None:
            person = person_new(said.key, role)
        elif person.key != said.key and self._is_foreign(person, said):
            doubt = _merge(said, said.key, person.key)._replace(
                other_account_id=_account_id(person)
            )
            before.append(self._keep(without_key(person, said.key), was=person))
            person = person_new(said.key, role)
        elif role is AccountRole.STAFF and known is not None:
            doubt = _staff_code(person, known, said)
            if begins_anew(person, said):
                before += self._succeed(person, said)
                person = person_new(said.key, role)
        was = person
        if said.former_key is not None and role is AccountRole.LEARNER:
            was, person, merge = self._with_former(person, said, said.former_key)
            doubt = merge or doubt
        if known is not None and known.former_key is not None:
            self._look_whether_withdrawn(person, known, said)
        heard = with_word(person, said)
        if heard is None:
            return None
        last = self._keep(heard, was=was)
        if doubt is not None:
            doubt = doubt._replace(account_id=_account_id(last.person))
        standing = last.person.standing
        pending = standing is not None and said.school in standing.pending
        return Taken((*before, last), pending, doubt)

    def evaluate_again(self, key: str) -> Evaluation:
        """Ask the rules again for a person of whom nothing new was heard."""
        person = self.now[key]
        return self._keep(person, was=person)

    def raise_version(self, key: str, version: int) -> Evaluation:
        """The same account under a higher version, for subscribers who hold another content."""
        person = self.now[key]
        if person.account is None:
            raise AssertionError("only an account has a version")
        raised = person._replace(account=person.account._replace(version=version))
        self.now[key] = raised
        return Evaluation(raised, AccountChange.UPDATED)

    def rename(
        self, key: str, decision: Decision, *, display_name: str, sign_in_name: str
    ) -> Evaluation:
        """The same account under other names, because a person decided so."""
        person = self.now[key]
        if person.account is None:
            raise AssertionError("only an account has a name")
        account = person.account._replace(
            display_name=display_name,
            sign_in_name=sign_in_name,
            version=person.account.version + 1,
        )
        renamed = person._replace(account=account, decisions=(*person.decisions, decision))
        self.now[key] = renamed
        return Evaluation(renamed, AccountChange.UPDATED)

    def put(self, person: Person) -> Evaluation:
        """A person whose record a command made or changed."""
        return self._keep(person, was=self.now.get(person.key, person))

    def decide(self, key: str, decision: Decision) -> Evaluation:
        """Add what a person decided by hand."""
        person = self.now[key]
        decided = person._replace(decisions=(*person.decisions, decision))
        return self._keep(decided, was=person)

    def merge(self, *, kept: str, absorbed: str, decision: Decision) -> list[Evaluation]:
        """Give one person's account all that is known of another, whose own account is closed.

        Both are rows. ``decision`` says who decided that the two are one person, and why.
        """
        was, other = self.now[kept], self.now[absorbed]
        one = joined(was, other)
        closed = self._closed(other, replace(decision, other=_account_id(was)))
        decision = replace(decision, other=_account_id(other))
        after = self._keep(one._replace(decisions=(*was.decisions, decision)), was=was)
        return [*closed, after]

    def split(self, key: str) -> list[Evaluation]:
        """Let the staff code go to another person, because people say so, not the records.

        Whoever had it left on the day before the record starts.
        """
        person = self.person_of(key)
        said = next((one for one in person.enrolments if one.key == key), None) if person else None
        if person is None or said is None:
            return []
        left = said.begins - timedelta(days=1) if said.begins is not None else self._today
        before = self._succeed(person, said._replace(predecessor_left=left))
        new = person_new(key, person.role)._replace(enrolments=(said,))
        return [*before, self._keep(new, was=new)]

    def _closed(self, person: Person, decision: Decision) -> list[Evaluation]:
        """Close an account whose keys and enrolments another has now."""
        del self.now[person.key]
        if person.account is None:
            return []
        alone = person._replace(
            key=f"{person.key}#{person.account.account_id}",
            keys=(),
            enrolments=(),
            decisions=(*person.decisions, decision),
        )
        if person.key in self.stored:
            self.renamed[person.key] = alone.key
        return [self._keep(alone, was=person)._replace(change=AccountChange.DEACTIVATED)]

    def _keep(self, person: Person, *, was: Person) -> Evaluation:
        evaluation = evaluated(
            person,
            was=was,
            calendar=self._calendar,
            today=self._today,
            new_account_id=self._new_account_id,
        )
        after = evaluation.person
        self.now[after.key] = after
        for key in after.keys:
            self.holders[key] = after.key
        return evaluation

    @staticmethod
    def _is_foreign(person: Person, said: Enrolment) -> bool:
        """Whether a key that was only stated as a former one turns out to be somebody else's."""
        if any(one.kind is DecisionKind.MERGED for one in person.decisions):
            return False
        others = tuple(one for one in person.enrolments if one.key != said.key)
        heard_before = len(others) < len(person.enrolments)
        return not heard_before and not are_one_learner((said,), others)

    def _succeed(self, person: Person, said: Enrolment) -> list[Evaluation]:
        """Let the staff code go to another person; who had it keeps the account without it."""
        former = predecessor(person, said)
        if former.account is None:
            del self.now[person.key]
            return []
        if former.key != person.key:
            del self.now[person.key]
            if person.key in self.stored:
                self.renamed[person.key] = former.key
        self.holders.pop(said.key, None)
        return [self._keep(former, was=person)]

    def _look_whether_withdrawn(self, person: Person, known: Enrolment, said: Enrolment) -> None:
        """Note that a school no longer states a former UPN that was not believed, nor another."""
        former_key = known.former_key
        if former_key is None or former_key in person.keys:
            return
        if said.former_key == former_key:
            self.withdrawn.pop((said.key, former_key), None)
        elif all(one is known or one.former_key != former_key for one in person.enrolments):
            self.withdrawn[said.key, former_key] = Withdrawn(person.keys, former_key)

    def _with_former(
        self, person: Person, said: Enrolment, former_key: str
    ) -> tuple[Person, Person, Doubt | None]:
        """The person before and after a stated former UPN was looked at, and any doubt."""
        former = self.person_of(former_key)
        if former is None:
            return person, with_key(person, former_key), None
        if former.key == person.key:
            return person, person, None
        known = enrolment_at(person, said.school, said.key)
        if known is not None and known.former_key == former_key:
            return person, person, None
        under_former = tuple(one for one in former.enrolments if one.key == former_key)
        believed = are_one_learner(under_former or former.enrolments, (*person.enrolments, said))
        if not believed or (person.account is not None and former.account is not None):
            self.withdrawn.pop((said.key, former_key), None)
            doubt = _merge(said, person.key, former.key)
            return person, person, doubt._replace(other_account_id=_account_id(former))
        if person.account is not None:
            self.now.pop(former.key)
            return person, joined(person, former), None
        self.now.pop(person.key, None)
        return former, joined(former, person), None


def _account_id(person: Person) -> str | None:
    return person.account.account_id if person.account else None


def _merge(said: Enrolment, key: str, other_key: str) -> Doubt:
    return Doubt(DoubtKind.MERGE, said.school, key, other_key, None, None)


def _staff_code(person: Person, known: Enrolment, said: Enrolment) -> Doubt | None:
    """Whether it is in doubt that a staff code is still, or is no longer, the same person's."""
    doubt = Doubt(DoubtKind.STAFF_CODE, said.school, said.key, None, None, None)
    if not begins_anew(person, said):
        return doubt if may_be_successor(known, said) else None
    if not may_be_same(known, said) or person.account is None:
        return None
    return doubt._replace(other_account_id=_account_id(person))
