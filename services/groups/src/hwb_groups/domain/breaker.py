"""When a provider is out of order as a whole, and for how long it is then left in peace."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

WATCHED_CALLS = 25
WATCHED_SECONDS = 60.0
"""The latest calls are looked at, none that is older than so many real seconds."""
LEAST_FAILURES = 10
LEAST_GROUPS = 5
SHARE = 0.8
FIRST_SECONDS = 30.0
LONGEST_SECONDS = 300.0
PROBE_SECONDS = 30.0
"""Provider seconds after which another probe is made, where one has not come back."""


class Gate(StrEnum):
    """What may be claimed of a provider's operations."""

    ALL = "all"
    ONE = "one"
    """One, to see whether the provider is back; and restores."""
    URGENT = "urgent"
    """Restores alone."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that was answered, or not: 5xx and silence are failures."""

    at: float
    target: str
    failed: bool


def is_out_of_order(calls: Iterable[Seen]) -> bool:
    """Whether it is the provider that fails, and not a few of its groups.

    Judged over reads and writes apart: a provider that can be read but not changed is out of order
    too. A group that always answers 500 is one group, however often it is tried.
    """
    some = list(calls)
    failures = [call for call in some if call.failed]
    return (
        len(failures) >= LEAST_FAILURES
        and len({call.target for call in failures}) >= LEAST_GROUPS
        and len(failures) >= SHARE * len(some)
    )


def open_seconds(level: int) -> float:
    """Provider seconds for which it is left in peace, the ``level``-th time in a row (from 1)."""
    return min(FIRST_SECONDS * 2.0 ** (level - 1), LONGEST_SECONDS)
