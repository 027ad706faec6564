"""A team that goes from one worker to another: both together keep to Microsoft's four a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.bench.groups_providers import Here
from tests.bench.groups_quota import virtually
from tests.bench.groups_world import GroupsWorld, groups_world

from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.application.dispatch import Dispatcher
from hwb_groups.domain.group import Action
from hwb_rehearsal.emulators import make_emulators
from hwb_rehearsal.emulators.time import VirtualClock

AMID_ITS_CALLS = 3


async def end_and_be_asked_for_more(world: GroupsWorld, first: Dispatcher) -> None:
    """The roster is done, and in that moment the group is to be archived."""
    await first.run_once()
    await first.idle()
    await world.queue_archives()


async def stop_at_work(world: GroupsWorld, first: Dispatcher) -> None:
    """The worker is told to end while it has the roster in hand."""
    await first.run_once()
    while sum(row["count"] for row in await world.providers.calls()) < AMID_ITS_CALLS:  # noqa: ASYNC110 - the provider tells nobody
        await asyncio.sleep(0.01)
    await first.stop()


@pytest.mark.parametrize(("leave", "number"), [(end_and_be_asked_for_more, 2), (stop_at_work, 3)])
def test_the_next_worker_leaves_the_team_alone_for_a_moment(
    postgres: Any, leave: Callable[[GroupsWorld, Dispatcher], Awaitable[None]], number: int
) -> None:
    url = postgres.create_database()
    strangers = {f"{n}@hwbcymru.net" for n in range(number)}  # each is a call to remove

    async def passed_on(clock: VirtualClock) -> tuple[list[str], int]:
        emulators = make_emulators(clock=clock)
        async with (
            groups_world(url, Here(emulators)) as world,
            world.another_worker() as others,
        ):
            await world.fill(teams=1, classrooms=0)
            [team] = emulators.tenant.all()
            team.members |= {stranger: [] for stranger in strangers}
            await roster(world)
            await leave(world, world.dispatchers[0])
            working = asyncio.create_task(world.work(others[0]))
            await until_idle(world)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            return sorted(team.members), await world.throttled()

    members, throttled = virtually(url, passed_on)

    assert not set(members) & strangers, "there were enough calls to be too many"
    assert throttled == 0


async def until_idle(world: GroupsWorld) -> None:
    async with asyncio.timeout(60):
        while True:
            if not await world.is_busy():
                return
            await asyncio.sleep(1)


async def roster(world: GroupsWorld) -> None:
    """The group's members have to be brought about."""
    await world.execute("UPDATE class_group SET roster_wanted = roster_wanted + 1")
    [[group_id]] = await world.rows("SELECT group_id FROM class_group")
    async with world.platform.units_of_work.begin() as uow:
        groups = PostgresGroups(uow.session)
        [group] = await groups.groups([group_id])
        await groups.enqueue([(group, Action.ROSTER)], traceparent=None)
