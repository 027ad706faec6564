"""Why a Provisioning Client does not get further, in words for whoever runs it or gives it out."""

from hwb_runtime.problems import ProblemError


class ClientUnknownError(ProblemError):
    """The school has no such credentials. Take the client_id from the list of its clients."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            status=404,
            code="client_unknown",
            title="This school has no such credentials",
            detail=f"There is no {client_id}. The school's credentials are listed at ../clients.",
        )


class ClientRevokedError(ProblemError):
    """Revoked credentials stay so. Make new ones for the school."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            status=409,
            code="client_revoked",
            title="These credentials were revoked",
            detail=f"Nothing was changed. {client_id} stays revoked; make new credentials.",
        )


class CredentialsRefusedError(ProblemError):
    """Id and secret do not go together: a typing error, a secret that was replaced, or revoked."""

    def __init__(self) -> None:
        super().__init__(
            status=401,
            code="credentials_refused",
            title="Hwb does not take these credentials",
            detail="Nothing was changed. The secret in the client's credentials file is not, or no "
            "longer, that of its client_id. Put in the newest one; if it was lost, the Service "
            "Desk has a new one made.",
            extra={"error": "invalid_client"},
            headers={"WWW-Authenticate": "Basic", "Cache-Control": "no-store"},
        )


class GrantUnknownError(ProblemError):
    """Tokens are given for client credentials alone. Set ``grant_type=client_credentials``."""

    def __init__(self) -> None:
        super().__init__(
            status=400,
            code="grant_unknown",
            title="Tokens are given for client credentials alone",
            detail="Send grant_type=client_credentials. People sign in at Hwb, not here.",
            extra={"error": "unsupported_grant_type"},
            headers={"Cache-Control": "no-store"},
        )


class TooManyUploadsError(ProblemError):
    """A client sends a school's data more often than anybody needs. Look at its schedule.

    The settings CLIENT_UPLOADS_AT_ONCE and CLIENT_UPLOADS_PER_HOUR say how often.
    """

    def __init__(self, *, seconds: int) -> None:
        super().__init__(
            status=429,
            code="too_many_uploads",
            title="The school's data are sent too often",
            detail=f"Nothing was changed. Try again in {seconds} seconds. Once a day is enough; "
            "look whether the client's schedule runs more than once.",
            headers={"Retry-After": str(seconds)},
        )


class TooManyPreviewsError(ProblemError):
    """A client asks for previews more often than anybody reads them. Look at its schedule.

    The settings CLIENT_UPLOADS_AT_ONCE and CLIENT_UPLOADS_PER_HOUR say how often.
    """

    def __init__(self, *, seconds: int) -> None:
        super().__init__(
            status=429,
            code="too_many_previews",
            title="Previews of the school's data are asked for too often",
            detail=f"Nothing was changed. Try again in {seconds} seconds. A push needs no preview; "
            "look whether the client's schedule asks for one each time.",
            headers={"Retry-After": str(seconds)},
        )


class TooManySignInsError(ProblemError):
    """Somebody tries one wrong secret after the other. The right one is taken at any time."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__(
            status=429,
            code="too_many_sign_ins",
            title="Too many wrong secrets",
            detail=f"Nothing was changed. Try again in {seconds} seconds, with the newest secret. "
            "If it was lost, the Service Desk has a new one made.",
            extra={"error": "invalid_client"},
            headers={"Retry-After": str(seconds), "Cache-Control": "no-store"},
        )
