"""The guide's days for groups: 6 June, 15 August and the end of the academic year."""

from datetime import date
from pathlib import Path

import pytest

import hwb_runtime
from hwb_groups.domain import season
from hwb_runtime.files import load_calendar

CALENDAR = load_calendar(Path(hwb_runtime.__file__).parent / "calendars" / "2022.yaml")
OLD, NEW = "2021-22", "2022-23"


@pytest.mark.parametrize(
    ("year", "day", "follows"),
    [
        (OLD, date(2022, 6, 5), True),
        (OLD, date(2022, 6, 6), False),
        ("2020-21", date(2022, 6, 6), False),
        (NEW, date(2022, 8, 15), True),
    ],
)
def test_groups_follow_the_mis_until_the_freeze(year: str, day: date, follows: bool) -> None:  # noqa: FBT001 - a table
    assert season.follows_the_mis(year, day, CALENDAR) is follows


def test_groups_of_the_ending_year_freeze_on_6_june_and_are_archived_when_it_ends() -> None:
    assert season.frozen_year(date(2022, 6, 5), CALENDAR) is None
    assert season.frozen_year(date(2022, 6, 6), CALENDAR) == OLD
    assert season.archived_year(date(2022, 8, 30), CALENDAR) is None
    assert season.archived_year(date(2022, 8, 31), CALENDAR) == OLD


def test_groups_for_the_new_year_are_made_from_15_august() -> None:
    assert season.too_early_for(NEW, date(2022, 8, 14), CALENDAR)
    assert not season.too_early_for(NEW, date(2022, 8, 15), CALENDAR)
    assert not season.too_early_for(OLD, date(2022, 5, 1), CALENDAR)


def test_no_group_is_made_for_a_year_that_is_over() -> None:
    assert season.too_late_for(OLD, date(2022, 9, 5), CALENDAR)
    assert not season.too_late_for(NEW, date(2022, 9, 5), CALENDAR)


def test_a_class_stays_as_it_was_at_archiving() -> None:
    assert season.class_is_kept(OLD, date(2022, 9, 5), CALENDAR)
    assert not season.class_is_kept(OLD, date(2022, 8, 20), CALENDAR)
    assert not season.class_is_kept(NEW, date(2022, 9, 5), CALENDAR)
