"""How the client says who it is: with a token that it gets for its credentials, or a given one.

Credentials are client id and secret in a file of their own; the token (OAuth 2.0 client
credentials, RFC 6749 4.4) is fetched when it is needed and again before it runs out.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hwb_provisioning_client.errors import NotAllowedError, UsageError

TOKEN_PATH = "/v1/tokens"  # noqa: S105 - an address
SHORTEST_REST = 30.0
UNAUTHORISED = 401


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a school was given: kept in a file, never on a command line."""

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str


class ClientCredentials(httpx.Auth):
    """Signs requests with a token that renews itself; one object may serve many requests at once.

    A token is not used in its last half minute, since a request may wait on its way. Where Hwb
    refuses one all the same (it was withdrawn, or the clocks differ), a new one is fetched once.
    Where none can be had, the refusal is the answer to the request.
    """

    def __init__(
        self, credentials: Credentials, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._credentials = credentials
        self._monotonic = monotonic
        self._token = ""
        self._good_until = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        for _ in range(2):
            if self._monotonic() >= self._good_until:
                async with self._one_at_a_time:
                    if self._monotonic() >= self._good_until:
                        answer = yield self._token_request()
                        await answer.aread()
                        if not self._take(answer):
                            return
            used = self._token
            request.headers["Authorization"] = f"Bearer {used}"
            answer = yield request
            if answer.status_code != UNAUTHORISED:
                return
            if used == self._token:
                self._good_until = float("-inf")

    def _token_request(self) -> httpx.Request:
        mine = self._credentials
        return httpx.Request(
            "POST",
            mine.token_url,
            data={
                "grant_type": "client_credentials",
                "client_id": mine.client_id,
                "client_secret": mine.client_secret,
            },
            headers={"Accept": "application/json"},
        )

    def _take(self, answer: httpx.Response) -> bool:
        told = _json(answer) if answer.is_success else {}
        if not told.get("access_token"):
            return False
        lasts = float(told.get("expires_in", SHORTEST_REST))
        self._token = str(told["access_token"])
        self._good_until = self._monotonic() + max(lasts - SHORTEST_REST, lasts / 2)
        return True


class GivenToken(httpx.Auth):
    """Signs requests with the token that somebody was given, until that runs out."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def read_sign_in(url: str, *, token_file: Path | None, credentials_file: Path | None) -> httpx.Auth:
    """Whichever of the two files was given. Raises UsageError or NotAllowedError."""
    require_one_file(token_file, credentials_file)
    if credentials_file is not None:
        return ClientCredentials(read_credentials(credentials_file, url))
    return GivenToken(_token(token_file or Path()))


def require_one_file(token_file: Path | None, credentials_file: Path | None) -> None:
    """Raises UsageError where neither was named, or both."""
    if (token_file is None) == (credentials_file is None):
        raise UsageError(
            "sign_in_not_given",
            "It must be said how to sign in",
            "Give either --credentials-file (the file with client_id and client_secret that Hwb "
            "gave your school) or --token-file.",
        )


def read_credentials(path: Path, url: str) -> Credentials:
    """A JSON object with ``client_id``, ``client_secret`` and, elsewhere than Hwb, ``token_url``.

    Raises UsageError; what is in the file is in no message.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            "credentials_not_readable",
            "The credentials file cannot be read",
            f"{path}: {error.strerror}. It must be readable for this user, and for nobody else.",
        ) from error
    except ValueError as error:
        raise _not_credentials(path) from error
    names = ("client_id", "client_secret")
    if not isinstance(told, dict) or not all(_is_plain(told.get(name)) for name in names):
        raise _not_credentials(path)
    token_url = told.get("token_url") or url.rstrip("/") + TOKEN_PATH
    return Credentials(told["client_id"], told["client_secret"], str(token_url))


def _not_credentials(path: Path) -> UsageError:
    return UsageError(
        "credentials_not_valid",
        "The credentials file is not one",
        f'{path} must hold {{"client_id": "…", "client_secret": "…"}}, as Hwb gave it. If it was '
        "lost, an operator of Hwb makes a new secret.",
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable()


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "token_not_readable",
            "The token file cannot be read",
            f"{path}: {error}. It must hold the token alone and be readable for this user.",
        ) from error
    if not token or not token.isprintable() or " " in token:
        raise NotAllowedError(
            "token_empty",
            "The token file holds no token",
            f"{path} must hold the token alone, on one line.",
        )
    return token


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
