"""Why a token does not say who calls, in words for whoever sent it."""

from hwb_runtime.problems import ProblemError

_EXPIRED_OR_WRONG = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class NotSignedInError(ProblemError):
    """The request has no bearer token. Sign in, and send the token with every request."""

    def __init__(self) -> None:
        super().__init__(
            status=401,
            code="not_signed_in",
            title="Who are you?",
            detail="Send a valid bearer token in the Authorization header.",
            headers={"WWW-Authenticate": "Bearer"},
        )


class TokenNotValidError(ProblemError):
    """The token was not made by the sign-in that this service trusts, or not for this service.

    If everybody is refused so, compare the ``OIDC_…`` settings with the provider's documents.
    """

    def __init__(self) -> None:
        super().__init__(
            status=401,
            code="token_not_valid",
            title="This token is not valid here",
            detail="Nothing was changed. It is damaged, withdrawn, or was made by or for somebody "
            "else. Sign in again; a Provisioning Client checks its credentials file.",
            headers=_EXPIRED_OR_WRONG,
        )


class TokenExpiredError(ProblemError):
    """The token's time is over. Sign in again; if a new one is refused too, look at the clocks."""

    def __init__(self) -> None:
        super().__init__(
            status=401,
            code="token_expired",
            title="Your sign-in has run out",
            detail="Nothing was changed. Sign in again and repeat what you did.",
            headers=_EXPIRED_OR_WRONG,
        )


class TokenIncompleteError(ProblemError):
    """The token is genuine, but names no role of ours, or not the school or authority it is for.

    Give the person a role (and school or authority) at the sign-in provider; which claims are read
    is in docs/reference/who-may-do-what.md.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            status=403,
            code="token_incomplete",
            title="Your sign-in does not say what you may do",
            detail=f"Nothing was changed. It names no valid {what}. Ask your Digital Champion or "
            "the Service Desk to complete your account.",
        )


class SignInAwayError(ProblemError):
    """The sign-in provider's public keys cannot be had, so nobody's token can be checked.

    Look whether the provider answers at the address of the setting ``OIDC_JWKS`` or
    ``OIDC_ISSUER``; nothing has to be started again when it does.
    """

    def __init__(self) -> None:
        super().__init__(
            status=503,
            code="sign_in_away",
            title="Sign-in is away for the moment",
            detail="Nothing was changed. Your token cannot be checked just now. Try again soon.",
            headers={"Retry-After": "5"},
        )
