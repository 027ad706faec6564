"""The four services side by side, each on a database of its own, without a broker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from tests.support.identity_world import CALENDAR

from hwb_groups import bootstrap as groups
from hwb_identity import bootstrap as identity
from hwb_identity.entrypoints.worker import subscriptions_of
from hwb_mis_ingest import bootstrap as mis_ingest
from hwb_mis_ingest.adapters.rules_of_others import Other, SignIn
from hwb_notifier import bootstrap as notifier
from hwb_notifier.adapters.owners import OwnersOverHttp
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_rehearsal.stack.postgres import Postgres
from hwb_runtime.auth import Caller
from hwb_runtime.clock import ManualClock
from hwb_runtime.platform import Platform
from hwb_runtime.slices import Subscription
from hwb_runtime.testing import drive, empty_outbox, outbox_of, platform_for
from hwb_runtime.worker import WorkerParts
from hwb_schemas.events import Event
from hwb_schemas.register import Authority, Register, School
from hwb_schemas.words import Role

PRIMARY, SECONDARY, MIDDLE = "6602001", "6604027", "6605501"
SERVICES = {
    "mis-ingest": mis_ingest.SERVICE,
    "identity": identity.SERVICE,
    "groups": groups.SERVICE,
    "notifier": notifier.SERVICE,
}
CALLERS = {
    "manager": Caller("nm", Role.NETWORK_MANAGER, school=SECONDARY),
    "champion": Caller("dc", Role.DIGITAL_CHAMPION, school=SECONDARY),
    "primary-champion": Caller("dc-p", Role.DIGITAL_CHAMPION, school=PRIMARY),
    "authority": Caller("la", Role.LOCAL_AUTHORITY, authority="660"),
    "desk": Caller("sd", Role.SERVICE_DESK),
    "operator": Caller("op", Role.OPERATOR),
    "service": Caller("svc", Role.SERVICE),
}
REGISTER = Register(
    authorities=(Authority(code="660", name="660", name_cy="660", email="la@example.org"),),
    schools=tuple(
        School(
            number=number,
            name="School",
            name_cy="Ysgol",
            authority="660",
            sector="secondary",
            year_groups=("6", "7", "8"),
            top_year_groups=("8",),
            email="school@example.org",
        )
        for number in (PRIMARY, SECONDARY, MIDDLE)
    ),
)


class Reach(httpx.AsyncBaseTransport):
    """The way to a service, which may be cut."""

    def __init__(self, way: httpx.ASGITransport) -> None:
        self.way = way
        self.is_cut = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_cut:
            message = "nobody listens"
            raise httpx.ConnectError(message)
        if request.url.path == "/token":
            form = parse_qs((await request.aread()).decode())
            good = form["client_secret"] == ["a secret"] and form["client_id"] == ["service"]
            return httpx.Response(200 if good else 401, json={"access_token": "service"})
        return await self.way.handle_async_request(request)


@dataclass
class Together:
    """Four services; what one publishes is carried to the others at once."""

    platforms: dict[str, Platform]
    http: dict[str, httpx.AsyncClient]
    routes: dict[str, list[tuple[Platform, Subscription]]]
    parts: WorkerParts
    identity: identity.Identity
    reach: dict[str, Reach]

    def move_to(self, day: date) -> None:
        for platform in self.platforms.values():
            assert isinstance(platform.clock, ManualClock)
            platform.clock.set(datetime(day.year, day.month, day.day, 10, tzinfo=UTC))

    async def carry(self) -> None:
        """Take every event to whoever reads it, until nothing waits."""
        moved = True
        while moved:
            moved = False
            for platform in self.platforms.values():
                events = await outbox_of(platform.database)
                await empty_outbox(platform.database)
                moved = moved or bool(events)
                for event in events:
                    for reader, subscription in self.routes.get(event.topic, ()):
                        model = subscription.payload.model_validate(event.value)
                        assert isinstance(model, Event)
                        await drive(reader, subscription, [(event.key, model)])
            await self.identity.settle_runs()

    async def run(self, data: bytes, *, school: str = SECONDARY) -> dict[str, Any]:
        """Upload, publish, settle; the run as the API shows it."""
        headers = {"Idempotency-Key": str(uuid4()), "Authorization": "Bearer service"}
        address = f"/v1/schools/{school}/uploads"
        answer = await self.http["mis-ingest"].post(address, content=data, headers=headers)
        assert answer.status_code == 202, answer.text
        while await self.parts.jobs[0].run_once():
            pass
        await self.carry()
        shown: dict[str, Any] = await self.get("mis-ingest", answer.json()["links"]["run"])
        return shown

    async def get(self, service: str, path: str, *, token: str = "service") -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.http[service].get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, service: str, path: str, body: Any, *, token: str = "champion") -> Any:
        answer = await self.ask(service, path, body, token=token)
        assert answer.is_success, answer.text
        return answer.json()

    async def ask(
        self, service: str, path: str, body: Any, *, token: str, if_match: str = "", key: str = ""
    ) -> httpx.Response:
        """A command, whatever is answered."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid4())}
        headers |= {"If-Match": if_match} if if_match else {}
        return await self.http[service].post(path, json=body, headers=headers)

    async def rows(self, service: str, sql: str) -> list[Any]:
        async with self.platforms[service].database.transaction() as session:
            return await session.fetch(sql)


@pytest.fixture
async def together(postgres: Postgres) -> AsyncIterator[Together]:
    async with AsyncExitStack() as stack:
        platforms = {}
        for name, service in SERVICES.items():
            platforms[name] = await stack.enter_async_context(
                platform_for(
                    service,
                    postgres.create_database(),
                    calendar=CALENDAR,
                    register=REGISTER,
                    now=datetime(2022, 5, 9, 8, tzinfo=UTC),
                    callers=CALLERS,
                )
            )
        reach = {
            name: Reach(httpx.ASGITransport(app=SERVICES[name].api(platforms[name])))
            for name in ("identity", "groups")
        }
        sign_in = SignIn("http://sign-in/token", "service", "a secret")
        others = {
            name: Other(name, f"http://{name}", 20.0, one, sign_in) for name, one in reach.items()
        }
        app = mis_ingest.api_beside(platforms["mis-ingest"], others)
        reach["mis-ingest"] = Reach(httpx.ASGITransport(app=app))
        owners = OwnersOverHttp(
            {"identity": "http://identity", "mis-ingest": "http://mis-ingest"},
            20.0,
            http={"identity": reach["identity"], "mis-ingest": reach["mis-ingest"]},
        )
        desk = notifier.api_beside(platforms["notifier"], owners)
        transports = {**reach, "notifier": httpx.ASGITransport(app=desk)}
        http = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
            )
            for name, transport in transports.items()
        }
        worker = mis_ingest.SERVICE.worker(platforms["mis-ingest"])
        parts = await stack.enter_async_context(worker)
        use_cases = identity.identity_on(platforms["identity"])
        readers = {
            "mis-ingest": parts.subscriptions,
            "identity": subscriptions_of(use_cases),
            "groups": groups.subscriptions(platforms["groups"]),
            "notifier": [cases_subscription(notifier.record_cases(platforms["notifier"]))],
        }
        routes: dict[str, list[tuple[Platform, Subscription]]] = {}
        for name, subscriptions in readers.items():
            for one in subscriptions:
                routes.setdefault(one.topic, []).append((platforms[name], one))
        yield Together(platforms, http, routes, parts, use_cases, reach)
