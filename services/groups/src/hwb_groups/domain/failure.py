"""What a failed call means: try again, when, or park it with a reason that a person can act on."""

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


_REASONS = {
    FailureCode.NO_OWNER: (
        "The provider lets nobody change it because its owner's account is closed there. Make an "
        "active account its owner in the provider's admin centre, then requeue it."
    ),
    FailureCode.FORBIDDEN: (
        "The provider does not allow our app to do this. Check the app's permissions in the "
        "provider's admin centre, then requeue it."
    ),
    FailureCode.NOT_FOUND: (
        "It is not there any more: somebody deleted it at the provider. Restore it in the "
        "provider's admin centre and requeue it, or tell the school that it is gone."
    ),
    FailureCode.REFUSED: (
        "The provider refuses the request. Look at the error code in the service's log, mend the "
        "cause at the provider, then requeue it."
    ),
    FailureCode.STUCK: (
        "The provider has not finished for two hours. Look at its service health page; requeue it "
        "when the provider is well, or open a ticket with the provider."
    ),
    FailureCode.UNAVAILABLE: (
        "The provider fails again and again on this one. Look at its service health page; if only "
        "this one is concerned, check that its owner's account exists, then requeue it."
    ),
    FailureCode.OPERATION_FAILED: (
        "The provider accepted the request and then failed. Try it by hand in the provider's "
        "admin centre to see why, then requeue it."
    ),
    FailureCode.MEMBERS_REFUSED: (
        "The provider does not know some of its members, or refuses them. Check that their "
        "accounts exist and are licensed at the provider, then requeue it."
    ),
}


def reason_of(code: FailureCode) -> str:
    """What happened and what to do, for the Service Desk."""
    return _REASONS[code]


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
