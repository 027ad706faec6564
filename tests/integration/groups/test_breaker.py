"""A provider that is out of order is left in peace, and nothing is parked for it."""

import asyncio
from dataclasses import replace
from typing import Any

from hwb_groups.adapters.breaker import PostgresBreaker
from hwb_groups.domain.breaker import Gate
from hwb_rehearsal.emulators.faults import Fault
from hwb_schemas.words import Provider

GROUPS = 12
SLOW = 1.0
"""Provider time as slow as ours, so that nothing opens or closes by waiting."""


async def fail(breaker: PostgresBreaker, *, writes: bool = True, number: int = 10) -> None:
    for n in range(number):
        await breaker.see(Provider.TEAMS, writes=writes, target=f"/teams/{n}", failed=True)


async def over(world: Any) -> None:
    """The time for which it is left in peace is over."""
    await world.execute("UPDATE breaker SET open_until = clock_timestamp()")


async def test_open_it_lets_restores_through_alone_and_then_one_to_see(world: Any) -> None:
    mine = PostgresBreaker(world.platform.database, SLOW)
    other = PostgresBreaker(world.platform.database, SLOW)
    assert await mine.gate(Provider.TEAMS) is Gate.ALL
    await fail(mine)
    assert await other.gate(Provider.TEAMS) is Gate.URGENT, "all workers heed it"
    assert await mine.gate(Provider.CLASSROOM) is Gate.ALL, "each provider has its own"
    await over(world)
    gates = [await breaker.gate(Provider.TEAMS) for breaker in (mine, other, mine)]
    assert gates == [Gate.ONE, Gate.URGENT, Gate.URGENT]


async def test_a_probe_that_succeeds_closes_it_and_one_that_fails_opens_it_longer(
    world: Any,
) -> None:
    breaker = PostgresBreaker(world.platform.database, SLOW)
    await fail(breaker)
    await over(world)
    assert await breaker.gate(Provider.TEAMS) is Gate.ONE
    await fail(breaker, number=3)
    assert await world.rows("SELECT level FROM breaker") == [(2,)], "the probe, and no restore"
    await over(world)
    assert await breaker.gate(Provider.TEAMS) is Gate.ONE
    await breaker.see(Provider.TEAMS, writes=False, target="/teams/1", failed=False)
    assert breaker.is_open(Provider.TEAMS), "that it can be read is no sign that it can be changed"
    await breaker.see(Provider.TEAMS, writes=True, target="/teams/1", failed=False)
    assert not breaker.is_open(Provider.TEAMS)
    assert await breaker.gate(Provider.TEAMS) is Gate.ALL


async def test_reads_and_writes_are_judged_apart(world: Any) -> None:
    breaker = PostgresBreaker(world.platform.database, SLOW)
    for n in range(100):
        await breaker.see(Provider.TEAMS, writes=False, target=f"/teams/{n}", failed=False)
    await fail(breaker, number=9)
    assert not breaker.is_open(Provider.TEAMS)
    await fail(breaker, number=1)
    assert breaker.is_open(Provider.TEAMS)


async def test_while_a_provider_is_out_of_order_no_archive_is_parked(world: Any) -> None:
    codes = [f"7{n}" for n in range(GROUPS)]
    await world.hear(
        *(world.class_event(code, teachers=["t1"]) for code in codes), world.account_event("t1")
    )
    for code in codes:
        await world.create("classroom", f"6811234/2021-22/{code}")
    await world.settle()
    faults = world.emulators.domain.faults
    ids = [row["id"] for row in await world.at_provider()]
    for one in ids:
        faults.put(one, Fault.INTERNAL)
    await world.move_to(8, 31)
    breaker = world.providers.breaker
    async with asyncio.timeout(60):
        while not breaker.is_open(Provider.CLASSROOM):
            await world.turn()
    for _ in range(40):
        await world.turn()
        await asyncio.sleep(0.01)
    attempts = await world.rows("SELECT max(attempts), bool_or(state = 'parked') FROM operation")
    assert attempts[0][1] is False, "left in peace, it parks nothing"
    for one in ids:
        faults.clear(one)
    await world.settle()
    assert all(row["archived"] for row in await world.at_provider())
    assert not breaker.is_open(Provider.CLASSROOM)
    assert await world.events("hwb.servicedesk.cases") == []


async def test_bulk_is_not_claimed_while_it_is_open_and_a_restore_is(world: Any) -> None:
    group_id = await world.created()
    await world.move_to(8, 31)
    dispatcher = world.dispatchers[0]
    dispatcher.breaker = PostgresBreaker(world.platform.database, SLOW)
    await fail(dispatcher.breaker)
    await dispatcher.run_once()
    await dispatcher.idle()
    assert await world.state(group_id) == "archiving"
    assert "archive" not in {row["call"] for row in world.emulators.calls.rows()}
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    await world.settle()
    assert await world.state(group_id) == "restored"


async def test_what_fails_while_it_is_open_is_not_counted_for_two_hours(world: Any) -> None:
    group_id = await world.created("classroom")
    await world.move_to(8, 31)
    await world.settle()
    dispatcher = world.dispatchers[1]
    breaker = PostgresBreaker(world.platform.database, SLOW)
    dispatcher.breaker = breaker
    dispatcher.perform = replace(dispatcher.perform, breaker=breaker)
    for n in range(10):
        await breaker.see(Provider.CLASSROOM, writes=True, target=f"/courses/{n}", failed=True)
    world.emulators.domain.faults.put((await world.only())["id"], Fault.INTERNAL)
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    attempts = "SELECT attempts FROM operation WHERE action = 'restore'"
    calls = world.emulators.calls
    async with asyncio.timeout(60):
        while sum(row["count"] for row in calls.rows() if row["status"] == 500) < 8:
            await world.turn()
    assert await world.rows(attempts) == [(0,)]
    assert await world.state(group_id) == "restoring"
    await world.execute("UPDATE operation SET asked_at = asked_at - interval '1 hour'")
    async with asyncio.timeout(60):
        while await world.state(group_id) != "failed":
            await world.turn()
    assert await world.rows(attempts) == [(5,)], "the sixth failure in earnest parks it"
