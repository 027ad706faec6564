"""The emulators throttle a client that counts no calls: ours, with its bucket taken off."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from hwb_groups.adapters.classroom import GoogleClassroom
from hwb_groups.adapters.graph import GraphTeams
from hwb_groups.adapters.tokens import FixedToken
from hwb_groups.adapters.transport import Pace, Transport
from hwb_groups.application.errors import ThrottledError
from hwb_groups.domain.quota import Kind, Share
from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.time import VirtualClock
from hwb_schemas.words import Provider

OWNER = "svc-groups@hwbcymru.net"


class NoBucket:
    """Everybody may go at once, whatever the provider said."""

    async def take(self, kinds: Sequence[Kind], share: Share) -> None: ...

    async def block(self, kinds: Sequence[Kind], *, seconds: float) -> None: ...


class NoBreaker:
    """Nothing is learnt of how calls end."""

    async def see(self, provider: Provider, *, writes: bool, target: str, failed: bool) -> None: ...


@pytest.fixture
def emulators() -> Emulators:
    return make_emulators(clock=VirtualClock())


@pytest.fixture
async def http(emulators: Emulators) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=emulators.app)) as client:
        yield client


def unlimited(http: httpx.AsyncClient, provider: str) -> Transport:
    async def keep() -> None: ...

    return Transport(
        http=http,
        base_url=f"http://emulator/{provider}",
        tokens=FixedToken("local"),
        limiter=NoBucket(),
        breaker=NoBreaker(),
        time_scale=1.0,
        share=Share.WHOLE,
        keep=keep,
    )


def refused(emulators: Emulators) -> int:
    return sum(int(row["count"]) for row in emulators.calls.rows() if row["status"] == 429)


async def test_without_a_bucket_graph_answers_429(
    emulators: Emulators, http: httpx.AsyncClient
) -> None:
    teams = GraphTeams(unlimited(http, "graph/v1.0"), Pace(1.0), OWNER)

    asked = [teams.state(f"team-{number}") for number in range(40)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    throttled = [answer for answer in answers if isinstance(answer, ThrottledError)]
    assert len(throttled) == refused(emulators) == 10
    assert throttled[0].after == 1.0


async def test_without_a_bucket_classroom_answers_429(
    emulators: Emulators, http: httpx.AsyncClient
) -> None:
    classroom = GoogleClassroom(unlimited(http, "classroom"), OWNER)

    asked = [classroom.state(f"course-{number}") for number in range(1210)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    throttled = [answer for answer in answers if isinstance(answer, ThrottledError)]
    assert len(throttled) == refused(emulators) == 10
    assert throttled[0].after == 60.0
