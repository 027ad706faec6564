"""Every answer of a provider is sorted by what it means; the token goes to the provider alone."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from hwb_groups.adapters.transport import Transport, error_code
from hwb_groups.application.errors import (
    ForbiddenError,
    ProviderError,
    ThrottledError,
    UnavailableError,
)
from hwb_groups.domain.quota import Kind, Share
from hwb_schemas.words import Provider

BASE = "https://graph.example/v1.0"


@dataclass
class OpenDoor:
    """A limiter that lets everybody through and remembers who was told to wait."""

    blocked: list[float] = field(default_factory=list)

    async def take(self, kinds: Sequence[Kind], share: Share) -> None:
        """At once."""

    async def block(self, kinds: Sequence[Kind], *, seconds: float) -> None:
        del kinds
        self.blocked.append(seconds)


@dataclass
class Witness:
    """A breaker that remembers how calls ended."""

    failures: list[bool] = field(default_factory=list)

    async def see(self, provider: Provider, *, writes: bool, target: str, failed: bool) -> None:
        assert (provider, writes) == (Provider.TEAMS, False)
        assert target
        self.failures.append(failed)


@dataclass
class OneToken:
    forgotten: int = 0

    async def token(self) -> str:
        return "secret"

    def forget(self) -> None:
        self.forgotten += 1


@dataclass
class Line:
    """A transport whose provider answers as told."""

    answer: Callable[[httpx.Request], httpx.Response]
    limiter: OpenDoor = field(default_factory=OpenDoor)
    breaker: Witness = field(default_factory=Witness)
    tokens: OneToken = field(default_factory=OneToken)
    seen: list[httpx.Request] = field(default_factory=list)

    async def get(self, path: str, scale: float = 1.0) -> httpx.Response:
        def answer(request: httpx.Request) -> httpx.Response:
            self.seen.append(request)
            return self.answer(request)

        async def keep() -> None:
            """Nothing to keep."""

        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            transport = Transport(
                http, BASE, self.tokens, self.limiter, self.breaker, scale, Share.WHOLE, keep
            )
            return await transport.call("GET", path, [Kind.GRAPH_GET])


def saying(status: int, **headers: str) -> Line:
    body = {"error": {"code": "SomeCode", "message": "text"}}
    return Line(lambda _: httpx.Response(status, json=body, headers=headers))


async def test_a_relative_place_is_joined_to_the_base_with_its_version() -> None:
    line = saying(200)
    await line.get("/teams('1')/operations('2')")
    assert str(line.seen[0].url) == f"{BASE}/teams('1')/operations('2')"
    assert line.seen[0].headers["Authorization"] == "Bearer secret"


async def test_a_place_at_another_server_gets_no_token() -> None:
    line = saying(200)
    with pytest.raises(UnavailableError):
        await line.get("https://elsewhere.example/teams")
    assert line.seen == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, UnavailableError),
        (403, ForbiddenError),
        (429, ThrottledError),
        (503, UnavailableError),
    ],
)
async def test_what_is_nobodys_answer_to_a_call_is_an_error(
    status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await saying(status).get("/teams/1")


@pytest.mark.parametrize("status", [200, 400, 404, 409])
async def test_what_depends_on_the_call_is_left_to_it(status: int) -> None:
    answer = await saying(status).get("/teams/1")
    assert answer.status_code == status


async def test_retry_after_is_in_the_providers_seconds() -> None:
    line = saying(429, **{"Retry-After": "30"})
    with pytest.raises(ThrottledError) as caught:
        await line.get("/teams/1", scale=60)
    assert caught.value.after == 0.5
    assert line.limiter.blocked == [0.5]


async def test_retry_after_may_be_a_date_or_missing() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    for headers, least, most in (({"Retry-After": later}, 60, 91), ({}, 30, 30)):
        line = saying(429, **headers)
        with pytest.raises(ThrottledError) as caught:
            await line.get("/teams/1")
        assert least <= caught.value.after <= most


async def test_a_token_that_is_refused_is_forgotten() -> None:
    line = saying(401)
    with pytest.raises(UnavailableError):
        await line.get("/teams/1")
    assert line.tokens.forgotten == 1


async def test_a_provider_that_does_not_answer_is_unavailable() -> None:
    def silence(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    with pytest.raises(UnavailableError):
        await Line(silence).get("/teams/1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "NotFound", "message": ""}}, "NotFound"),
        (
            {"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "x"}},
            "FAILED_PRECONDITION",
        ),
        (
            {"error": {"code": 400, "message": "@InactiveCourseOwner The owner"}},
            "InactiveCourseOwner",
        ),
        ({"error": "text"}, "418"),
        (None, "418"),
    ],
)
def test_the_providers_own_word_is_read_however_it_is_wrapped(body: object, code: str) -> None:
    assert error_code(httpx.Response(418, json=body)) == code


@pytest.mark.parametrize(
    ("status", "failures"),
    [(200, [False]), (404, [False]), (401, [False]), (429, []), (500, [True]), (503, [True])],
)
async def test_the_breaker_sees_how_each_call_ends(status: int, failures: list[bool]) -> None:
    line = saying(status)
    with suppress(ProviderError):
        await line.get("/teams/1")
    assert line.breaker.failures == failures, "a 429 says that the provider is well"


async def test_the_breaker_sees_a_call_that_was_not_answered() -> None:
    def silence(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    line = Line(silence)
    with pytest.raises(UnavailableError):
        await line.get("/teams/1")
    assert line.breaker.failures == [True]
