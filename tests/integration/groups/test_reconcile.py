"""Comparing with the provider finds what somebody changed by hand, and mends it."""

from typing import Any

from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.application.reconcile import Reconcile
from hwb_groups.bootstrap import SERVICE
from hwb_rehearsal.emulators.faults import Fault


def work_of(world: Any) -> Reconcile:
    platform = world.platform
    owner = platform.settings.technical_owner
    return Reconcile(platform.units_of_work, PostgresGroups, world.providers, owner)


async def reconcile(world: Any) -> list[str]:
    work, lines = work_of(world), []
    async for group, line in work.findings():
        lines.append(line.partition(": ")[2])
        await work.mend(group)
    await world.settle()
    return lines


async def test_where_all_agrees_nothing_is_found(world: Any) -> None:
    await world.created()
    assert await reconcile(world) == []


async def test_members_changed_by_hand_are_put_right(world: Any) -> None:
    await world.created()
    made = await world.only()
    team = world.emulators.tenant.find(made["id"])
    del team.members["a@hwbcymru.net"]
    team.members["x@hwbcymru.net"] = []
    assert await reconcile(world) == ["1 members lack, 1 are too many"]
    assert await world.only() == made
    assert await reconcile(world) == []


async def test_a_group_opened_by_hand_is_archived_again(world: Any) -> None:
    await world.created()
    await world.move_to(8, 31)
    await world.settle()
    made = await world.only()
    world.emulators.tenant.find(made["id"]).archived = False
    assert await reconcile(world) == ["is archived, at the provider open"]
    assert (await world.only())["archived"]


async def test_a_parked_operation_is_queued_again(world: Any) -> None:
    group_id = await world.created()
    made = await world.only()
    world.emulators.tenant.faults.put(made["id"], Fault.FAILS)
    await world.move_to(8, 31)
    await world.settle()
    world.emulators.tenant.faults.clear(made["id"])
    [line] = await reconcile(world)
    assert line.startswith("archive is parked")
    assert await world.state(group_id) == "archived"
    cases = await world.events("hwb.servicedesk.cases")
    assert [case.value["change"] for case in cases if case.value] == ["raised", "resolved"]


async def test_the_command_says_what_it_cannot_reach(world: Any) -> None:
    await world.created()
    [line] = await SERVICE.reconcile(world.platform, False)
    assert "cannot be compared" in line
