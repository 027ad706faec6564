"""What may be used of a quota: nearly all of it, and never a call too many in any window."""

import asyncio
import random

import pytest

from hwb_groups.adapters.limiter import Window
from hwb_groups.adapters.transport import Pace
from hwb_groups.domain.quota import (
    JITTER_SECONDS,
    ONE_TEAM,
    QUOTAS,
    Kind,
    Quota,
    allowance_of,
)
from hwb_rehearsal.emulators.quota import Quota as ProviderQuota
from hwb_rehearsal.emulators.quota import SlidingWindow
from hwb_rehearsal.emulators.time import ProviderTime, VirtualClock
from hwb_rehearsal.emulators.virtual_loop import run_virtually
from hwb_schemas.words import Provider


def provider_window(quota: Quota, clock: VirtualClock) -> SlidingWindow:
    counted = ProviderQuota(quota.calls, quota.seconds)
    return SlidingWindow(counted, ProviderTime(clock), "count")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_full_bucket_leaves_room_for_calls_that_travel_longer(kind: Kind) -> None:
    quota = QUOTAS[kind]
    allowance = allowance_of(quota, time_scale=1.0)
    travel = random.Random(kind.value)
    at_once = int(allowance.burst)
    sent = [0.0] * at_once
    sent += [n / allowance.rate for n in range(1, int(allowance.rate * quota.seconds * 3))]
    arrivals = sorted(at + travel.uniform(0, JITTER_SECONDS) for at in sent)
    clock = VirtualClock()
    window = provider_window(quota, clock)

    for arrival in arrivals:
        clock.advance(arrival - clock())
        assert window.retry_after() is None


@pytest.mark.parametrize("kind", list(Kind))
def test_at_least_95_parts_in_a_hundred_of_a_quota_are_used(kind: Kind) -> None:
    quota = QUOTAS[kind]
    allowance = allowance_of(quota, time_scale=1.0)

    assert allowance.rate >= 0.95 * quota.calls / quota.seconds


def test_a_time_scale_multiplies_the_rate_and_shortens_no_window_below_a_second() -> None:
    real = allowance_of(QUOTAS[Kind.CLASSROOM_USER], time_scale=1.0)
    quick = allowance_of(QUOTAS[Kind.CLASSROOM_USER], time_scale=120.0)

    assert (real.calls, real.seconds) == (1200, 60.0)
    assert (quick.calls, quick.seconds) == (2400, 1.0)


def test_a_process_that_was_late_does_not_make_up_for_it_at_once() -> None:
    window = Window(allowance_of(Quota(Provider.TEAMS, 3, 1), time_scale=1.0))
    for now in (0.0, 0.1, 0.2):
        assert window.until_free(now) == 0.0
        window.sent(now)

    assert window.until_free(0.5) == pytest.approx(0.5 + JITTER_SECONDS)
    assert window.until_free(1.0 + JITTER_SECONDS) <= 0.0


def test_no_more_calls_meet_on_one_team_than_microsoft_allows() -> None:
    clock = VirtualClock()
    window = provider_window(Quota(Provider.TEAMS, 4, 1), clock)
    answers = []

    async def main() -> None:
        pace, travel = Pace(1.0), random.Random(1)
        for _ in range(40):
            async with pace.turn("team"):
                await asyncio.sleep(travel.uniform(0, 0.3))
                answers.append(window.retry_after())
                await asyncio.sleep(travel.uniform(0, 0.3))

    run_virtually(main, clock=clock, moved=lambda _: None)

    assert set(answers) == {None}
    assert clock() < 40 / ONE_TEAM.calls * 1.7, "three at a time do not wait for one another"
