"""In which hours a run works, and when it will have ended."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from hwb_groups.domain.archive_run import (
    FIRST_SECONDS,
    MEASURED_SECONDS,
    Basis,
    Hours,
    ends_at,
    quota_rate,
    seconds_left,
)
from hwb_schemas.words import Provider

LONDON = ZoneInfo("Europe/London")
NIGHT = Hours(time(20), time(6))
NOON = datetime(2022, 8, 31, 12, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        (Hours(time(8), time(17, 30)), ["08:00", "17:29"], ["07:59", "17:30", "23:00"]),
        (NIGHT, ["20:00", "23:59", "00:00", "05:59"], ["06:00", "12:00", "19:59"]),
    ],
)
def test_hours_hold_their_beginning_and_not_their_end(
    hours: Hours, inside: list[str], outside: list[str]
) -> None:
    assert all(time.fromisoformat(moment) in hours for moment in inside)
    assert not any(time.fromisoformat(moment) in hours for moment in outside)


def test_without_hours_work_goes_on_from_now() -> None:
    assert ends_at(NOON, 3600, None) == datetime(2022, 8, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "end"),
    [
        (3600, datetime(2022, 8, 31, 21, tzinfo=LONDON)),
        (10 * 3600, datetime(2022, 9, 1, 6, tzinfo=LONDON)),
        (11 * 3600, datetime(2022, 9, 1, 21, tzinfo=LONDON)),
    ],
)
def test_work_waits_for_the_next_hours(seconds: float, end: datetime) -> None:
    assert ends_at(NOON, seconds, NIGHT) == end


def test_work_begun_in_the_middle_of_a_night_ends_in_it() -> None:
    three = datetime(2022, 9, 1, 3, tzinfo=LONDON)
    assert ends_at(three, 7200, NIGHT) == datetime(2022, 9, 1, 5, tzinfo=LONDON)


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    evening = datetime(2022, 10, 29, 20, tzinfo=LONDON)
    assert ends_at(evening, 11 * 3600, NIGHT) == datetime(2022, 10, 30, 6, tzinfo=LONDON)


def test_what_would_take_longer_than_a_year_has_no_end() -> None:
    assert ends_at(NOON, 1e9, Hours(time(1), time(1, 1))) is None


def test_the_measured_rate_of_the_slower_provider_decides() -> None:
    recent = {Provider.TEAMS: 600, Provider.CLASSROOM: 6000}
    left = {Provider.TEAMS: 6000, Provider.CLASSROOM: 6000}
    found = seconds_left(left, recent, open_for=1e6, time_scale=1.0)
    assert found is not None
    assert found[1] is Basis.MEASURED
    assert found[0] == pytest.approx(6000 / (600 / MEASURED_SECONDS), rel=0.01)


def test_a_run_open_for_less_than_the_span_is_measured_over_what_there_was() -> None:
    found = seconds_left(
        {Provider.TEAMS: 300}, {Provider.TEAMS: 300}, open_for=300.0, time_scale=1.0
    )
    assert found is not None
    assert found[0] == pytest.approx(300, abs=40)


def test_at_first_the_quota_says_how_fast_it_can_go() -> None:
    found = seconds_left({Provider.TEAMS: 7360}, {}, open_for=FIRST_SECONDS / 2, time_scale=1.0)
    assert found is not None
    assert found[1] is Basis.QUOTA
    assert found[0] == pytest.approx(7360 / quota_rate(Provider.TEAMS, time_scale=1.0), abs=40)


def test_a_provider_that_came_to_nothing_lately_leaves_no_estimate() -> None:
    left = {Provider.TEAMS: 1, Provider.CLASSROOM: 1}
    assert seconds_left(left, {Provider.TEAMS: 9}, open_for=1e4, time_scale=1.0) is None


def test_nothing_left_is_no_time() -> None:
    assert seconds_left({}, {}, open_for=0, time_scale=1.0) == (0.0, Basis.QUOTA)
