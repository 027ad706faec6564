"""What people do about a case: each step has a person and a reason, and none is ever changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """The kinds of step."""

    COMMENTED = "commented"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Step:
    """One of them. ``subject`` is the person's, ``value`` the new owner or the decision."""

    what: What
    reason: str
    role: str
    subject: str
    at: datetime
    opening: int
    value: str | None = None
