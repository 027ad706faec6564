"""How long a released account is kept: the pure part, day by day."""

from datetime import date

import pytest
from tests.support.calendars import CALENDAR_2022

from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.home import Standing
from hwb_identity.domain.retention import (
    Retention,
    announcement_due,
    months_after,
    retention_after,
)
from hwb_schemas.words import AccountStatus, EnrolmentStatus, RecordState

SCHOOL, UPN = "6602001", "R201100018042"
RELEASED = Standing(None, SCHOOL, AccountStatus.INACTIVE, None, (), (), ())


def left(on: date | None) -> tuple[Enrolment, ...]:
    return (
        Enrolment(
            SCHOOL,
            UPN,
            1,
            RecordState.LEFT,
            EnrolmentStatus.CURRENT,
            date(2019, 9, 2),
            on,
            "6",
            (),
            "Angharad",
            "Pritchard",
            None,
        ),
    )


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2022, 7, 18), 12, date(2023, 7, 18)),
        (date(2023, 3, 1), 12, date(2024, 3, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2022, 12, 31), 2, date(2023, 2, 28)),
        (date(2022, 11, 30), 1, date(2022, 12, 30)),
    ],
)
def test_twelve_months_are_months_not_days(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


def test_the_day_of_the_announcement_is_known_from_the_release_on() -> None:
    released = retention_after(
        None, RELEASED, left(date(2022, 7, 1)), CALENDAR_2022, date(2022, 7, 18)
    )
    assert released == Retention(date(2022, 7, 18), None)
    due = announcement_due(
        released, RELEASED, left(date(2022, 7, 1)), CALENDAR_2022, date(2022, 7, 18)
    )
    assert due == date(2023, 6, 18)


def test_an_account_on_a_leaver_hold_is_not_due_until_the_hold_is_over() -> None:
    held = RELEASED._replace(status=AccountStatus.ACTIVE)
    day, enrolments = date(2024, 1, 1), left(date(2022, 7, 1))
    before = Retention(date(2022, 7, 18), None)
    assert retention_after(before, held, enrolments, CALENDAR_2022, day) == before
    assert announcement_due(before, held, enrolments, CALENDAR_2022, day) is None


def test_evaluating_without_a_difference_changes_nothing() -> None:
    announced = Retention(date(2022, 7, 18), date(2023, 7, 18))
    for day in (date(2023, 6, 18), date(2023, 7, 18), date(2023, 9, 1)):
        again = retention_after(announced, RELEASED, left(None), CALENDAR_2022, day)
        assert again == announced


def test_an_account_that_a_school_has_is_kept_without_end() -> None:
    home = RELEASED._replace(home=SCHOOL, status=AccountStatus.ACTIVE)
    before = Retention(date(2022, 7, 18), date(2023, 7, 18))
    assert retention_after(before, home, left(None), CALENDAR_2022, date(2023, 7, 1)) is None
