"""The issuer's three pages: discovery document, keys, and tokens for client credentials."""

import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import FastAPI, Form
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from hwb_rehearsal.issuer.clients import LocalClients, identity_of

ALGORITHM = "ES256"
AUDIENCE = "hwb-rollover"
LOCAL = "local"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class IssuerRefusedError(Exception):
    """This issuer gives tokens to whoever knows one secret: it is for one machine alone.

    Set HWB_ENV=local if this is a rehearsal; else name a real provider in the OIDC settings.
    """


def make_issuer(
    issuer: str,
    clients: LocalClients,
    *,
    environment: Mapping[str, str],
    lasts: int = 300,
) -> FastAPI:
    """The application at the address ``issuer``; its tokens last so many seconds.

    The signing key is made here and never leaves the process: after a new start all tokens are
    void, and everybody fetches the new key. Raises IssuerRefusedError unless HWB_ENV is local and
    there is a secret.
    """
    if environment.get("HWB_ENV") != LOCAL:
        message = "The built-in issuer runs only where HWB_ENV is local."
        raise IssuerRefusedError(message)
    if not clients.secret:
        message = "The built-in issuer needs a secret, in HWB_ISSUER_SECRET."
        raise IssuerRefusedError(message)
    key = ECKey.generate_key("P-256", parameters={"use": "sig", "alg": ALGORITHM}, auto_kid=True)
    app = FastAPI(title="Hwb's issuer for one machine", docs_url=None, redoc_url=None)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, str | list[str]]:
        return {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/jwks",
            "token_endpoint": f"{issuer}/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    @app.get("/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(KeySet([key]).as_dict(private=False))

    @app.post("/token")
    async def token(
        grant_type: Annotated[str, Form()],
        client_id: Annotated[str, Form()] = "",
        client_secret: Annotated[str, Form()] = "",
    ) -> JSONResponse:
        if grant_type != "client_credentials":
            return _refused(400, "unsupported_grant_type", "Only client_credentials is known here.")
        who = identity_of(client_id)
        if who is None or not clients.knows(client_id, client_secret):
            return _refused(
                401, "invalid_client", "There is no such client, or it is not this one."
            )
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + lasts,
            **who.claims,
        }
        signed = jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)
        body = {"access_token": signed, "token_type": "Bearer", "expires_in": lasts}
        return JSONResponse(body, headers=NO_STORE)

    return app


def _refused(status: int, error: str, description: str) -> JSONResponse:
    body = {"error": error, "error_description": description}
    return JSONResponse(body, status_code=status, headers=NO_STORE)
