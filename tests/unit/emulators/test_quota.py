"""A quota must be exact: the groups service is judged by the 429s it does not get."""

from hwb_rehearsal.emulators.quota import Quota, Refused, SlidingWindow
from hwb_rehearsal.emulators.time import ProviderTime, VirtualClock


def window(clock: VirtualClock, *, scale: float = 1.0, refused: Refused = "count") -> SlidingWindow:
    return SlidingWindow(Quota(3, 1), ProviderTime(clock, scale), refused)


def test_the_fourth_call_within_a_second_is_refused_and_told_how_long_to_wait() -> None:
    calls = window(VirtualClock())

    assert [calls.retry_after() for _ in range(4)] == [None, None, None, 1]


def test_a_call_is_allowed_again_when_the_oldest_has_left_the_window() -> None:
    clock = VirtualClock()
    calls = window(clock)
    for _ in range(3):
        calls.retry_after()
        clock.advance(0.25)

    assert calls.retry_after() == 1
    clock.advance(0.5)
    assert calls.retry_after() is None


def test_refused_tries_count_where_the_provider_counts_them() -> None:
    clock = VirtualClock()
    strict, lenient = window(clock), window(clock, refused="do_not_count")
    for _ in range(6):
        strict.retry_after()
        lenient.retry_after()
    clock.advance(0.9)
    strict.retry_after()
    clock.advance(0.2)

    assert lenient.retry_after() is None
    clock.advance(0.1)
    assert [strict.retry_after() for _ in range(3)] == [None, None, 1]


def test_a_time_scale_multiplies_the_quota_and_keeps_the_window_a_real_second() -> None:
    clock = VirtualClock()
    calls = window(clock, scale=10)

    assert [calls.retry_after() for _ in range(31)] == [None] * 30 + [10]
