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
    """Calls a provider second, and how many may come at once."""

    provider: Provider
    rate: float


QUOTAS = {
    Kind.GRAPH_WRITE: Quota(Provider.TEAMS, 30.0),
    Kind.GRAPH_GET: Quota(Provider.TEAMS, 30.0),
    Kind.GRAPH_MEMBERS: Quota(Provider.TEAMS, 60.0),
    Kind.GRAPH_CREATE: Quota(Provider.TEAMS, 10.0),
    Kind.GRAPH_EDUCATION: Quota(Provider.TEAMS, 500.0),
    Kind.CLASSROOM_PROJECT: Quota(Provider.CLASSROOM, 50.0),
    Kind.CLASSROOM_USER: Quota(Provider.CLASSROOM, 20.0),
}
BULK_PART = 0.8
MARGIN = 0.92
"""Part of the quota that is used: calls reach the provider less evenly than they are let go."""
BURST_SECONDS = 0.05
SAME_TEAM_SECONDS = 0.27
"""Microsoft allows an app four calls a second on one team."""


def bucket_of(kind: Kind, share: Share) -> str:
    """The name of a bucket."""
    return kind.value if share is Share.WHOLE else f"{kind.value}.bulk"


def rate_of(kind: Kind, share: Share, *, time_scale: float) -> float:
    """Calls a real second that a bucket lets go at full rate."""
    part = BULK_PART if share is Share.BULK else 1.0
    return QUOTAS[kind].rate * MARGIN * part * time_scale
