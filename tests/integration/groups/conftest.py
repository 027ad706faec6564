"""The groups service on a real database, with both providers emulated in the process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

import hwb_runtime
from hwb_groups.application.dispatch import Dispatcher
from hwb_groups.bootstrap import (
    SERVICE,
    Providers,
    dispatchers,
    open_providers,
    season,
    subscriptions,
)
from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.quota import Quota
from hwb_runtime.auth import Caller
from hwb_runtime.clock import ManualClock
from hwb_runtime.files import load_calendar
from hwb_runtime.platform import Platform
from hwb_runtime.testing import Published, drive, outbox_of, platform_for
from hwb_schemas.events import Account, AccountChanged, ClassChanged, Event
from hwb_schemas.register import Register
from hwb_schemas.words import AccountChange, AccountRole, AccountStatus, ClassState, Role

CALENDAR = Path(hwb_runtime.__file__).parent / "calendars" / "2022.yaml"
SCHOOL, OTHER_SCHOOL = "6811234", "6811235"
SCALE = 2000.0
MAY = datetime(2022, 5, 10, 9, tzinfo=UTC)
TEAMS_OWNER = "svc-groups@hwbcymru.net"


class Postgres(Protocol):
    def create_database(self) -> str: ...


CALLERS = {
    "champion": Caller("acc-champion", Role.DIGITAL_CHAMPION, SCHOOL),
    "administrator": Caller("acc-administrator", Role.SCHOOL_ADMINISTRATOR, SCHOOL),
    "teacher": Caller("t1", Role.TEACHER, SCHOOL),
    "other-teacher": Caller("t2", Role.TEACHER, SCHOOL),
    "stranger": Caller("x", Role.DIGITAL_CHAMPION, OTHER_SCHOOL),
    "network": Caller("n", Role.NETWORK_MANAGER, SCHOOL),
    "authority": Caller("la", Role.LOCAL_AUTHORITY, None, "681"),
    "desk": Caller("desk", Role.SERVICE_DESK),
    "operator": Caller("op", Role.OPERATOR),
}


@dataclass
class World:
    """A school whose classes and accounts are told to the service as events."""

    platform: Platform
    emulators: Emulators
    providers: Providers
    dispatchers: list[Dispatcher]
    api: httpx.AsyncClient
    seq: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    commands: int = 0

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.platform.clock, ManualClock)
        return self.platform.clock

    def class_event(
        self,
        code: str = "7A",
        *,
        teachers: Sequence[str] = (),
        members: Sequence[str] = (),
        year: str = "2021-22",
        state: ClassState = ClassState.CURRENT,
        seq: int | None = None,
        title: str | None = None,
        received: datetime | None = None,
    ) -> tuple[str, Event]:
        self.seq += 1
        key = f"{SCHOOL}/{year}/{code}"
        return key, ClassChanged(
            class_key=key,
            school=SCHOOL,
            academic_year=year,
            class_code=code,
            title=title or f"Class {code}",
            year_group="7",
            state=state,
            teachers=tuple(f"k1.{name}" for name in teachers),
            members=tuple(f"k1.{name}" for name in members),
            run_id=f"run-{seq or self.seq}",
            run_seq=seq or self.seq,
            received_at=received or self.clock.now(),
        )

    def account_event(
        self,
        name: str,
        *,
        status: AccountStatus = AccountStatus.ACTIVE,
        home: str | None = SCHOOL,
        others: tuple[str, ...] = (),
        refs: tuple[str, ...] | None = None,
        version: int | None = None,
        sign_in_name: str | None = None,
    ) -> tuple[str, Event]:
        self.versions[name] = version or self.versions.get(name, 0) + 1
        return name, AccountChanged(
            change=AccountChange.UPDATED,
            version=self.versions[name],
            changed_at=self.clock.now(),
            account=Account(
                account_id=name,
                role=AccountRole.STAFF if name.startswith("t") else AccountRole.LEARNER,
                status=status,
                sign_in_name=sign_in_name or f"{name}@hwbcymru.net",
                display_name="not kept",
                home_school=home,
                other_schools=others,
                person_refs=refs if refs is not None else (f"k1.{name}",),
            ),
        )

    async def hear(self, *events: tuple[str, Event]) -> None:
        """Classes and accounts in the order given, neighbours of one topic as one slice."""
        classes, accounts = subscriptions(self.platform)
        for is_class, some in groupby(events, lambda event: isinstance(event[1], ClassChanged)):
            await drive(self.platform, classes if is_class else accounts, list(some))

    async def school(self) -> None:
        """A class 7A with a teacher and three learners."""
        await self.hear(
            self.class_event(teachers=["t1"], members=["a", "b", "c"]),
            *(self.account_event(name) for name in ("t1", "t2", "a", "b", "c")),
        )

    async def ask(
        self, who: str, path: str, body: dict[str, Any] | None = None, *, seen: str | None = None
    ) -> httpx.Response:
        """POST as somebody, each time with a key of its own; ``seen`` is the ETag of what was."""
        self.commands += 1
        headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": f"key-{self.commands:06}"}
        if seen is not None:
            headers["If-Match"] = seen
        return await self.api.post(path, json=body, headers=headers)

    async def look(self, who: str, path: str, **params: str) -> httpx.Response:
        return await self.api.get(path, params=params, headers={"Authorization": f"Bearer {who}"})

    async def create(self, provider: str = "teams", key: str = f"{SCHOOL}/2021-22/7A") -> str:
        answer = await self.ask("champion", "/v1/groups", {"class_key": key, "provider": provider})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["group_id"])

    async def created(self, provider: str = "teams") -> str:
        """The school's class 7A with a group, at rest."""
        await self.school()
        group_id = await self.create(provider)
        await self.settle()
        return group_id

    async def created_without_members(self) -> str:
        """A class whose people have no accounts yet, with a Team."""
        await self.hear(self.class_event(teachers=["t1"], members=["a"]))
        group_id = await self.create()
        await self.settle()
        return group_id

    async def move_to(self, month: int, day: int) -> None:
        """Move the clock within 2022 and let the calendar do its work."""
        self.clock.set(datetime(2022, month, day, 9, tzinfo=UTC))
        while await season(self.platform).run_once():
            pass

    async def turn(self) -> None:
        """Let every operation that is due now run to its next rest."""
        for dispatcher in self.dispatchers:
            await dispatcher.run_once()
            await dispatcher.idle()

    async def settle(self, seconds: float = 60) -> None:
        """Until nothing is queued any more."""
        async with asyncio.timeout(seconds):
            while await self.waiting():
                await self.turn()
                await asyncio.sleep(0.002)

    async def waiting(self) -> int:
        rows = await self.rows("SELECT 1 FROM operation WHERE state IN ('queued', 'running')")
        return len(rows)

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        async with self.platform.database.transaction() as session:
            return await session.fetch(sql, params)

    async def execute(self, sql: str, *params: Any) -> None:
        async with self.platform.database.transaction() as session:
            await session.execute(sql, params)

    async def events(self, topic: str = "hwb.groups.events") -> list[Published]:
        return [event for event in await outbox_of(self.platform.database) if event.topic == topic]

    async def changes(self) -> list[str]:
        return [event.value["change"] for event in await self.events() if event.value]

    async def state(self, group_id: str) -> str:
        answer = await self.look("champion", f"/v1/groups/{group_id}")
        return str(answer.json()["state"])

    async def at_provider(self) -> list[dict[str, Any]]:
        """What the emulators count."""
        transport = httpx.ASGITransport(self.emulators.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            found: list[dict[str, Any]] = (await client.get("/inspect/groups")).json()
            return found

    async def only(self) -> dict[str, Any]:
        groups = await self.at_provider()
        assert len(groups) == 1
        return groups[0]


@asynccontextmanager
async def world_on(
    url: str, *, graph_quotas: dict[str, Quota] | None = None, **settings: Any
) -> AsyncIterator[World]:
    emulators = make_emulators(
        time_scale=settings.get("time_scale", SCALE), graph_quotas=graph_quotas
    )
    transport = httpx.ASGITransport(emulators.app, raise_app_exceptions=False)
    async with platform_for(
        SERVICE,
        url,
        calendar=load_calendar(CALENDAR),
        register=Register(authorities=(), schools=()),
        now=MAY,
        settings={
            "graph_base_url": "http://emulator/graph/v1.0",
            "classroom_base_url": "http://emulator/classroom",
            "graph_token": "graph",
            "classroom_token": "classroom",
            "time_scale": SCALE,
            "technical_owner": TEAMS_OWNER,
            "archive_begins": "calendar",
            **settings,
        },
        callers=CALLERS,
    ) as platform:
        app = httpx.ASGITransport(SERVICE.api(platform))
        async with (
            open_providers(platform, transport) as providers,
            httpx.AsyncClient(transport=app, base_url="http://groups") as api,
        ):
            both = dispatchers(platform, providers)
            yield World(platform, emulators, providers, both, api)
            for dispatcher in both:
                await dispatcher.stop()


@pytest.fixture
def worlds() -> Any:
    """Makes worlds with other quotas or settings."""
    return world_on


@pytest.fixture
async def world(postgres: Postgres) -> AsyncIterator[World]:
    """A fresh service in May 2022."""
    async with world_on(postgres.create_database()) as made:
        yield made
