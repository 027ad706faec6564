"""From the settings to whoever knows the callers."""

from pathlib import Path

import httpx

from hwb_runtime.auth.caller import Callers
from hwb_runtime.auth.oidc import ClaimNames, OidcCallers, TokenRules
from hwb_runtime.auth.signing_keys import (
    FetchKeys,
    SigningKeys,
    keys_at,
    keys_in,
    keys_of_issuer,
)
from hwb_runtime.errors import SettingsError
from hwb_runtime.settings import ServiceSettings
from hwb_schemas.words import Role

LOCAL = "local"


def open_callers(
    settings: ServiceSettings, *, transport: httpx.AsyncBaseTransport | None = None
) -> Callers:
    """Whoever the provider of the settings vouches for. Raises SettingsError."""
    claims = ClaimNames(
        subject=settings.oidc_subject_claim,
        role=settings.oidc_role_claim,
        school=settings.oidc_school_claim,
        authority=settings.oidc_authority_claim,
        roles=settings.oidc_roles or {role.value: role for role in Role},
    )
    rules = TokenRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        algorithms=settings.oidc_algorithms,
        leeway=settings.oidc_leeway_seconds,
        claims=claims,
    )
    keys = SigningKeys(
        _source(settings, transport),
        refetch_seconds=settings.oidc_refetch_seconds,
        fresh_seconds=settings.oidc_fresh_seconds,
    )
    return OidcCallers(rules, keys)


def _source(settings: ServiceSettings, transport: httpx.AsyncBaseTransport | None) -> FetchKeys:
    jwks = settings.oidc_jwks
    if not jwks:
        _require_private(settings, settings.oidc_issuer)
        return keys_of_issuer(settings.oidc_issuer, transport=transport)
    if jwks.startswith(("http://", "https://")):
        _require_private(settings, jwks)
        return keys_at(jwks, transport=transport)
    return keys_in(Path(jwks))


def _require_private(settings: ServiceSettings, address: str) -> None:
    """Keys that anybody on the way could replace are worth nothing."""
    if not address.startswith("https://") and settings.env != LOCAL:
        message = (
            f"The sign-in provider's keys would be fetched from {address}, which is not https. "
            "Only where HWB_ENV is local may it be otherwise."
        )
        raise SettingsError(message)
