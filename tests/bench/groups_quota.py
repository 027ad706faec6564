"""How much of the providers' quotas the groups service uses: ``archive`` and ``steady``.

``archive`` archives very many groups on a virtual clock and compares with calls ÷ quota;
``steady`` archives in real time and counts the calls of a minute in the middle.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
import typer
from psycopg.pq import ExecStatus
from tests.bench.groups_providers import Here, providers_elsewhere
from tests.bench.groups_world import groups_world

from hwb_rehearsal.emulators import classroom, graph, make_emulators
from hwb_rehearsal.emulators.time import VirtualClock
from hwb_rehearsal.emulators.virtual_loop import run_virtually
from hwb_runtime.logging import configure_logging
from hwb_schemas.words import Provider

LONGEST_SECONDS = 86_400.0
"""Virtual seconds after which an archive has failed."""

WARM_UP_SECONDS = 40.0
"""Real seconds until the first polls came and the flow is even: Teams are polled after 31."""

LIMITS = {**graph.QUOTAS, **classroom.QUOTAS}
QUOTA_OF = {
    ("teams", "get team"): "get",
    ("teams", "get operation"): "get",
    ("teams", "archive"): "write",
    ("classroom", "get course"): "user",
    ("classroom", "patch course"): "user",
}
"""The narrowest quota that each call of an archive counts against."""
QUOTA_PROVIDERS = (Provider.TEAMS, Provider.CLASSROOM)

app = typer.Typer(add_completion=False)
Address = Annotated[str, typer.Option(help="an empty database")]

_LASTED = """
SELECT provider, extract(epoch FROM max(finished_at) - min(started_at))::float
FROM operation GROUP BY provider
"""
_VIRTUAL_CLOCK = """
CREATE SCHEMA virtual;
CREATE UNLOGGED SEQUENCE virtual.now MINVALUE 0 START 0;
CREATE FUNCTION virtual.clock_timestamp() RETURNS timestamptz STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN timestamptz '2022-08-31 18:00+00'
        + (SELECT last_value FROM virtual.now) * interval '1 microsecond';
END $$;
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = public, virtual, pg_catalog',
                   current_database());
    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
END $$;
"""


@app.command()
def archive(
    database_url: Address,
    teams: Annotated[int, typer.Option()],
    classrooms: Annotated[int, typer.Option()],
) -> None:
    """Archive so many groups of each provider; all their waiting is virtual."""
    configure_logging(service="groups", process="bench", level="warning")
    figures = archive_virtually(database_url, teams=teams, classrooms=classrooms)
    print(json.dumps(figures), flush=True)  # noqa: T201 - its interface


def archive_virtually(database_url: str, *, teams: int, classrooms: int) -> Any:
    """The figures of such an archive, on an empty database."""
    return virtually(
        database_url,
        lambda clock: _archive(database_url, clock, teams=teams, classrooms=classrooms),
    )


def virtually(database_url: str, main: Callable[[VirtualClock], Awaitable[Any]]) -> Any:
    """What ``main`` gives on a virtual loop, whose time is that of this empty database too."""
    clock = VirtualClock()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_VIRTUAL_CLOCK)
    with psycopg.connect(database_url, autocommit=True) as connection:

        def moved(now: float) -> None:
            # Ten times a group: psycopg's cursors would take as long as everything else.
            set_ = connection.pgconn.exec_(b"SELECT setval('virtual.now', %d)" % round(now * 1e6))
            assert set_.status == ExecStatus.TUPLES_OK, set_.error_message

        return run_virtually(lambda: main(clock), clock=clock, moved=moved)


async def _archive(
    database_url: str, clock: VirtualClock, *, teams: int, classrooms: int
) -> dict[str, Any]:
    async with groups_world(database_url, Here(make_emulators(clock=clock))) as world:
        await world.fill(teams=teams, classrooms=classrooms)
        await world.queue_archives()
        began, really_began = clock(), time.monotonic()
        working = [asyncio.create_task(world.work(one)) for one in world.dispatchers]
        while await world.is_busy() and clock() - began < LONGEST_SECONDS:
            _raise_ended(working)
            await asyncio.sleep(1)
        took = clock() - began
        await _end(working)
        ended = await world.rows("SELECT state, count(*)::int FROM class_group GROUP BY 1")
        used = _used(await world.providers.calls())
        lasted = dict(await world.rows(_LASTED))
        return {
            "records": teams + classrooms,
            "seconds": took,
            "ideal_seconds": max(used.values()),
            "archived": dict(ended).get("archived", 0),
            "throttled": await world.throttled(),
            "real_seconds": round(time.monotonic() - really_began, 1),
            "quota_seconds": {name: round(value, 1) for name, value in used.items()},
            "ratios": {
                provider: round(seconds / _binding(used, provider), 4)
                for provider, seconds in lasted.items()
            },
        }


@app.command()
def steady(
    database_url: Address, seconds: Annotated[float, typer.Option(help="counted")] = 60.0
) -> None:
    """Archive in real time, and count the calls of so many seconds once the flow is even."""
    configure_logging(service="groups", process="bench", level="warning")
    print(json.dumps(asyncio.run(_steady(database_url, seconds))), flush=True)  # noqa: T201


async def _steady(database_url: str, seconds: float) -> dict[str, Any]:
    enough = round((WARM_UP_SECONDS + seconds) * 30)
    async with (
        providers_elsewhere() as providers,
        groups_world(database_url, providers) as world,
    ):
        await world.fill(teams=enough, classrooms=enough)
        await world.queue_archives()
        working = [asyncio.create_task(world.work(one)) for one in world.dispatchers]
        await asyncio.sleep(WARM_UP_SECONDS)
        before, began, worked = (
            _used(await providers.calls()),
            time.monotonic(),
            time.process_time(),
        )
        await asyncio.sleep(seconds)
        calls, took = await providers.calls(), time.monotonic() - began
        after, worked = _used(calls), time.process_time() - worked
        _raise_ended(working)
        await _end(working)
        shares = {name: (after[name] - before.get(name, 0)) / took for name in after}
        of_providers = {one.value: _binding(shares, one.value) for one in QUOTA_PROVIDERS}
        return {
            "records": sum(int(row["count"]) for row in calls),
            "seconds": took,
            "share": min(of_providers.values()),
            "throttled": await world.throttled(),
            "shares": {name: round(share, 4) for name, share in of_providers.items()},
            "of_a_core": round(worked / took, 3),
        }


def _used(calls: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Seconds that these calls take at the full quota, by provider and quota; none that got 429."""
    seconds: dict[str, float] = {}
    for row in calls:
        if row["status"] == HTTPStatus.TOO_MANY_REQUESTS:
            continue
        quota = QUOTA_OF[str(row["provider"]), str(row["call"])]
        name = f"{row['provider']} {quota}"
        limit = LIMITS[quota]
        taken = int(row["count"]) * limit.seconds / limit.calls
        seconds[name] = seconds.get(name, 0.0) + taken
    return seconds


def _binding(of_quotas: Mapping[str, float], provider: str) -> float:
    """The one of the quota that binds a provider's calls most."""
    return max(value for name, value in of_quotas.items() if name.startswith(provider))


def _raise_ended(working: list[asyncio.Task[None]]) -> None:
    for task in working:
        if task.done():
            task.result()


async def _end(working: list[asyncio.Task[None]]) -> None:
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)


if __name__ == "__main__":
    app()
