"""Both providers, some way off: in this process on the event loop's time, or in one of their own.

What is measured in real time has them elsewhere: a provider does not stand still because the
service's process does, and its clock must not.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hwb_rehearsal.broker.child import dies_with_parent, free_port
from hwb_rehearsal.emulators import Emulators
from hwb_rehearsal.emulators.courses import ACTIVE, ARCHIVED
from hwb_schemas.words import Provider

TEACHER = "teacher@hwbcymru.net"
OWNER = "svc-groups@hwbcymru.net"

SLOWEST_SECONDS, QUICKEST_SECONDS = 0.075, 0.050
"""A request's way to the provider, and the answer's way back: with both, calls take 0.1 to 0.15."""

START_SECONDS = 60.0
MAKE_SECONDS = 120.0


class ProviderSide(Protocol):
    """Both providers as the benchmarks see them."""

    @property
    def address(self) -> str:
        """What their base addresses begin with."""

    @property
    def transport(self) -> httpx.AsyncBaseTransport | None:
        """The way to them; None where they have a socket."""

    async def make(self, *, teams: int, classrooms: int, archived: bool) -> dict[str, list[str]]:
        """So many groups with a teacher and the technical owner; gives their ids by provider."""

    async def calls(self) -> list[dict[str, Any]]:
        """Rows of provider, call, status and count."""

    async def changed(self) -> dict[str, float]:
        """When each group was last opened or closed, in seconds of the epoch, by its id."""


class Way:
    """The network between: calls and answers travel, some longer than others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._random = random.Random(2022)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/graph/", "/classroom/")):
            await self._app(scope, receive, send)
            return
        request, answer = [await receive()], list[Message]()
        while request[-1].get("more_body"):
            request.append(await receive())
        arrived = iter(request)

        async def arriving() -> Message:
            return next(arrived, {"type": "http.disconnect"})

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._travel()
        await self._app(scope, arriving, keep)
        await self._travel()
        for message in answer:
            await send(message)

    async def _travel(self) -> None:
        await asyncio.sleep(self._random.uniform(QUICKEST_SECONDS, SLOWEST_SECONDS))


class Near(httpx.AsyncBaseTransport):
    """Calls an app in this process; httpx's own looks for trio on the disk in every call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        body = await request.aread()
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 1),
            "root_path": "",
        }
        await self._app(scope, receive, send)
        start = answer[0]
        content = b"".join(message.get("body", b"") for message in answer[1:])
        return httpx.Response(start["status"], headers=start["headers"], content=content)


@dataclass(frozen=True)
class Here:
    """In this process, with their state to be looked at; their clock may be virtual."""

    emulators: Emulators
    address: str = "http://emulator"

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """The way to them."""
        return Near(Way(self.emulators.app))

    async def make(self, *, teams: int, classrooms: int, archived: bool) -> dict[str, list[str]]:
        return make_groups(self.emulators, teams=teams, classrooms=classrooms, archived=archived)

    async def calls(self) -> list[dict[str, Any]]:
        return list(self.emulators.calls.rows())

    async def changed(self) -> dict[str, float]:
        return changed_in(self.emulators)


@dataclass(frozen=True)
class Elsewhere:
    """In a process of their own, ``tests.bench.groups_emulators``, in real time."""

    client: httpx.AsyncClient
    address: str
    transport: None = None

    async def make(self, *, teams: int, classrooms: int, archived: bool) -> dict[str, list[str]]:
        wanted = {"teams": teams, "classrooms": classrooms, "archived": archived}
        return dict(await self._told("POST", "/bench/groups", json=wanted))

    async def calls(self) -> list[dict[str, Any]]:
        return list(await self._told("GET", "/inspect/calls"))

    async def changed(self) -> dict[str, float]:
        return dict(await self._told("GET", "/bench/changed"))

    async def _told(self, method: str, path: str, **details: Any) -> Any:
        answer = await self.client.request(method, path, **details)
        answer.raise_for_status()
        return answer.json()


@asynccontextmanager
async def providers_elsewhere() -> AsyncIterator[Elsewhere]:
    """Start the process, and end it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.groups_emulators", "--port", str(port)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        preexec_fn=dies_with_parent(),
    )
    try:
        async with httpx.AsyncClient(base_url=address, timeout=MAKE_SECONDS) as client:
            async with asyncio.timeout(START_SECONDS):
                while not await _is_up(client):
                    await asyncio.sleep(0.1)
                    assert process.returncode is None, "the emulators ended"
            yield Elsewhere(client, address)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _is_up(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).is_success
    except httpx.TransportError:
        return False


def make_groups(
    emulators: Emulators, *, teams: int, classrooms: int, archived: bool
) -> dict[str, list[str]]:
    """What ``ProviderSide.make`` promises, of emulators in this process."""
    return {
        Provider.TEAMS.value: [_team(emulators, archived=archived) for _ in range(teams)],
        Provider.CLASSROOM.value: [
            _course(emulators, archived=archived) for _ in range(classrooms)
        ],
    }


def changed_in(emulators: Emulators) -> dict[str, float]:
    """What ``ProviderSide.changed`` promises, of emulators in this process."""
    tenant, domain = emulators.tenant, emulators.domain
    zero = time.time() - tenant.time.now()
    teams = {
        team.id: zero + max(operation.due for operation in team.operations.values())
        for team in tenant.all()
        if team.operations
    }
    return teams | {course.id: course.updated_at.timestamp() for course in domain.all()}


def _team(emulators: Emulators, *, archived: bool) -> str:
    team = emulators.tenant.make_class(name="Bench", mail_nickname="", details={})
    team.is_team, team.archived = True, archived
    team.members |= {OWNER: ["owner"], TEACHER: ["owner"]}
    return team.id


def _course(emulators: Emulators, *, archived: bool) -> str:
    fields = {"name": "Bench"}
    made = emulators.domain.create(owner=OWNER, state=ACTIVE, fields=fields, alias=None)
    made.teachers.add(TEACHER)
    made.state = ARCHIVED if archived else ACTIVE
    return made.id
