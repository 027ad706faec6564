"""A groups service with as many archived-to-be groups as wanted, and both providers beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
from tests.bench.groups_providers import OWNER, TEACHER, ProviderSide

import hwb_runtime
from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.application.dispatch import Dispatcher
from hwb_groups.application.next_operations import queue_next
from hwb_groups.bootstrap import (
    QUEUE_EVERY_SECONDS,
    SERVICE,
    dispatchers,
    open_providers,
)
from hwb_runtime.auth import Caller
from hwb_runtime.files import load_calendar
from hwb_runtime.platform import Platform
from hwb_runtime.testing import platform_for
from hwb_schemas.register import Register
from hwb_schemas.words import Role

CALENDAR = Path(hwb_runtime.__file__).parent / "calendars" / "2022.yaml"
SUMMER = datetime(2022, 7, 1, 9, tzinfo=UTC)
PAGE = 5000
SCHOOL, YEAR = "6811234", "2021-22"
CALLERS = {"desk": Caller("desk", Role.SERVICE_DESK)}

_GROUPS = """
WITH made AS (
    SELECT * FROM unnest(%(providers)s::text[], %(ids)s::text[]) WITH ORDINALITY
        AS m (provider, provider_id, n)
), classes AS (
    INSERT INTO class
    SELECT %(school)s || '/' || %(year)s || '/' || %(code)s || n, %(school)s, %(year)s,
           %(code)s || n, 'Bench', '7', 'current', '{}', '{}', 1
    FROM made RETURNING class_key, class_code
)
INSERT INTO class_group (group_id, provider, provider_id, class_key, school, academic_year,
    class_code, title, state, wish, generation, linked, roster_wanted, roster_done, asked_by,
    created_at, changed_at)
SELECT 'g-' || c.class_code, m.provider, m.provider_id, c.class_key, %(school)s, %(year)s,
       c.class_code, 'Bench', 'frozen', 'present', 1, true, 1, 1, 'bench', %(now)s, %(now)s
FROM made m JOIN classes c ON c.class_code = %(code)s || m.n
"""
_TEACHER = """
INSERT INTO account (account_id, role, status, sign_in_name, home_school, other_schools,
    person_refs, version)
VALUES ('teacher', 'staff', 'active', %(name)s, %(school)s, '{}', '{k1.teacher}', 1)
ON CONFLICT DO NOTHING
"""
_TEACHES = """
INSERT INTO group_member (group_id, account_id, role)
SELECT group_id, 'teacher', 'teacher' FROM class_group ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class GroupsWorld:
    """The service's parts as its worker has them, and the providers."""

    platform: Platform
    providers: ProviderSide
    dispatchers: list[Dispatcher]
    api: httpx.AsyncClient

    async def fill(
        self, *, teams: int, classrooms: int, code: str = "B", archived: bool = False
    ) -> None:
        """So many groups at the providers, as the service knows them open; ``code`` of theirs."""
        ids = await self.providers.make(teams=teams, classrooms=classrooms, archived=archived)
        async with self.platform.database.transaction() as session:
            await session.execute(
                _GROUPS,
                {
                    "providers": [provider for provider, made in ids.items() for _ in made],
                    "ids": [made for some in ids.values() for made in some],
                    "school": SCHOOL,
                    "year": YEAR,
                    "code": code,
                    "now": SUMMER,
                },
            )
            await session.execute(_TEACHER, {"name": TEACHER, "school": SCHOOL})
            await session.execute(_TEACHES)

    async def queue_archives(self) -> None:
        """Every open group shall be archived; nobody works on it yet."""
        rows = await self.rows("SELECT group_id FROM class_group WHERE state = 'frozen' ORDER BY 1")
        ids = iter([row[0] for row in rows])
        while page := list(islice(ids, PAGE)):
            async with self.platform.units_of_work.begin() as uow:
                groups = PostgresGroups(uow.session)
                await groups.wish_archived(page, now=uow.now)
                await queue_next(groups, page, traceparent=None)
        await self.execute("ANALYZE")

    async def work(self, dispatcher: Dispatcher) -> None:
        """What the worker's job does, until it is cancelled."""
        try:
            while True:
                if not await dispatcher.run_once():
                    await asyncio.sleep(QUEUE_EVERY_SECONDS)
        finally:
            await dispatcher.stop()

    async def is_busy(self) -> bool:
        """Whether an operation is queued or in hand."""
        [[busy]] = await self.rows(
            """SELECT EXISTS (SELECT 1 FROM operation WHERE state = 'queued')
                   OR EXISTS (SELECT 1 FROM operation WHERE state = 'running')"""
        )
        return bool(busy)

    async def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """The answer of a query."""
        async with self.platform.database.transaction() as session:
            return await session.fetch(sql, params)

    async def execute(self, sql: str, *params: Any) -> None:
        """Run a statement."""
        async with self.platform.database.transaction() as session:
            await session.execute(sql, params)

    async def throttled(self) -> int:
        """How many calls were answered with 429."""
        calls = await self.providers.calls()
        return sum(int(row["count"]) for row in calls if row["status"] == 429)

    async def fill_archived(self, number: int) -> list[str]:
        """So many of each provider that were archived long ago; gives the groups' ids."""
        await self.fill(teams=number, classrooms=number, code="A", archived=True)
        await self.execute(
            """UPDATE class_group SET state = 'archived', wish = 'archived', generation = 2"""
        )
        rows = await self.rows("SELECT group_id FROM class_group ORDER BY random()")
        return [row[0] for row in rows]

    @asynccontextmanager
    async def another_worker(self) -> AsyncIterator[list[Dispatcher]]:
        """The dispatchers of a second worker process: it knows nothing of the first one's calls."""
        async with open_providers(self.platform, self.providers.transport) as providers:
            yield dispatchers(self.platform, providers)


@asynccontextmanager
async def groups_world(database_url: str, providers: ProviderSide) -> AsyncIterator[GroupsWorld]:
    """On an empty database."""
    settings = {
        "graph_base_url": f"{providers.address}/graph/v1.0",
        "classroom_base_url": f"{providers.address}/classroom",
        "graph_token": "graph",
        "classroom_token": "classroom",
        "time_scale": 1.0,
        "technical_owner": OWNER,
    }
    async with (
        platform_for(
            SERVICE,
            database_url,
            calendar=load_calendar(CALENDAR),
            register=Register(authorities=(), schools=()),
            now=SUMMER,
            settings=settings,
            callers=CALLERS,
        ) as platform,
        open_providers(platform, providers.transport) as clients,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(SERVICE.api(platform)),
            base_url="http://groups",
            headers={"Authorization": "Bearer desk"},
        ) as api,
    ):
        yield GroupsWorld(platform, providers, dispatchers(platform, clients), api)
