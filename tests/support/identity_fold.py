"""The pure rules applied to whatever identity has committed, and both told in the same words.

A fold knows no database: what a crashing service must end as is what the domain alone makes of the
same words in the order in which they were committed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.support.identity_checks import NOTHING, State, role_of
from tests.support.identity_orders import people_of

from hwb_identity.domain.doubt import Doubt, Withdrawn
from hwb_identity.domain.enrolment import Enrolment, enrolment_said
from hwb_identity.domain.person import ContestedCase, Evaluation, Person
from hwb_runtime.testing import Published
from hwb_schemas.events import PersonRecord, RecordChanged
from hwb_schemas.words import AccountRole, RecordKind

Word = tuple[str, RecordChanged]
"""A key and what is said of it, as on ``hwb.mis.changes``."""
Told = tuple[object, ...]
"""One change as subscribers see it, without what differs from one making to the next."""


def word_of(said: Enrolment) -> Word:
    """The event that states this enrolment."""
    staff = role_of(said.key) is AccountRole.STAFF
    record = PersonRecord(
        upn=None if staff else said.key,
        staff_code=said.key.partition("/")[2] if staff else None,
        former_upn=said.former_key,
        surname=said.surname,
        forename=said.forename,
        birth_date=said.born,
        admission_date=None if staff else said.begins,
        start_date=said.begins if staff else None,
        leaving_date=said.leaving or said.predecessor_left,
        enrolment_status=said.status,
        year_group=said.year_group,
        classes=said.classes,
    )
    change = RecordChanged(
        kind=RecordKind.STAFF if staff else RecordKind.LEARNER,
        school=said.school,
        run_id=f"{said.school}-{said.run_seq}",
        run_seq=said.run_seq,
        state=said.state,
        received_at=datetime(2022, 7, 18, tzinfo=UTC),
        record=record,
    )
    return said.key, change


@dataclass
class Fold:
    """What the rules make of everything that was committed so far."""

    state: State = NOTHING
    told: dict[str, list[Told]] = field(default_factory=dict)
    """By the fold's account ids, every change in its order."""
    cases: Counter[tuple[str, str]] = field(default_factory=Counter)
    _in_doubt: set[tuple[str, str]] = field(default_factory=set)

    def take(self, words: Iterable[Word], today: date) -> None:
        """Words that a committed slice has applied."""
        people = people_of(self.state, today)
        for key, change in words:
            taken = people.take(enrolment_said(change, key), role_of(key))
            if taken is None:
                continue
            for evaluation in taken.evaluations:
                self._note(evaluation)
            if taken.doubt is not None:
                self._doubt(taken.doubt)
        self.state = State(people.now, people.holders, frozenset())
        for withdrawn in people.withdrawn.values():
            self._withdraw(withdrawn)

    def _doubt(self, doubt: Doubt) -> None:
        """One case for each pair of UPNs, however often a school says so."""
        about = (doubt.key, doubt.other_key or "")
        if not {about, about[::-1]} & self._in_doubt:
            self.cases[doubt.kind.value, "raised"] += 1
            self._in_doubt.add(about)

    def _withdraw(self, withdrawn: Withdrawn) -> None:
        """A pair is in doubt no longer once no record of either learner states it."""
        own, theirs = set(withdrawn.keys), {withdrawn.former_key}
        other = self.state.persons.get(self.state.holders.get(withdrawn.former_key, ""))
        if other is not None:
            theirs |= {*other.keys}
            if any(one.former_key in own for one in other.enrolments):
                return
        for one, two in list(self._in_doubt):
            if (one in own and two in theirs) or (two in own and one in theirs):
                self.cases["merge_proposed", "resolved"] += 1
                self._in_doubt.remove((one, two))

    def take_up(self, keys: Iterable[str], today: date) -> None:
        """Persons whom the due job has taken up."""
        people = people_of(self.state, today)
        for key in keys:
            self._note(people.evaluate_again(key))
        self.state = State(people.now, people.holders, frozenset())

    def due(self, today: date) -> set[str]:
        """The rows of persons for whom a day has come."""
        return {
            key
            for key, person in self.state.persons.items()
            if person.next_due is not None and person.next_due <= today
        }

    def _note(self, evaluation: Evaluation) -> None:
        person = evaluation.person
        for case in evaluation.cases:
            kind = "contested_claim" if isinstance(case, ContestedCase) else "pending_too_long"
            self.cases[kind, case.change.value] += 1
        if evaluation.change is None or person.account is None or person.standing is None:
            return
        standing = person.standing
        told = (
            evaluation.change.value,
            person.account.version,
            person.account.display_name,
            standing.home,
            standing.status.value,
            standing.year_group,
            list(standing.classes),
            list(standing.other_schools),
            len(person.keys),
        )
        self.told.setdefault(person.account.account_id, []).append(told)


def told_by(events: Sequence[Published]) -> dict[str, list[Told]]:
    """By account id, the changes that identity's outbox tells, each as the fold tells it."""
    found: dict[str, list[Told]] = {}
    for event in events:
        assert event.value is not None
        account: dict[str, Any] = event.value["account"]
        told = (
            event.value["change"],
            event.value["version"],
            account["display_name"],
            account["home_school"],
            account["status"],
            account["year_group"],
            account["classes"],
            account["other_schools"],
            len(account["person_refs"]),
        )
        found.setdefault(event.key, []).append(told)
    return found


def by_row(persons: Iterable[Person]) -> dict[str, Person]:
    """By the key of their row; account ids and sign-in names are as good as any others."""
    found = {}
    for person in persons:
        key = person.key.partition("#")[0] + ("#" if "#" in person.key else "")
        account = person.account
        if account is not None:
            account = account._replace(account_id="", sign_in_name="")
        assert key not in found
        found[key] = person._replace(key=key, account=account)
    return found


def accounts_by_row(persons: Iterable[Person]) -> Mapping[str, str]:
    """The account id in each row."""
    return {
        person.key.partition("#")[0] + ("#" if "#" in person.key else ""): person.account.account_id
        for person in persons
        if person.account is not None
    }
