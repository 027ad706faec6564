"""One account per UPN, evaluated whenever something changes; what is held back changes nothing."""

from datetime import date, timedelta

import pytest
from tests.support.calendars import CALENDAR_2022
from tests.support.identity_speech import UPN, A, B, C, Speech, word

from hwb_identity.domain.home import DecisionKind
from hwb_schemas.words import AccountChange, AccountStatus, EnrolmentStatus, RecordState

LEFT, MISSING, ON_ROLL = RecordState.LEFT, RecordState.MISSING, RecordState.ON_ROLL


def test_one_account_per_upn_whatever_the_schools_say() -> None:
    speech = Speech()
    for seq, state in enumerate((ON_ROLL, LEFT, ON_ROLL, MISSING, LEFT, ON_ROLL), start=1):
        leaving = date(2022, 7, 15) if state is LEFT else None
        speech.hear(*[word(school, seq, state, leaving=leaving) for school in (A, B, C)])
        assert speech.accounts == ["account-0"]


def test_it_is_evaluated_again_when_an_enrolment_changes() -> None:
    speech = Speech().hear(word(A, 1), word(A, 2, year_group="7"))
    assert speech.changes == [AccountChange.CREATED, AccountChange.ROLLED_OVER]


def test_it_is_evaluated_again_when_a_decision_is_recorded() -> None:
    speech = Speech().hear(word(A, 1)).decides(DecisionKind.DEACTIVATED)
    off = speech.standing
    on = speech.decides(DecisionKind.REINSTATED).standing
    assert (off.status, on.status) == (AccountStatus.INACTIVE, AccountStatus.ACTIVE)


def test_it_is_evaluated_again_when_the_calendar_changes() -> None:
    speech = Speech().hear(word(A, 1), word(A, 2, LEFT, leaving=date(2022, 8, 31)))
    assert speech.standing.home == A
    speech.calendar_changes(rollover_window_opens=date(2022, 7, 18))
    assert speech.standing.home is None


def test_it_is_evaluated_again_when_a_day_comes() -> None:
    speech = Speech().hear(word(A, 1), word(A, 2, LEFT, leaving=date(2022, 7, 22)))
    speech.day_comes(date(2022, 7, 22))
    assert speech.changes == [AccountChange.CREATED, AccountChange.RELEASED]


@pytest.mark.parametrize(
    "begins", [CALENDAR_2022.rollover_window_opens, date(2022, 9, 1), date(2022, 9, 5)]
)
def test_an_admission_date_inside_the_rollover_window_takes_effect_when_it_opens(
    begins: date,
) -> None:
    opens = CALENDAR_2022.rollover_window_opens
    speech = Speech().hear(word(B, 1, begins=begins)).day_comes(opens - timedelta(days=1))
    assert speech.accounts == []
    assert speech.day_comes(opens).standing.home == B


def test_both_dates_inside_the_window_move_the_learner_on_the_day_it_opens() -> None:
    speech = Speech().hear(
        word(B, 1, begins=date(2022, 9, 5)),
        word(A, 1),
        word(A, 2, LEFT, leaving=date(2022, 8, 31)),
    )
    assert speech.standing.pending == ()
    speech.day_comes(CALENDAR_2022.rollover_window_opens)
    assert speech.standing.home == B
    assert speech.changes == [AccountChange.CREATED, AccountChange.MATCHED]


@pytest.mark.parametrize("kept_back", [RecordState.REJECTED, RecordState.HELD])
def test_a_rejected_or_held_row_changes_nothing_and_says_nothing_of_another_upn(
    kept_back: RecordState,
) -> None:
    speech = Speech().hear(word(A, 1))
    before = speech.state
    speech.hear(
        word(A, 2, kept_back, year_group="13"),
        word(B, 1, kept_back),
        word(B, 2, kept_back, key="B207000016049", former_key=UPN, forename="Heledd"),
    )
    assert speech.state == before
    assert speech.doubts == []


@pytest.mark.parametrize("kept_back", [RecordState.REJECTED, RecordState.HELD])
def test_what_was_held_counts_when_it_comes_up_again(kept_back: RecordState) -> None:
    speech = Speech().hear(word(A, 1), word(A, 2, kept_back, leaving=date(2022, 7, 1)))
    assert speech.standing.home == A
    speech.hear(word(A, 3, LEFT, leaving=date(2022, 7, 1)))
    assert speech.standing.released_from == A


def test_a_rollback_is_a_new_run_that_gives_everybody_back_what_they_had() -> None:
    speech = Speech().hear(word(A, 1, classes=("6602001/2021-22/6A",)))
    before = speech.standing
    speech.hear(word(A, 2, MISSING), word(A, 3, LEFT, leaving=date(2022, 7, 1)))
    assert speech.standing.status is AccountStatus.INACTIVE
    speech.hear(word(A, 4, classes=("6602001/2021-22/6A",)))
    assert speech.standing == before
    assert speech.accounts == ["account-0"]


def test_a_rollback_gives_nobody_back_whom_another_school_has_matched_since() -> None:
    speech = Speech().hear(word(A, 1), word(A, 2, LEFT, leaving=date(2022, 7, 1)), word(B, 1))
    assert speech.standing.home == B
    speech.hear(word(A, 3))
    assert (speech.standing.home, speech.standing.pending) == (B, (A,))


def test_a_closing_schools_learners_are_matched_by_its_new_number_whichever_runs_first() -> None:
    leaving = word(A, 2, LEFT, leaving=date(2022, 8, 31))
    for words in ((leaving, word(B, 1)), (word(B, 1), leaving)):
        speech = Speech().hear(word(A, 1), *words).day_comes(date(2022, 8, 15))
        assert speech.accounts == ["account-0"]
        assert (speech.standing.home, speech.standing.pending) == (B, ())


def test_c_or_m_turned_s_or_g_stops_claiming_and_sign_in_goes_where_it_is_claimed() -> None:
    for second in (EnrolmentStatus.SUBSIDIARY, EnrolmentStatus.GUEST):
        speech = Speech().hear(word(A, 1), word(B, 1, status=EnrolmentStatus.MAIN))
        speech.hear(word(A, 2, status=second))
        assert (speech.standing.home, speech.standing.other_schools) == (B, (A,))
