"""Who calls, and what he or she may see: the one place that decides it."""

from hwb_runtime.auth.caller import NATIONAL, OF_A_SCHOOL, Caller, Callers, ensure_school
from hwb_runtime.auth.guard import RoleGuard, caller_with
from hwb_runtime.auth.opening import open_callers
from hwb_runtime.auth.refusals import (
    NotSignedInError,
    SignInAwayError,
    TokenExpiredError,
    TokenIncompleteError,
    TokenNotValidError,
)

__all__ = [
    "NATIONAL",
    "OF_A_SCHOOL",
    "Caller",
    "Callers",
    "NotSignedInError",
    "RoleGuard",
    "SignInAwayError",
    "TokenExpiredError",
    "TokenIncompleteError",
    "TokenNotValidError",
    "caller_with",
    "ensure_school",
    "open_callers",
]
