"""Everybody whom a set of words is about, and what the words make of them: whose word it is first.

Most words are about the one person of their key. This is also where a former UPN joins two keys, a
staff code goes to another person, and words that are known already are dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.former_upn import are_one_learner, joined, with_key, without_key
from hwb_identity.domain.home import Decision
from hwb_identity.domain.person import (
    Evaluation,
    Person,
    begins_anew,
    enrolment_at,
    evaluated,
    person_new,
    predecessor,
    with_word,
)
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import AccountChange, AccountRole


@dataclass(frozen=True, slots=True)
class MergeProposed:
    """A school says that two UPNs are one learner and the rules cannot believe it alone."""

    school: str
    account_id: str | None
    other_account_id: str | None


class Taken(NamedTuple):
    """What a word did. ``leaves_pending``: its school now waits for the learner."""

    evaluations: tuple[Evaluation, ...]
    leaves_pending: bool
    merge: MergeProposed | None = None


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
        self._calendar = calendar
        self._today = today
        self._new_account_id = new_account_id

    def person_of(self, key: str) -> Person | None:
        """The person known under this key."""
        row = self.holders.get(key)
        return self.now.get(row) if row is not None else None

    def take(self, said: Enrolment, role: AccountRole) -> Taken | None:
        """Apply a school's word; None where it, or a later one, was applied before."""
        person = self.person_of(said.key)
        if person is not None:
            known = enrolment_at(person, said.school, said.key)
            if known is not None and said.run_seq <= known.run_seq:
                return None
        before: list[Evaluation] = []
        merge = None
        if person is None:
            person = person_new(said.key, role)
        elif person.key != said.key and self._is_foreign(person, said):
            merge = MergeProposed(said.school, None, _account_id(person))
            before.append(self._keep(without_key(person, said.key), was=person))
            person = person_new(said.key, role)
        elif begins_anew(person, said):
            before += self._succeed(person, said)
            person = person_new(said.key, role)
        was = person
        if said.former_key is not None and role is AccountRole.LEARNER:
            was, person, doubt = self._with_former(person, said, said.former_key)
            merge = doubt or merge
        heard = with_word(person, said)
        if heard is None:
            return None
        last = self._keep(heard, was=was)
        if merge is not None and merge.account_id is None:
            merge = MergeProposed(said.school, _account_id(last.person), merge.other_account_id)
        standing = last.person.standing
        pending = standing is not None and said.school in standing.pending
        return Taken((*before, last), pending, merge)

    def evaluate_again(self, key: str) -> Evaluation:
        """Ask the rules again for a person of whom nothing new was heard."""
        person = self.now[key]
        return self._keep(person, was=person)

    def put(self, person: Person) -> Evaluation:
        """A person whose record a command made or changed."""
        return self._keep(person, was=self.now.get(person.key, person))

    def decide(self, key: str, decision: Decision) -> Evaluation:
        """Add what a person decided by hand."""
        person = self.now[key]
        decided = person._replace(decisions=(*person.decisions, decision))
        return self._keep(decided, was=person)

    def transfer(self, *, from_row: str, to_key: str, decision: Decision) -> list[Evaluation]:
        """Link an old account to a new staff record; the record's own new account is deactivated.

        ``from_row`` is the row of whoever has the old account, ``to_key`` the new staff record.
        """
        old, new = self.now[from_row], self.now[to_key]
        linked = old._replace(
            keys=tuple(sorted({*old.keys, to_key})),
            enrolments=(*old.enrolments, *new.enrolments),
        )
        del self.now[to_key]
        replaced = new._replace(
            key=f"{to_key}#{_account_id(new)}",
            keys=(),
            enrolments=(),
            decisions=(*new.decisions, decision),
        )
        if to_key in self.stored:
            self.renamed[to_key] = replaced.key
        ended = self._keep(replaced, was=new)._replace(change=AccountChange.DEACTIVATED)
        return [ended, self._keep(linked, was=old)]

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

    def _with_former(
        self, person: Person, said: Enrolment, former_key: str
    ) -> tuple[Person, Person, MergeProposed | None]:
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
            doubt = MergeProposed(said.school, _account_id(person), _account_id(former))
            return person, person, doubt
        if person.account is not None:
            self.now.pop(former.key)
            return person, joined(person, former), None
        self.now.pop(person.key, None)
        return former, joined(former, person), None


def _account_id(person: Person) -> str | None:
    return person.account.account_id if person.account else None
