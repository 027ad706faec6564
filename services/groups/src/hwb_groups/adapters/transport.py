"""One call to a provider: in its turn, within the lease, its answer sorted by what it means."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from hwb_groups.application.errors import ForbiddenError, ThrottledError, UnavailableError
from hwb_groups.domain.quota import (
    JITTER_SECONDS,
    ONE_TEAM,
    QUOTAS,
    Kind,
    Share,
    allowance_of,
)
from hwb_groups.metrics import CALLS
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_schemas.words import Provider

BEFORE_CALL = declare_crash_point(
    "provider_before_call", "an operation is claimed, the provider has not heard of it"
)
AFTER_CALL = declare_crash_point(
    "provider_after_call", "the provider has answered, nothing of it is written"
)
RETRY_AFTER_SECONDS = 30.0
"""Provider seconds to wait after a 429 that does not say how long."""
MOST_PACED_TEAMS = 10_000


class Limiter(Protocol):
    """Turns over all workers; see ``adapters.limiter``."""

    async def take(self, kinds: Sequence[Kind], share: Share) -> None: ...

    async def block(self, kinds: Sequence[Kind], *, seconds: float) -> None: ...


class Breaker(Protocol):
    """Judges a provider by how its calls end; see ``adapters.breaker``."""

    async def see(self, provider: Provider, *, writes: bool, target: str, failed: bool) -> None: ...


class Tokens(Protocol):
    """Gives a bearer token."""

    async def token(self) -> str: ...

    def forget(self) -> None:
        """The provider did not take the last one."""


@dataclass
class Pace:
    """Calls on one team: no more at a time than Microsoft allows; one operation a team is in hand.

    A call counts from its answer on, because it may have reached the provider as late as then.
    """

    time_scale: float
    _ended: dict[str, deque[float]] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, team: str) -> AsyncIterator[None]:
        """Wait until the team may be called; the block is the call."""
        allowance = allowance_of(ONE_TEAM, time_scale=self.time_scale)
        loop, window = asyncio.get_running_loop(), allowance.seconds + JITTER_SECONDS
        if len(self._ended) > MOST_PACED_TEAMS:
            long_ago = loop.time() - window
            lately = {key: e for key, e in self._ended.items() if e and e[-1] > long_ago}
            self._ended = lately
        ends = self._ended.setdefault(team, deque())
        if len(ends) >= allowance.calls:
            await asyncio.sleep(ends.popleft() + window - loop.time())
        try:
            yield
        finally:
            ends.append(loop.time())


@dataclass(frozen=True)
class Transport:
    """A provider's base address, on behalf of one operation."""

    http: httpx.AsyncClient
    base_url: str
    tokens: Tokens
    limiter: Limiter
    breaker: Breaker
    time_scale: float
    share: Share
    keep: Callable[[], Awaitable[None]]

    async def call(
        self,
        method: str,
        path: str,
        kinds: Sequence[Kind],
        *,
        json: Any = None,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Any answer that is neither 401, 403, 429 nor 5xx. Raises ProviderErrors for those.

        ``path`` is joined to the base address; one that is given whole must be of the same server,
        because the token goes along.
        """
        await self.keep()
        await self.limiter.take(kinds, self.share)
        url = self._address(path)
        headers = {"Authorization": f"Bearer {await self.tokens.token()}"}
        writes = int(method != "GET")
        crash_point(BEFORE_CALL, in_hand=writes)
        try:
            answer = await self.http.request(method, url, headers=headers, json=json, params=params)
        except httpx.TransportError as error:
            CALLS.labels(kinds[0].value, "none").inc()
            await self._see(method, path, kinds, failed=True)
            raise UnavailableError(type(error).__name__) from error
        crash_point(AFTER_CALL, in_hand=writes)
        CALLS.labels(kinds[0].value, str(answer.status_code)).inc()
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            await self._see(method, path, kinds, failed=answer.is_server_error)
        await self._sort(answer, kinds)
        return answer

    async def _see(self, method: str, path: str, kinds: Sequence[Kind], *, failed: bool) -> None:
        provider = QUOTAS[kinds[0]].provider
        await self.breaker.see(provider, writes=method != "GET", target=path, failed=failed)

    async def _sort(self, answer: httpx.Response, kinds: Sequence[Kind]) -> None:
        status = answer.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            seconds = _retry_after(answer) / self.time_scale
            await self.limiter.block(kinds, seconds=seconds)
            raise ThrottledError(seconds)
        if status == httpx.codes.UNAUTHORIZED:
            self.tokens.forget()
            raise UnavailableError("token_refused")
        if status == httpx.codes.FORBIDDEN:
            raise ForbiddenError(error_code(answer))
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(error_code(answer))

    def _address(self, path: str) -> str:
        if not path.startswith(("http://", "https://")):
            return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        if httpx.URL(path).netloc != httpx.URL(self.base_url).netloc:
            raise UnavailableError("location_elsewhere")
        return path


def error_code(answer: httpx.Response) -> str:
    """The provider's own word: Graph's ``error.code``, Google's ``error.status``, else the number.

    Google puts the reason before the text, as ``@InactiveCourseOwner``.
    """
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
    if not isinstance(error, dict):
        return str(answer.status_code)
    message = str(error.get("message", ""))
    if message.startswith("@"):
        return message[1:].split(" ", 1)[0]
    return str(error.get("status") or error.get("code") or answer.status_code)


def _retry_after(answer: httpx.Response) -> float:
    header = answer.headers.get("Retry-After", "")
    try:
        return max(float(header), 1.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds(), 1.0)
    except ValueError:
        return RETRY_AFTER_SECONDS
