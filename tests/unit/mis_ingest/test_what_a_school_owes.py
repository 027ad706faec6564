"""By what its runs have said, whether a school is reminded, and whether there is a case."""

from datetime import date

import pytest
from tests.support.calendars import CALENDAR_2022

from hwb_mis_ingest.domain.standing import EndOfYearWork, Standing, owed
from hwb_schemas.words import CaseKind

REMINDER, NOT_RUN = CaseKind.RUN_WEEK_REMINDER, CaseKind.SCHOOL_HAS_NOT_RUN
NOT_DONE = CaseKind.END_OF_YEAR_WORK_NOT_DONE
UNDONE = EndOfYearWork(below_top=10, moved_up=0, top_still_there=2)


def owed_by(standing: Standing, *, on: date) -> list[CaseKind]:
    return list(owed(standing, today=on, calendar=CALENDAR_2022, authority="660"))


@pytest.mark.parametrize("last_run", [None, date(2022, 8, 14)])
@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2022, 8, 18), []),
        (date(2022, 8, 19), [REMINDER]),
        (date(2022, 8, 21), [REMINDER]),
        (date(2022, 8, 22), [NOT_RUN]),
        (date(2023, 1, 10), [NOT_RUN]),
    ],
)
def test_who_has_not_run_in_the_run_week_is_reminded_and_then_a_case(
    last_run: date | None, day: date, kinds: list[CaseKind]
) -> None:
    assert owed_by(Standing(last_run), on=day) == kinds


@pytest.mark.parametrize("last_run", [date(2022, 8, 15), date(2022, 8, 21), date(2022, 8, 30)])
def test_whoever_has_run_since_the_run_week_began_owes_nothing(last_run: date) -> None:
    assert owed_by(Standing(last_run), on=date(2022, 8, 31)) == []


def test_a_school_that_has_closed_owes_nothing() -> None:
    assert owed_by(Standing(has_closed=True), on=date(2022, 8, 31)) == []


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2022, 8, 12), [NOT_DONE]),
        (date(2022, 10, 3), [NOT_DONE]),
        (date(2022, 10, 4), []),  # the season is over: nothing counts its learners any more
    ],
)
def test_undone_end_of_year_work_is_a_case_until_the_season_ends(
    day: date, kinds: list[CaseKind]
) -> None:
    found = owed_by(Standing(date(2022, 8, 12), UNDONE), on=day)
    assert [kind for kind in found if kind is NOT_DONE] == kinds


def test_what_was_sent_before_the_work_was_due_says_nothing_of_it() -> None:
    assert owed_by(Standing(date(2022, 8, 11), UNDONE), on=date(2022, 8, 12)) == []


def test_while_rows_are_held_the_work_is_not_judged() -> None:
    assert owed_by(Standing(date(2022, 8, 16), UNDONE, is_held=True), on=date(2022, 8, 17)) == []


@pytest.mark.parametrize(
    ("work", "done"),
    [
        (EndOfYearWork(below_top=10, moved_up=5, top_still_there=0), True),
        (EndOfYearWork(below_top=10, moved_up=4, top_still_there=0), False),
        (EndOfYearWork(below_top=10, moved_up=10, top_still_there=1), False),
        (EndOfYearWork(below_top=0, moved_up=0, top_still_there=0), True),
    ],
)
def test_the_work_looks_done_when_half_moved_up_and_nobody_stays_without_a_leaving_date(
    work: EndOfYearWork,
    done: bool,  # noqa: FBT001 - what is expected
) -> None:
    assert work.looks_done is done
