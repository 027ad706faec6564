"""A sign-in provider of the tests: it signs what it is told, and counts who asks for its keys."""

import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from hwb_runtime.settings import ServiceSettings

ISSUER = "https://sign-in.example/hwb"


def settings_with(**values: Any) -> ServiceSettings:
    given: dict[str, Any] = {
        "database_url": "none",
        "kafka": "none",
        "oidc_issuer": ISSUER,
        "register_file": "none",
        "calendar_file": "none",
        "person_ref_secret": "secret",
        **values,
    }
    return ServiceSettings(**given)


class SignInProvider(httpx.AsyncBaseTransport):
    """Answers as an OpenID provider at ISSUER does, for the discovery document and the keys."""

    def __init__(self) -> None:
        self.keys: list[ECKey] = []
        self.fetches = 0
        self.is_away = False
        self.change_key()

    def change_key(self, *, keep_old: bool = True) -> None:
        """Sign with a new key from now on."""
        key = ECKey.generate_key("P-256", auto_kid=True)
        self.keys = [*(self.keys if keep_old else []), key]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("no", request=request)
        if request.url.path.endswith("/.well-known/openid-configuration"):
            document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
            return httpx.Response(200, json=document, request=request)
        self.fetches += 1
        return httpx.Response(200, json=self.jwks(), request=request)

    def jwks(self) -> Any:
        """The public keys."""
        return KeySet(list(self.keys)).as_dict(private=False)

    def token(self, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token of a Digital Champion; a claim that is None is left out."""
        now = int(time.time())
        told = {
            "iss": ISSUER,
            "aud": "hwb-rollover",
            "iat": now,
            "exp": now + 300,
            "sub": "acc-1",
            "hwb_role": "digital_champion",
            "hwb_school": "6604027",
            **claims,
        }
        key = self.keys[-1]
        return jwt.encode(
            {"alg": "ES256", "kid": key.kid, **(header or {})},
            {name: value for name, value in told.items() if value is not None},
            key,
        )
