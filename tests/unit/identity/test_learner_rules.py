"""Learners: the sentences of DESIGN 6, one by one, without a database."""

from datetime import date
from typing import Any

import pytest
from tests.support.calendars import plain_calendar

from hwb_identity.application.account_ids import new_account_id
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.home import Decision, DecisionKind, Standing
from hwb_identity.domain.people import People
from hwb_identity.domain.person import ContestedCase, Evaluation, Person, PersonCase
from hwb_schemas.words import (
    AccountChange,
    AccountRole,
    AccountStatus,
    CaseChange,
    EnrolmentStatus,
    RecordState,
)

A, B, C = "6602001", "6604002", "6814003"
UPN = "R201100018042"
CALENDAR = plain_calendar({"681": date(2022, 9, 6)})


class Wales:
    """Schools speak about one learner, and days pass."""

    def __init__(self, today: date = date(2022, 7, 18)) -> None:
        self.today = today
        self.persons: list[Person] = []
        self.holders: dict[str, str] = {}
        self.seq = 0
        self.changes: list[AccountChange] = []
        self.cases: list[PersonCase] = []

    def says(self, school: str, state: RecordState = RecordState.ON_ROLL, **record: Any) -> None:
        self.seq += 1
        said = Enrolment(
            school=school,
            key=record.pop("key", UPN),
            run_seq=self.seq,
            state=state,
            status=record.pop("status", EnrolmentStatus.CURRENT),
            begins=record.pop("begins", date(2019, 9, 2)),
            leaving=record.pop("leaving", None),
            year_group=record.pop("year_group", "6"),
            classes=(),
            forename="Angharad",
            surname="Pritchard",
            born=date(2011, 3, 4),
            **record,
        )
        people = self._people()
        taken = people.take(said, AccountRole.LEARNER)
        assert taken is not None
        self._keep(people, list(taken.evaluations))

    def day_comes(self, today: date) -> None:
        self.today = today
        people = self._people()
        keys = [one.key for one in self.persons if one.next_due and one.next_due <= today]
        self._keep(people, [people.evaluate_again(key) for key in keys])

    def decides(self, kind: DecisionKind) -> None:
        people = self._people()
        (person,) = self.persons
        decision = Decision(kind, "desk", "2022-07-18T10:00:00Z", "asked by the school")
        people.now[person.key] = person._replace(decisions=(*person.decisions, decision))
        self._keep(people, [people.evaluate_again(person.key)])

    @property
    def person(self) -> Person:
        (person,) = self.persons
        return person

    @property
    def standing(self) -> Standing:
        assert self.person.standing is not None
        return self.person.standing

    def _people(self) -> People:
        return People(
            self.persons,
            self.holders,
            calendar=CALENDAR,
            today=self.today,
            new_account_id=new_account_id,
        )

    def _keep(self, people: People, evaluations: list[Evaluation]) -> None:
        self.persons, self.holders = list(people.now.values()), people.holders
        self.changes += [one.change for one in evaluations if one.change is not None]
        self.cases += [case for one in evaluations for case in one.cases]


@pytest.fixture
def wales() -> Wales:
    return Wales()


def test_several_claim_the_present_home_keeps_it_and_the_others_are_pending(wales: Wales) -> None:
    wales.says(A)
    wales.says(C)
    wales.says(B)
    assert (wales.standing.home, wales.standing.pending) == (A, (B, C))


def test_when_it_stops_claiming_the_next_is_matched_by_admission_date_then_school_number(
    wales: Wales,
) -> None:
    wales.says(A)
    wales.says(C, begins=date(2022, 7, 4))
    wales.says(B, begins=date(2022, 7, 11))
    wales.says(A, RecordState.LEFT, leaving=date(2022, 7, 1))
    assert (wales.standing.home, wales.standing.pending) == (C, (B,))
    wales.says(B, begins=date(2022, 7, 4))
    wales.says(A, begins=date(2022, 7, 4))
    wales.says(C, RecordState.LEFT, leaving=date(2022, 7, 1))
    assert wales.standing.home == A
    assert wales.changes[-1] is AccountChange.MATCHED


def test_a_missing_record_keeps_it_latest_admission_date_then_school_number(wales: Wales) -> None:
    wales.says(A, begins=date(2020, 9, 1))
    wales.says(B, RecordState.MISSING, begins=date(2021, 9, 1))
    wales.says(C, RecordState.MISSING, begins=date(2021, 9, 1))
    wales.says(A, RecordState.MISSING, begins=date(2020, 9, 1))
    assert (wales.standing.home, wales.standing.status) == (B, AccountStatus.ACTIVE)


def test_nobody_claims_released_from_the_school_with_the_latest_leaving_date(
    wales: Wales,
) -> None:
    wales.says(A)
    wales.says(B, RecordState.LEFT, leaving=date(2022, 7, 15))
    wales.says(A, RecordState.LEFT, leaving=date(2022, 7, 1))
    assert wales.standing == Standing(None, B, AccountStatus.INACTIVE, None, (), (), ())
    assert wales.changes == [AccountChange.CREATED, AccountChange.RELEASED]


def test_a_leaving_date_withdrawn_simply_claims_again(wales: Wales) -> None:
    wales.says(A)
    wales.says(A, RecordState.LEFT, leaving=date(2022, 7, 1))
    account = wales.person.account
    wales.says(A)
    assert wales.changes[-1] is AccountChange.REACTIVATED
    assert wales.standing.status is AccountStatus.ACTIVE
    assert account is not None
    assert wales.person.account is not None
    assert wales.person.account.account_id == account.account_id


def test_subsidiary_and_guest_add_a_school_and_never_claim_or_create(wales: Wales) -> None:
    wales.says(B, status=EnrolmentStatus.SUBSIDIARY)
    wales.says(C, status=EnrolmentStatus.GUEST)
    assert wales.person.account is None
    wales.says(A, status=EnrolmentStatus.MAIN)
    assert (wales.standing.home, wales.standing.other_schools) == (A, (B, C))
    wales.says(C, RecordState.WITHDRAWN, status=EnrolmentStatus.GUEST)
    assert wales.standing.other_schools == (B,)
    assert wales.changes == [AccountChange.CREATED, AccountChange.UPDATED]


def test_an_account_that_turns_from_main_to_subsidiary_stops_claiming(wales: Wales) -> None:
    wales.says(A)
    wales.says(B, status=EnrolmentStatus.MAIN)
    assert wales.standing.pending == (B,)
    wales.says(A, status=EnrolmentStatus.SUBSIDIARY)
    assert (wales.standing.home, wales.standing.other_schools) == (B, (A,))


def test_a_leaving_date_in_the_future_takes_effect_on_its_day(wales: Wales) -> None:
    wales.says(A)
    wales.says(A, RecordState.LEFT, leaving=date(2022, 7, 22))
    assert (wales.standing.home, wales.person.next_due) == (A, date(2022, 7, 22))
    wales.day_comes(date(2022, 7, 21))
    assert wales.standing.home == A
    wales.day_comes(date(2022, 7, 22))
    assert wales.standing.home is None


@pytest.mark.parametrize(
    ("school", "leaving", "counts_from"),
    [
        (A, date(2022, 8, 14), date(2022, 8, 14)),
        (A, date(2022, 8, 15), date(2022, 8, 15)),
        (A, date(2022, 8, 31), date(2022, 8, 15)),
        (A, date(2022, 9, 5), date(2022, 8, 15)),
        (A, date(2022, 9, 6), date(2022, 9, 6)),
        (C, date(2022, 9, 6), date(2022, 8, 15)),
    ],
)
def test_a_date_inside_the_rollover_window_takes_effect_when_it_opens(
    wales: Wales, school: str, leaving: date, counts_from: date
) -> None:
    wales.says(school)
    wales.says(school, RecordState.LEFT, leaving=leaving)
    assert wales.person.next_due == counts_from


def test_or_on_receipt_if_later(wales: Wales) -> None:
    wales.says(A)
    wales.day_comes(date(2022, 8, 20))
    wales.says(A, RecordState.LEFT, leaving=date(2022, 8, 31))
    assert wales.standing.home is None


def test_an_admission_date_in_the_future_does_not_claim_yet(wales: Wales) -> None:
    wales.says(B, begins=date(2022, 9, 20))
    assert wales.person.account is None
    assert wales.person.next_due == date(2022, 9, 20)
    wales.day_comes(date(2022, 9, 20))
    assert wales.standing.home == B
    assert wales.changes == [AccountChange.CREATED]


def test_a_corrected_admission_date_switches_nobody_off(wales: Wales) -> None:
    wales.says(A)
    wales.says(A, begins=date(2022, 9, 20))
    assert (wales.standing.home, wales.standing.status) == (A, AccountStatus.ACTIVE)


def test_who_left_before_anybody_heard_of_an_account_gets_none(wales: Wales) -> None:
    wales.says(A, RecordState.LEFT, leaving=date(2021, 7, 20))
    assert wales.person.account is None


def test_a_decision_by_hand_is_ended_by_a_person_not_by_a_run(wales: Wales) -> None:
    wales.says(A)
    wales.decides(DecisionKind.DEACTIVATED)
    assert wales.standing.status is AccountStatus.INACTIVE
    wales.says(A, year_group="7")
    assert wales.standing.status is AccountStatus.INACTIVE
    assert wales.standing.year_group == "7"
    wales.decides(DecisionKind.REINSTATED)
    assert wales.standing == wales.standing._replace(status=AccountStatus.ACTIVE)
    assert wales.changes[-1] is AccountChange.REACTIVATED


def test_a_name_change_in_the_mis_does_not_change_the_account(wales: Wales) -> None:
    wales.says(A)
    named = wales.person.account
    people = wales._people()
    said = wales.person.enrolments[0]._replace(run_seq=99, surname="Somebody")
    people.take(said, AccountRole.LEARNER)
    assert people.now[UPN].account == named


def test_a_replaced_record_that_left_under_its_new_upn_does_not_keep_the_account(
    wales: Wales,
) -> None:
    wales.says(A)
    wales.says(A, key="T20110001804V", former_key=UPN)
    wales.says(A, RecordState.REPLACED)
    assert wales.standing.home == A
    wales.says(A, RecordState.LEFT, key="T20110001804V", former_key=UPN, leaving=date(2022, 7, 1))
    assert wales.standing.home is None
    assert wales.changes == [
        AccountChange.CREATED,
        AccountChange.UPDATED,
        AccountChange.RELEASED,
    ]


def test_a_replaced_record_keeps_the_account_until_its_new_upn_is_heard_of(wales: Wales) -> None:
    wales.says(A)
    wales.says(A, RecordState.REPLACED)
    assert (wales.standing.home, wales.standing.status) == (A, AccountStatus.ACTIVE)


def contests(wales: Wales) -> list[tuple[CaseChange, tuple[str, ...]]]:
    return [(one.change, one.schools) for one in wales.cases if isinstance(one, ContestedCase)]


def test_a_claim_is_contested_when_two_schools_wait_for_longer_than_the_calendar_says(
    wales: Wales,
) -> None:
    wales.says(A)
    wales.says(B)
    wales.day_comes(date(2022, 7, 20))
    wales.says(C)
    assert wales.person.next_due == date(2022, 7, 23)
    wales.day_comes(date(2022, 7, 22))
    assert contests(wales) == []
    wales.day_comes(date(2022, 7, 23))
    wales.says(A, year_group="7")
    assert contests(wales) == [(CaseChange.RAISED, (A, B, C))]
    assert wales.standing.home == A


def test_a_contest_is_resolved_when_one_move_explains_the_claims_again(wales: Wales) -> None:
    for school in (A, B, C):
        wales.says(school)
    wales.day_comes(date(2022, 7, 21))
    wales.says(A, RecordState.LEFT, leaving=date(2022, 7, 1))
    assert (wales.standing.home, wales.standing.pending) == (B, (C,))
    assert [change for change, _ in contests(wales)] == [CaseChange.RAISED, CaseChange.RESOLVED]


def test_one_school_that_waits_is_a_move_under_way_and_no_contest(wales: Wales) -> None:
    wales.says(A)
    wales.says(B, status=EnrolmentStatus.MAIN)
    wales.day_comes(date(2022, 9, 30))
    assert wales.standing.pending == (B,)
    assert contests(wales) == []


def test_a_claim_is_contested_when_both_schools_call_themselves_the_main_one(
    wales: Wales,
) -> None:
    wales.says(A, status=EnrolmentStatus.MAIN)
    wales.says(B, status=EnrolmentStatus.MAIN)
    wales.day_comes(date(2022, 7, 21))
    assert contests(wales) == [(CaseChange.RAISED, (A, B))]
    wales.says(B, status=EnrolmentStatus.SUBSIDIARY)
    assert [change for change, _ in contests(wales)] == [CaseChange.RAISED, CaseChange.RESOLVED]
