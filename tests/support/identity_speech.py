"""Schools speak, in a few words, to the pure rules: for tests that are about one rule."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.support.calendars import CALENDAR_2022
from tests.support.identity_checks import NOTHING, State, role_of

from hwb_identity.domain.doubt import Doubt, Withdrawn
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.home import Decision, DecisionKind, Standing
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Evaluation, Person
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import AccountChange, EnrolmentStatus, RecordState

A, B, C = "6602001", "6604002", "6814003"
UPN, NEW_UPN, TEMPORARY = "R201100018042", "B207000016049", "T20110001804V"


def word(
    school: str, run_seq: int, state: RecordState = RecordState.ON_ROLL, **record: Any
) -> Enrolment:
    """What a school's run of this number says; of Angharad Pritchard unless told otherwise."""
    said = Enrolment(
        school=school,
        key=UPN,
        run_seq=run_seq,
        state=state,
        status=EnrolmentStatus.CURRENT,
        begins=date(2019, 9, 2),
        leaving=None,
        year_group="6",
        classes=(),
        forename="Angharad",
        surname="Pritchard",
        born=date(2011, 3, 4),
    )
    return said._replace(**record)


@dataclass
class Speech:
    """What is known after each word, and what subscribers were told on the way."""

    today: date = date(2022, 7, 18)
    calendar: RolloverCalendar = CALENDAR_2022
    state: State = NOTHING
    changes: list[AccountChange] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)

    def hear(self, *words: Enrolment) -> "Speech":
        people = self._people()
        for said in words:
            taken = people.take(said, role_of(said.key))
            if taken is None:
                continue
            self._told(*taken.evaluations)
            if taken.doubt is not None:
                self.doubts.append(taken.doubt)
        self.withdrawn += people.withdrawn.values()
        return self._after(people)

    def day_comes(self, today: date) -> "Speech":
        self.today = today
        due = [one.key for one in self.persons if one.next_due and one.next_due <= today]
        return self._evaluate(*due)

    def calendar_changes(self, **changes: Any) -> "Speech":
        self.calendar = self.calendar.model_copy(update=changes)
        return self._evaluate(*[person.key for person in self.persons])

    def decides(self, kind: DecisionKind) -> "Speech":
        people = self._people()
        decision = Decision(kind, "desk", "2022-07-18T10:00:00Z", "asked by the school")
        for person in self.persons:
            self._told(people.decide(person.key, decision))
        return self._after(people)

    @property
    def persons(self) -> list[Person]:
        return list(self.state.persons.values())

    @property
    def accounts(self) -> list[str]:
        return [person.account.account_id for person in self.persons if person.account]

    @property
    def standing(self) -> Standing:
        (standing,) = [person.standing for person in self.persons if person.standing]
        return standing

    def _evaluate(self, *keys: str) -> "Speech":
        people = self._people()
        self._told(*[people.evaluate_again(key) for key in keys])
        return self._after(people)

    def _people(self) -> People:
        numbers = iter(range(len(self.accounts), 100))
        return People(
            self.persons,
            self.state.holders,
            calendar=self.calendar,
            today=self.today,
            new_account_id=lambda: f"account-{next(numbers)}",
        )

    def _told(self, *evaluations: Evaluation) -> None:
        self.changes += [one.change for one in evaluations if one.change is not None]

    def _after(self, people: People) -> "Speech":
        self.state = State(people.now, people.holders, frozenset())
        return self
