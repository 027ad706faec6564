"""When a provider counts as out of order: many groups fail, and hardly a call succeeds."""

import pytest

from hwb_groups.domain.breaker import LONGEST_SECONDS, Seen, is_out_of_order, open_seconds


def calls(failed: int, fine: int, groups: int) -> list[Seen]:
    return [
        Seen(at=float(n), target=f"/teams/{n % groups}", failed=n < failed)
        for n in range(failed + fine)
    ]


@pytest.mark.parametrize(("failed", "fine", "groups"), [(10, 0, 10), (40, 10, 50), (10, 2, 5)])
def test_it_is_out_of_order_where_nearly_everything_fails(
    failed: int, fine: int, groups: int
) -> None:
    assert is_out_of_order(calls(failed, fine, groups))


def test_a_few_failures_say_nothing() -> None:
    assert not is_out_of_order(calls(9, 0, 9))
    assert not is_out_of_order([])


def test_a_few_groups_that_always_fail_are_not_the_provider() -> None:
    assert not is_out_of_order(calls(100, 0, 4))


def test_where_a_fifth_succeeds_it_is_not_out_of_order() -> None:
    assert not is_out_of_order(calls(75, 25, 100))


def test_it_is_left_in_peace_for_longer_each_time_but_not_for_ever() -> None:
    assert [open_seconds(level) for level in range(1, 7)] == [30, 60, 120, 240, 300, 300]
    assert open_seconds(50) == LONGEST_SECONDS
