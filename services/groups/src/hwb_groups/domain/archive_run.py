"""An archive run: how it stands, in which hours it works, and when it will have ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from hwb_groups.domain.failure import POLL_SECONDS
from hwb_groups.domain.quota import Kind, Share, rate_of
from hwb_schemas.words import Provider

MEASURED_SECONDS = 600.0
"""Provider seconds over which the recent rate is counted."""
FIRST_SECONDS = 120.0
"""Provider seconds in which hardly a group has come to its end, so that a rate says nothing."""
MOST_DAYS = 366

_CALLS = {
    Provider.TEAMS: {Kind.GRAPH_GET: 3, Kind.GRAPH_WRITE: 1},
    Provider.CLASSROOM: {Kind.CLASSROOM_USER: 2, Kind.CLASSROOM_PROJECT: 2},
}
"""What one archive costs: Teams reads the state, asks, polls once and reads again."""


class RunState(StrEnum):
    """How an archive run stands. ``cancelled`` ends when what was queued has been given back."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class Basis(StrEnum):
    """What an estimate rests on."""

    MEASURED = "measured"
    """The groups that were archived in the last minutes."""
    QUOTA = "quota"
    """The provider's quota: too little has been archived yet to count."""
    NONE = "none"
    """No estimate: paused, ended, or nothing was archived in the last minutes."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Civil hours of the day in which archives may be begun; ``end`` may be on the next morning."""

    begin: time
    end: time

    def __contains__(self, moment: time) -> bool:
        if self.begin < self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a run will have ended; None where nothing honest can be said."""

    ends_at: datetime | None
    basis: Basis


def quota_rate(provider: Provider, *, time_scale: float) -> float:
    """Archives a real second that bulk's part of the quota allows."""
    return min(
        rate_of(kind, Share.BULK, time_scale=time_scale) / calls
        for kind, calls in _CALLS[provider].items()
    )


def seconds_left(
    left: Mapping[Provider, int],
    recent: Mapping[Provider, int],
    *,
    open_for: float,
    time_scale: float,
) -> tuple[float, Basis] | None:
    """Real seconds of work that are left; None where a provider has come to nothing lately.

    ``left`` and ``recent`` are archives to come and those that ended in the last minutes,
    ``open_for`` the real seconds since the run was last opened. The providers work side by side,
    so the slower one decides.
    """
    span = min(open_for, MEASURED_SECONDS / time_scale)
    early = open_for < FIRST_SECONDS / time_scale
    longest = 0.0
    for provider, number in left.items():
        if not number:
            continue
        rate = (
            quota_rate(provider, time_scale=time_scale) if early else _rate(recent, provider, span)
        )
        if rate <= 0:
            return None
        longest = max(longest, number / rate + POLL_SECONDS / time_scale)
    return longest, Basis.QUOTA if early else Basis.MEASURED


def _rate(recent: Mapping[Provider, int], provider: Provider, span: float) -> float:
    return recent.get(provider, 0) / span


def ends_at(now: datetime, seconds: float, hours: Hours | None) -> datetime | None:
    """When so many seconds of work have been done, from ``now`` (with its civil time zone) on.

    Work is done within the hours only; None where that would take longer than a year.
    """
    begin = now.astimezone(UTC)
    if hours is None:
        return begin + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    for days in range(-1, MOST_DAYS):
        day = now.date() + timedelta(days=days)
        last = day if hours.begin < hours.end else day + timedelta(days=1)
        opens = datetime.combine(day, hours.begin, tzinfo=now.tzinfo).astimezone(UTC)
        closes = datetime.combine(last, hours.end, tzinfo=now.tzinfo).astimezone(UTC)
        start = max(opens, begin)
        if closes <= start:
            continue
        if left <= closes - start:
            return start + left
        left -= closes - start
    return None
