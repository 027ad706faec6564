"""What a school is told of how long its restore takes."""

from dataclasses import replace

import pytest

from hwb_groups.domain.quota import Kind, Share, rate_of
from hwb_groups.domain.restore_estimate import (
    USUAL_ARCHIVE_SECONDS,
    USUAL_SECONDS,
    Standing,
    place_of,
    seconds_until_done,
)
from hwb_schemas.words import Provider

A_SECOND = rate_of(Kind.GRAPH_GET, Share.WHOLE, time_scale=1.0) / 3
NEXT = Standing(
    ahead=0,
    begun=False,
    begun_for=0,
    line_for=0,
    left_line=0,
    blocked_for=0,
    seconds_each=None,
    archive_under_way=False,
    archive_each=None,
)


def seconds(standing: Standing, provider: Provider = Provider.TEAMS, scale: float = 1.0) -> float:
    return seconds_until_done(provider, standing, time_scale=scale)


@pytest.mark.parametrize("provider", [Provider.TEAMS, Provider.CLASSROOM])
def test_without_history_a_restore_takes_what_it_usually_takes(provider: Provider) -> None:
    assert seconds(NEXT, provider) == USUAL_SECONDS[provider]
    assert seconds(NEXT, provider, scale=10) == USUAL_SECONDS[provider] / 10


def test_with_history_it_takes_what_the_latest_took_even_if_that_is_nothing() -> None:
    assert seconds(replace(NEXT, seconds_each=42.0)) == 42
    assert seconds(replace(NEXT, seconds_each=0.0)) == 0


def test_without_history_of_the_line_the_quota_says_how_fast_it_moves() -> None:
    waits = seconds(replace(NEXT, ahead=92, seconds_each=0.0))
    assert waits == pytest.approx(92 / A_SECOND), "three reads each"


def test_a_line_that_stands_moves_at_its_own_pace() -> None:
    slow = replace(NEXT, ahead=10, seconds_each=5.0, line_for=100.0, left_line=20)
    assert seconds(slow) == pytest.approx(10 / 0.2 + 5)


def test_a_line_of_a_moment_says_nothing_of_its_pace() -> None:
    young = replace(NEXT, ahead=10, seconds_each=5.0, line_for=2.0, left_line=1)
    assert seconds(young) < 10


def test_a_line_is_never_thought_faster_than_the_quota() -> None:
    fast = replace(NEXT, ahead=92, seconds_each=0.0, line_for=100.0, left_line=90_000)
    assert seconds(fast) == seconds(replace(NEXT, ahead=92, seconds_each=0.0))


def test_a_provider_that_wants_to_be_left_alone_is_waited_for() -> None:
    blocked = replace(NEXT, ahead=9, seconds_each=5.0, line_for=60.0, blocked_for=120.0)
    assert seconds(blocked) == pytest.approx(120 + 9 / A_SECOND + 5)
    begun = replace(NEXT, begun=True, begun_for=50.0, seconds_each=60.0, blocked_for=120.0)
    assert seconds(begun) == 120


def test_what_has_begun_needs_the_rest_of_its_time_alone() -> None:
    begun = replace(NEXT, begun=True, begun_for=20.0, seconds_each=60.0, ahead=500)
    assert seconds(begun) == 40
    assert place_of(begun) == 1
    assert seconds(replace(begun, begun_for=500.0)) == 0


def test_an_archive_under_way_has_to_end_first() -> None:
    usual = replace(NEXT, archive_under_way=True, seconds_each=60.0)
    assert seconds(usual) == 60 + USUAL_ARCHIVE_SECONDS[Provider.TEAMS]
    assert seconds(replace(usual, archive_each=33.0)) == 93


def test_the_place_counts_those_who_have_not_begun() -> None:
    assert place_of(NEXT) == 1
    assert place_of(replace(NEXT, ahead=7)) == 8
