"""What a failed call means: try again, and when, or park it until a person has acted."""

from dataclasses import dataclass
from enum import StrEnum

MOST_ATTEMPTS = 6
BACKOFF_SECONDS = 2.0
LONGEST_BACKOFF_SECONDS = 300.0
POLL_SECONDS = 31.0
"""Microsoft asks for more than 30 seconds between two looks at an operation."""
STUCK_SECONDS = 7200.0
YOUNG_SECONDS = 900.0
"""A new Team may answer 404 for so long after it was made."""
YOUNG_AGAIN_SECONDS = 10.0
NOT_FOUND_ATTEMPTS = 3
VERIFIED_AFTER_SECONDS = 300.0
"""From then on an unfinished operation is checked by the state of the team, too."""


class FailureCode(StrEnum):
    """Why an operation is parked."""

    NO_OWNER = "no_owner"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    STUCK = "stuck"
    UNAVAILABLE = "unavailable"
    OPERATION_FAILED = "operation_failed"
    MEMBERS_REFUSED = "members_refused"


@dataclass(frozen=True, slots=True)
class TryAgain:
    """After so many provider seconds; attempts so far, which are limited."""

    after: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Park:
    """Never by itself again."""

    code: FailureCode


def after_failure(code: FailureCode, *, attempts: int, jitter: float) -> TryAgain | Park:
    """What follows a real failure, the ``attempts``-th so far included; jitter is in [0, 1).

    Full jitter: workers that failed together do not come back together.
    """
    if attempts >= MOST_ATTEMPTS or code in {FailureCode.FORBIDDEN, FailureCode.REFUSED}:
        return Park(code)
    longest = min(BACKOFF_SECONDS * 2.0**attempts, LONGEST_BACKOFF_SECONDS)
    return TryAgain(after=BACKOFF_SECONDS + jitter * longest, attempts=attempts)


def after_not_found(*, age: float, attempts: int, jitter: float) -> TryAgain | Park:
    """What follows a 404, by the group's age at the provider in provider seconds.

    An old one is looked for twice more: Teams has answered 404 for a moment to well-known teams.
    """
    if age < YOUNG_SECONDS:
        return TryAgain(after=YOUNG_AGAIN_SECONDS, attempts=attempts)
    if attempts + 1 >= NOT_FOUND_ATTEMPTS:
        return Park(FailureCode.NOT_FOUND)
    return after_failure(FailureCode.NOT_FOUND, attempts=attempts + 1, jitter=jitter)
