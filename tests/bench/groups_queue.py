"""The queue behind very many archives: ``fill``, ``claims`` and ``bare``; ``restores``.

``claims`` claims and ends operations as fast as it can, ``bare`` does so on a table that is nothing
but a queue; ``restores`` asks for restores through the API while the archives go on.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

import psycopg
import typer
from tests.bench.groups_providers import Here, providers_elsewhere
from tests.bench.groups_world import GroupsWorld, groups_world

from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.adapters.queue import PostgresQueue
from hwb_groups.application.outcomes import Done, Outcomes
from hwb_groups.domain.group import Lane
from hwb_rehearsal.emulators import make_emulators
from hwb_runtime.logging import configure_logging
from hwb_schemas.words import Provider

CONNECTIONS = 8
WARM_UP_SECONDS = 2.0
GAP_SECONDS = 0.3
"""Between two restores, on average."""

VISIBLE_SECONDS = 120.0
LEASE_SECONDS = 10.0

app = typer.Typer(add_completion=False)
Address = Annotated[str, typer.Option(help="a database of this benchmark's own")]
Backlog = Annotated[int, typer.Option(help="archives that wait")]
Seconds = Annotated[float, typer.Option(help="counted")]


@app.command()
def fill(database_url: Address, backlog: Backlog) -> None:
    """Queue so many archives, and make the bare queue."""
    _run(_fill(database_url, backlog))


async def _fill(database_url: str, backlog: int) -> dict[str, Any]:
    began = time.monotonic()
    async with _nobody(database_url) as world:
        await world.fill(teams=backlog, classrooms=0)
        await world.queue_archives()
        await world.execute(
            """CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                   state text NOT NULL DEFAULT 'queued')"""
        )
        await world.execute("CREATE INDEX bare_queued ON bare (id) WHERE state = 'queued'")
    return {"records": backlog, "seconds": time.monotonic() - began}


@app.command()
def claims(database_url: Address, seconds: Seconds = 20.0) -> None:
    """Claim and end operations: the state of the group, its event and what follows included."""
    _run(_claims(database_url, seconds))


async def _claims(database_url: str, seconds: float) -> dict[str, Any]:
    async with _nobody(database_url) as world:
        database = world.platform.database
        queue = PostgresQueue(database, LEASE_SECONDS, pause_seconds=0.0)
        outcomes = Outcomes(world.platform.units_of_work, PostgresGroups, pause_seconds=0.0)

        async def one() -> int:
            claimed = await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=1)
            for operation in claimed:
                await outcomes.conclude(operation, Done())
            return len(claimed)

        return await _counted([one] * CONNECTIONS, seconds)


@app.command()
def bare(database_url: Address, backlog: Backlog, seconds: Seconds = 20.0) -> None:
    """Claim and end jobs of a table that is nothing but a queue, filled anew."""
    _run(_bare(database_url, backlog, seconds))


async def _bare(database_url: str, backlog: int, seconds: float) -> dict[str, Any]:
    with psycopg.connect(database_url, autocommit=True) as alone:
        alone.execute("TRUNCATE bare")
        alone.execute(
            "INSERT INTO bare (state) SELECT 'queued' FROM generate_series(1, %s)", (backlog,)
        )
        alone.execute("VACUUM ANALYZE bare")
    connections = [
        await psycopg.AsyncConnection.connect(database_url, autocommit=True)
        for _ in range(CONNECTIONS)
    ]

    def on(connection: psycopg.AsyncConnection[Any]) -> Callable[[], Awaitable[int]]:
        async def one() -> int:
            claimed = await connection.execute(
                """UPDATE bare SET state = 'running' WHERE id = (
                       SELECT id FROM bare WHERE state = 'queued' ORDER BY id
                       LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"""
            )
            rows = await claimed.fetchall()
            for row in rows:
                await connection.execute("UPDATE bare SET state = 'done' WHERE id = %s", row)
            return len(rows)

        return one

    try:
        return await _counted([on(connection) for connection in connections], seconds)
    finally:
        for connection in connections:
            await connection.close()


async def _counted(
    workers: Sequence[Callable[[], Awaitable[int]]], seconds: float
) -> dict[str, Any]:
    """Let every worker go on for so long, and count what all did once they are warm."""
    count, ends = 0, time.monotonic() + WARM_UP_SECONDS + seconds

    async def go_on(one: Callable[[], Awaitable[int]]) -> None:
        nonlocal count
        while time.monotonic() < ends:
            done = await one()
            if time.monotonic() > ends - seconds:
                count += done

    async with asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(go_on(worker))
    return {"records": count, "seconds": seconds}


@app.command()
def restores(
    database_url: Address,
    backlog: Backlog,
    number: Annotated[int, typer.Option(help="restores of each provider")] = 100,
) -> None:
    """Ask for restores now and then while so many archives wait and as many as may are in hand."""
    _run(_restores(database_url, backlog, number))


async def _restores(database_url: str, backlog: int, number: int) -> dict[str, Any]:
    began = time.monotonic()
    async with (
        providers_elsewhere() as providers,
        groups_world(database_url, providers) as world,
    ):
        wanted = await world.fill_archived(number)
        await world.fill(teams=backlog // 2, classrooms=backlog - backlog // 2)
        await world.queue_archives()
        working = [asyncio.create_task(world.work(one)) for one in world.dispatchers]
        await asyncio.sleep(WARM_UP_SECONDS)
        asked: dict[str, float] = {}
        for count, group_id in enumerate(wanted):
            await asyncio.sleep(random.expovariate(1 / GAP_SECONDS))
            asked[group_id] = time.time()
            key = {"Idempotency-Key": f"restore-{count:06}"}
            answer = await world.api.post(f"/v1/groups/{group_id}/restore", headers=key)
            answer.raise_for_status()
        await _until_restored(world, number * 2)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        claimed, visible = await _waits(world, asked)
        [[left]] = await world.rows(
            "SELECT count(*)::int FROM operation WHERE action = 'archive' AND state = 'queued'"
        )
        return {
            "records": len(asked),
            "seconds": time.monotonic() - began,
            "claim_p99": _p99(list(claimed.values())),
            "visible_p99": _p99(list(visible.values())),
            "left": left,
            "throttled": await world.throttled(),
        }


def _nobody(database_url: str) -> AbstractAsyncContextManager[GroupsWorld]:
    """A world whose providers are not called."""
    return groups_world(database_url, Here(make_emulators()))


async def _until_restored(world: GroupsWorld, number: int) -> None:
    async with asyncio.timeout(VISIBLE_SECONDS):
        while True:
            [[restored]] = await world.rows(
                "SELECT count(*)::int FROM class_group WHERE state = 'restored'"
            )
            if restored == number:
                return
            await asyncio.sleep(0.2)


async def _waits(
    world: GroupsWorld, asked: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds from the request to the claim, and to the moment it is seen at the provider."""
    rows = await world.rows(
        """SELECT group_id, g.provider_id, extract(epoch FROM started_at)::float
           FROM operation o JOIN class_group g USING (group_id) WHERE o.action = 'restore'"""
    )
    changed = await world.providers.changed()
    claimed = {group_id: started_at - asked[group_id] for group_id, _, started_at in rows}
    visible = {group_id: changed[there] - asked[group_id] for group_id, there, _ in rows}
    return claimed, visible


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99) - 1]


def _run(made: Any) -> None:
    configure_logging(service="groups", process="bench", level="warning")
    print(json.dumps(asyncio.run(made)), flush=True)  # noqa: T201 - its interface


if __name__ == "__main__":
    app()
