"""Asks Hwb something until it answers, and says what an answer means that is not a success."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from hwb_provisioning_client.errors import (
    NotAllowedError,
    NotReachableError,
    RefusedError,
)

CHUNK_BYTES = 64 * 1024
TRY_AGAIN = frozenset({429, 502, 503, 504})
PROXY_WANTS_LOGIN = 407
NOT_ALLOWED = frozenset({401, 403})
LONGEST_PAUSE = 20.0
LONGEST_RETRY_AFTER = 120.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on: tries of one request, first pause, and seconds until a run settles."""

    tries: int = 6
    first_pause: float = 0.5
    settle_seconds: float = 600.0


@dataclass(frozen=True)
class Chunks:
    """The bytes piece by piece, from the start each time: a request may be sent twice.

    ``on_sent`` is told how many are sent, those before ``begin`` included.
    """

    data: bytes
    on_sent: Callable[[int], None]
    begin: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.on_sent(self.begin)
        for start in range(0, len(self.data), CHUNK_BYTES):
            yield self.data[start : start + CHUNK_BYTES]
            self.on_sent(self.begin + min(start + CHUNK_BYTES, len(self.data)))


async def answered(
    send: Callable[[], Any], patience: Patience, on_pause: Callable[[str], None]
) -> httpx.Response:
    """The first answer that is not "try again". Raises for every other failure."""
    reason = ""
    for attempt in range(patience.tries):
        pause = min(patience.first_pause * 2**attempt, LONGEST_PAUSE) * random.uniform(0.7, 1.3)
        try:
            answer: httpx.Response = await send()
        except httpx.ProxyError as error:
            if str(error).startswith(str(PROXY_WANTS_LOGIN)):
                raise _proxy_refuses() from error
            reason = f"the proxy makes no connection ({error})"
        except httpx.TransportError as error:
            reason = f"no connection ({type(error).__name__})"
        else:
            if answer.status_code not in TRY_AGAIN:
                return _good(answer)
            reason = f"Hwb is busy (HTTP {answer.status_code})"
            pause = _retry_after(answer, pause)
        if attempt + 1 < patience.tries:
            on_pause(f"{reason}; trying again in {pause:.1f} s")
            await asyncio.sleep(pause)
    raise NotReachableError(
        "not_reachable",
        "Hwb could not be reached",
        f"{patience.tries} tries, the last: {reason}. Check the address, the network and the "
        "proxy, then push again: an upload that did arrive is not taken twice.",
    )


def _proxy_refuses() -> NotReachableError:
    return NotReachableError(
        "proxy_wants_login",
        "The proxy wants a user and a password",
        "Nothing was sent. Put them into the proxy's address, as "
        "HTTPS_PROXY=http://user:password@proxy:8080, or ask whoever runs the proxy to let this "
        "computer through to Hwb.",
    )


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """The seconds that Hwb asks for. Raises NotReachableError where that is too long to stay."""
    told = answer.headers.get("Retry-After", "")
    seconds = float(told) if told.isdecimal() else otherwise
    if seconds > LONGEST_RETRY_AFTER:
        raise NotReachableError(
            "asked_to_wait",
            "Hwb asks to come back later",
            f"Nothing was changed. Push again in {seconds / 60:.0f} minutes.",
        )
    return seconds


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.status_code == PROXY_WANTS_LOGIN:
        raise _proxy_refuses()
    is_json = "json" in answer.headers.get("content-type", "")
    if answer.is_success and is_json:
        return answer
    problem: dict[str, Any] = {}
    if is_json:
        problem = answer.json()
    code = str(problem.get("code", f"http_{answer.status_code}"))
    title = str(problem.get("title", f"Hwb answered {answer.status_code}"))
    told = problem.get("detail") or problem.get("error_description")
    detail = str(told or "Check the address: is it that of Hwb's MIS ingest?")
    kind = NotAllowedError if answer.status_code in NOT_ALLOWED else RefusedError
    raise kind(code, title, detail)
