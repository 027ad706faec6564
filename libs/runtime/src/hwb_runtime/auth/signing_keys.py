"""The public keys of the sign-in provider, as fresh as they need to be."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import httpx
import structlog
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, KeySetSerialization

from hwb_runtime.auth.refusals import SignInAwayError
from hwb_runtime.errors import SettingsError

FETCH_SECONDS = 5.0
DISCOVERY = "/.well-known/openid-configuration"

log = structlog.get_logger("hwb_runtime.auth")
FetchKeys = Callable[[], Awaitable[KeySet]]


class KeysNotReadableError(Exception):
    """The provider's answer holds no usable keys. Look at its JWKS and discovery documents."""


class SigningKeys:
    """Keys by their id.

    They are fetched when first needed, again when they are older than ``fresh_seconds``, and for
    a key id that is not among them: so a provider may change its keys at any time. Between two
    fetches lie at least ``refetch_seconds``, whatever tokens are sent. Where a fetch fails, the
    keys that are there stay in use.
    """

    def __init__(
        self,
        fetch: FetchKeys,
        *,
        refetch_seconds: float,
        fresh_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._refetch_seconds = refetch_seconds
        self._fresh_seconds = fresh_seconds
        self._monotonic = monotonic
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def key(self, kid: str | None) -> Key | None:
        """The key of this id (the only one there is for None); None where there is no such key.

        Raises SignInAwayError where no keys could be had yet.
        """
        if self._monotonic() - self._fetched_at > self._fresh_seconds:
            await self._renew()
        found = self._look_up(kid)
        if found is None:
            await self._renew()
            found = self._look_up(kid)
        if self._keys is None:
            raise SignInAwayError
        return found

    def _look_up(self, kid: str | None) -> Key | None:
        if self._keys is None:
            return None
        try:
            return self._keys.get_by_kid(kid)
        except InvalidKeyIdError:
            return None

    async def _renew(self) -> None:
        async with self._one_at_a_time:
            if self._monotonic() - self._tried_at < self._refetch_seconds:
                return
            self._tried_at = self._monotonic()
            try:
                self._keys = await self._fetch()
            except (httpx.HTTPError, KeysNotReadableError, SettingsError) as error:
                log.warning("signing_keys_not_fetched", reason=str(error) or type(error).__name__)
                return
            self._fetched_at = self._monotonic()


def keys_at(address: str, *, transport: httpx.AsyncBaseTransport | None = None) -> FetchKeys:
    """Fetches the JWKS at an address; tests give ``transport`` to answer in the process."""

    async def fetch() -> KeySet:
        return _key_set(await _get(address, transport))

    return fetch


def keys_of_issuer(issuer: str, *, transport: httpx.AsyncBaseTransport | None = None) -> FetchKeys:
    """Fetches the JWKS that the issuer's discovery document names."""

    async def fetch() -> KeySet:
        document = await _get(issuer.rstrip("/") + DISCOVERY, transport)
        if document.get("issuer") != issuer or "jwks_uri" not in document:
            message = f"The discovery document is not that of {issuer}, or names no jwks_uri."
            raise KeysNotReadableError(message)
        return _key_set(await _get(str(document["jwks_uri"]), transport))

    return fetch


def keys_in(path: Path) -> FetchKeys:
    """Reads a JWKS file, anew each time. Raises SettingsError where it cannot be used now."""

    def read() -> KeySet:
        try:
            return _key_set(json.loads(path.read_text()))
        except (OSError, ValueError, KeysNotReadableError) as error:
            message = f"The JWKS file {path} cannot be used: {error}"
            raise SettingsError(message) from error

    async def fetch() -> KeySet:
        return await asyncio.to_thread(read)

    read()
    return fetch


async def _get(address: str, transport: httpx.AsyncBaseTransport | None) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=transport, timeout=FETCH_SECONDS) as client:
        answer = await client.get(address)
    answer.raise_for_status()
    try:
        document = answer.json()
    except ValueError as error:
        message = f"{address} is no JSON."
        raise KeysNotReadableError(message) from error
    if not isinstance(document, dict):
        message = f"{address} is no JSON object."
        raise KeysNotReadableError(message)
    return document


def _key_set(document: Any) -> KeySet:
    try:
        return KeySet.import_key_set(cast("KeySetSerialization", document))
    except (JoseError, KeyError, TypeError, ValueError) as error:
        message = f"It is no set of keys: {error}"
        raise KeysNotReadableError(message) from error
