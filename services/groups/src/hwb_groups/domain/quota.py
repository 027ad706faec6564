"""How many calls a second the providers allow, and how much of it bulk work may take."""

from dataclasses import dataclass
from enum import StrEnum

from hwb_schemas.words import Provider


class Kind(StrEnum):
    """A kind of call with a quota of its own (facts/providers.md 1.1 and 2)."""

    GRAPH_WRITE = "graph_write"
    GRAPH_GET = "graph_get"
    GRAPH_MEMBERS = "graph_members"
    GRAPH_CREATE = "graph_create"
    GRAPH_EDUCATION = "graph_education"
    CLASSROOM_PROJECT = "classroom_project"
    CLASSROOM_USER = "classroom_user"


class Share(StrEnum):
    """Bulk takes only part of a quota, so that a restore never finds it used up."""

    WHOLE = "whole"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls in any window of so many provider seconds."""

    provider: Provider
    calls: float
    seconds: float


QUOTAS = {
    Kind.GRAPH_WRITE: Quota(Provider.TEAMS, 30, 1),
    Kind.GRAPH_GET: Quota(Provider.TEAMS, 30, 1),
    Kind.GRAPH_MEMBERS: Quota(Provider.TEAMS, 60, 1),
    Kind.GRAPH_CREATE: Quota(Provider.TEAMS, 10, 1),
    Kind.GRAPH_EDUCATION: Quota(Provider.TEAMS, 5000, 10),
    Kind.CLASSROOM_PROJECT: Quota(Provider.CLASSROOM, 3000, 60),
    Kind.CLASSROOM_USER: Quota(Provider.CLASSROOM, 1200, 60),
}
ONE_TEAM = Quota(Provider.TEAMS, 3, 1)
"""Microsoft allows four; the fourth is for a look at an operation, whose place names no team."""

BULK_PART = 0.99
"""A restore finds its turns because bulk work reserves few ahead; the rest lets it catch up."""

JITTER_SECONDS = 0.03
"""How much later than another a call may reach the provider and still find room in the window."""

BURST_PART = 0.01
"""Part of a window's calls that may come at once; at least one may."""

SHORTEST_WINDOW_SECONDS = 1.0
"""A rehearsal's time scale makes no window shorter: it would be all jitter."""

SAME_TEAM_SECONDS = 1.0
"""A team is left alone for so long between two steps, of one operation or of two."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be used of a quota, in real seconds.

    A bucket that holds ``burst`` calls and fills by ``rate`` a second lets go at most
    ``burst + rate * (seconds + jitter)`` calls that may meet in one window: no more than ``calls``.
    """

    calls: int
    seconds: float
    rate: float
    burst: float


def allowance_of(quota: Quota, *, time_scale: float) -> Allowance:
    """The same for a provider whose time runs so many times faster."""
    seconds = max(quota.seconds / time_scale, SHORTEST_WINDOW_SECONDS)
    calls = quota.calls / quota.seconds * time_scale * seconds
    burst = max(1.0, calls * BURST_PART)
    rate = (calls + 1 - burst) / (seconds + JITTER_SECONDS)
    return Allowance(calls=int(calls), seconds=seconds, rate=rate, burst=burst)


def bucket_of(kind: Kind, share: Share) -> str:
    """The name of a bucket."""
    return kind.value if share is Share.WHOLE else f"{kind.value}.bulk"


def rate_of(kind: Kind, share: Share, *, time_scale: float) -> float:
    """Calls a real second that a bucket lets go at full rate."""
    part = BULK_PART if share is Share.BULK else 1.0
    return allowance_of(QUOTAS[kind], time_scale=time_scale).rate * part
