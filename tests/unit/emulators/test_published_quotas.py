"""What Microsoft and Google publish, call by call on a virtual clock: not one too many, nor few."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from hwb_rehearsal.emulators import Emulators
from hwb_rehearsal.emulators.time import VirtualClock

TOO_MANY = 429
Ask = Callable[[int], Awaitable[httpx.Response]]


def asking(emulators: Emulators, method: str, path: str, *, token: str = "app") -> Ask:
    """Calls this path; ``{n}`` in it is the number of the call."""

    async def ask(number: int) -> httpx.Response:
        transport = httpx.ASGITransport(app=emulators.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            headers = {"Authorization": f"Bearer {token}"}
            return await client.request(method, path.format(n=number), headers=headers, json={})

    return ask


async def allowed(ask: Ask, tries: int) -> int:
    """How many of so many calls at one moment are not throttled."""
    answers = [await ask(number) for number in range(tries)]
    return sum(answer.status_code != TOO_MANY for answer in answers)


@pytest.mark.parametrize(
    ("method", "path", "calls"),
    [
        ("POST", "/graph/v1.0/teams", 10),
        ("GET", "/graph/v1.0/teams/t{n}", 30),
        ("GET", "/graph/v1.0/teams/t{n}/operations/o", 30),
        ("POST", "/graph/v1.0/teams/t{n}/archive", 30),
        ("POST", "/graph/v1.0/teams/t{n}/members/add", 30),
        ("GET", "/graph/v1.0/teams/t{n}/members", 60),
        ("GET", "/graph/v1.0/teams/one", 4),
        ("POST", "/graph/v1.0/teams/one/archive", 4),
    ],
)
async def test_graph_lets_an_app_make_so_many_calls_in_a_second(
    emulators: Emulators, clock: VirtualClock, method: str, path: str, calls: int
) -> None:
    ask = asking(emulators, method, path)

    assert await allowed(ask, calls) == calls
    clock.advance(0.999)
    assert await allowed(ask, 1) == 0
    clock.advance(1.0)
    assert await allowed(ask, calls) == calls, "refused tries count, and they are a second old"


async def test_graphs_calls_of_different_kinds_and_apps_do_not_share_a_quota(
    emulators: Emulators,
) -> None:
    gets = asking(emulators, "GET", "/graph/v1.0/teams/t{n}")
    writes = asking(emulators, "POST", "/graph/v1.0/teams/t{n}/archive")
    others = asking(emulators, "GET", "/graph/v1.0/teams/t{n}", token="another app")

    assert await allowed(gets, 31) == 30
    assert await allowed(writes, 30) == 30
    assert await allowed(others, 30) == 30


async def test_classroom_lets_a_user_make_1200_and_a_project_3000_calls_in_a_minute(
    emulators: Emulators, clock: VirtualClock
) -> None:
    first, second, third = (
        asking(emulators, "GET", "/classroom/v1/courses/{n}", token=f"admin {number}")
        for number in range(3)
    )

    assert await allowed(first, 1201) == 1200
    clock.advance(59.9)
    assert await allowed(first, 1) == 0
    assert await allowed(second, 1200) == 1200
    assert await allowed(third, 1200) < 1200, "the project's 3,000 are used up before"
    clock.advance(0.2)
    assert await allowed(first, 1200) == 1200
