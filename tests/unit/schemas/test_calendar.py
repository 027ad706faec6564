"""The calendar of an academic year: the guide's dates, and the window they make."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from tests.support.calendars import CALENDAR_2022, SHIPPED

from hwb_schemas.calendar import RolloverCalendar


def told(year: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SHIPPED / f"{year}.yaml").read_text())
    return found


@pytest.fixture
def calendar() -> RolloverCalendar:
    return CALENDAR_2022


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_calendar_is_valid_and_named_after_its_year(path: Path) -> None:
    assert RolloverCalendar.model_validate(told(path.stem)).name == path.stem


def test_the_calendar_of_2022_has_the_guides_dates(calendar: RolloverCalendar) -> None:
    assert calendar.groups_freeze == date(2022, 6, 6)
    assert calendar.end_of_year_work_done_by == date(2022, 8, 11)
    assert (calendar.run_week.opens, calendar.run_week.closes) == (
        date(2022, 8, 15),
        date(2022, 8, 21),
    )
    assert calendar.new_groups_from == date(2022, 8, 15)


def test_the_calendar_of_2025_has_its_holds_and_its_late_run() -> None:
    calendar = RolloverCalendar.model_validate(told("2025"))
    assert calendar.groups_freeze == date(2025, 6, 2)
    assert date(2025, 8, 30) in calendar.run_week
    hold = calendar.leaver_hold
    assert hold is not None
    assert hold.year_groups == ("11", "12", "13")
    assert hold.until == date(2025, 8, 29)
    assert (calendar.staff_transfer, calendar.manual_account_end) == (
        "self_service",
        "deactivates",
    )


@pytest.mark.parametrize(
    ("stated", "counts"),
    [
        (date(2022, 7, 22), date(2022, 7, 22)),
        (date(2022, 8, 14), date(2022, 8, 14)),
        (date(2022, 8, 15), date(2022, 8, 15)),
        (date(2022, 8, 31), date(2022, 8, 15)),
        (date(2022, 9, 5), date(2022, 8, 15)),
        (date(2022, 9, 6), date(2022, 9, 6)),
    ],
)
def test_a_date_inside_the_rollover_window_counts_when_the_window_opens(
    calendar: RolloverCalendar, stated: date, counts: date
) -> None:
    assert calendar.takes_effect(stated, "660") == counts


def test_the_first_day_of_term_is_the_authoritys_own(calendar: RolloverCalendar) -> None:
    assert calendar.term_starts("681") == date(2022, 9, 6)
    assert calendar.takes_effect(date(2022, 9, 6), "681") == date(2022, 8, 15)


def test_the_academic_year_of_a_day_ends_with_august(calendar: RolloverCalendar) -> None:
    assert calendar.year_of(date(2022, 8, 31)) == "2021-22"
    assert calendar.year_of(date(2022, 9, 1)) == "2022-23"


def test_the_run_week_includes_both_its_ends(calendar: RolloverCalendar) -> None:
    assert date(2022, 8, 15) in calendar.run_week
    assert date(2022, 8, 21) in calendar.run_week
    assert date(2022, 8, 22) not in calendar.run_week


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"groups_freeze": "2022-09-30"}, "must come after groups_freeze"),
        ({"run_week": {"opens": "2022-08-21", "closes": "2022-08-15"}}, "before it opens"),
        ({"first_day_of_term": "2022-12-01"}, "more than 60 days"),
        ({"grups_freeze": "2022-06-06"}, "grups_freeze"),
    ],
)
def test_a_calendar_that_cannot_be_right_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        RolloverCalendar.model_validate(told("2022") | change)
