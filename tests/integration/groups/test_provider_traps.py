"""Every trap of the providers that touches us, against the emulators that set it."""

from typing import Any

import pytest

from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.emulators.people import PersonState
from hwb_rehearsal.emulators.quota import Quota
from hwb_schemas.words import AccountStatus

OWNER = "svc-groups@hwbcymru.net"


async def archived_with(world: Any, fault: Fault, provider: str = "teams") -> str:
    """A group that has this fault, after the end of the year."""
    group_id: str = await world.created(provider)
    made = await world.only()
    state = world.emulators.tenant if provider == "teams" else world.emulators.domain
    state.faults.put(made["id"], fault)
    await world.move_to(8, 31)
    await world.settle()
    return group_id


async def cases(world: Any) -> list[tuple[str, str]]:
    found = await world.events("hwb.servicedesk.cases")
    return [(event.value["change"], event.value["facts"]["operation"]) for event in found]


async def calls(world: Any, call: str) -> dict[int, int]:
    rows = world.emulators.calls.rows()
    return {row["status"]: row["count"] for row in rows if row["call"] == call}


@pytest.mark.parametrize(
    ("fault", "provider"),
    [
        (Fault.FAILS_ONCE, "teams"),
        (Fault.NOT_FOUND_BUT_WORKS, "teams"),
        (Fault.WITHOUT_EFFECT, "teams"),
        (Fault.STUCK_BUT_WORKS, "teams"),
        (Fault.SLOW, "teams"),
        (Fault.UNAVAILABLE_ONCE, "teams"),
        (Fault.UNAVAILABLE_ONCE, "classroom"),
    ],
)
async def test_what_works_in_the_end_is_archived(world: Any, fault: Fault, provider: str) -> None:
    group_id = await archived_with(world, fault, provider)
    assert await world.state(group_id) == "archived"
    assert (await world.only())["archived"]
    assert await cases(world) == []


@pytest.mark.parametrize(
    ("fault", "provider", "reason"),
    [
        (Fault.FAILS, "teams", "accepted the request and then failed"),
        (Fault.STUCK, "teams", "has not finished for two hours"),
        (Fault.INTERNAL, "teams", "fails again and again"),
        (Fault.INTERNAL, "classroom", "fails again and again"),
    ],
)
async def test_what_never_works_is_parked_with_a_reason_and_a_case(
    world: Any, fault: Fault, provider: str, reason: str
) -> None:
    group_id = await archived_with(world, fault, provider)
    shown = (await world.look("champion", f"/v1/groups/{group_id}")).json()
    assert shown["state"] == "failed"
    assert reason in shown["reason"]
    assert await cases(world) == [("raised", "archive")]
    assert (await world.changes())[-1] == "failed"


async def test_a_group_that_was_parked_can_be_restored_and_the_case_ends(world: Any) -> None:
    group_id = await archived_with(world, Fault.FAILS)
    made = await world.only()
    world.emulators.tenant.faults.clear(made["id"])
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    await world.settle()
    assert await world.state(group_id) == "restored"
    assert await cases(world) == [("raised", "archive"), ("resolved", "archive")]


async def test_a_team_without_an_owner_gets_one_and_is_archived(world: Any) -> None:
    group_id = await world.created()
    made = await world.only()
    world.emulators.tenant.find(made["id"]).members.clear()
    await world.move_to(8, 31)
    await world.settle()
    assert await world.state(group_id) == "archived"
    assert (await world.only())["owners"] == [OWNER]


async def test_a_classroom_whose_owner_is_inactive_waits_for_a_person(world: Any) -> None:
    group_id = await world.created("classroom")
    world.emulators.people.put(OWNER, PersonState.INACTIVE)
    await world.move_to(8, 31)
    await world.settle()
    shown = (await world.look("champion", f"/v1/groups/{group_id}")).json()
    assert shown["state"] == "failed"
    assert "gives it an active owner" in shown["reason"]


async def test_a_classroom_whose_owner_was_deleted_is_not_tried_for_ever(world: Any) -> None:
    await world.created("classroom")
    world.emulators.people.put(OWNER, PersonState.DELETED)
    await world.move_to(8, 31)
    await world.settle()
    assert (await calls(world, "patch course"))[500] == 6
    assert await cases(world) == [("raised", "archive")]


@pytest.mark.parametrize("provider", ["teams", "classroom"])
async def test_members_whom_the_provider_refuses_hold_up_nobody_else(
    world: Any, provider: str
) -> None:
    await world.hear(
        world.class_event(teachers=["t1"], members=["a", "b"]),
        world.account_event("t1"),
        world.account_event("a"),
        world.account_event("b", sign_in_name="b.unknown-user@hwbcymru.net"),
    )
    group_id = await world.create(provider)
    await world.settle()
    assert (await world.only())["members"] == ["a@hwbcymru.net"]
    shown = (await world.look("champion", f"/v1/groups/{group_id}")).json()
    assert "does not know some of its members" in shown["reason"]
    await world.move_to(8, 31)
    await world.settle()
    assert await world.state(group_id) == "archived"
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    await world.settle()
    assert await world.state(group_id) == "restored"


async def test_a_group_that_somebody_deleted_at_the_provider_is_parked(world: Any) -> None:
    group_id = await world.created()
    made = await world.only()
    del world.emulators.tenant._teams[made["id"]]
    await world.execute("UPDATE operation SET queued_at = queued_at - interval '1 day'")
    await world.move_to(8, 31)
    await world.settle()
    shown = (await world.look("champion", f"/v1/groups/{group_id}")).json()
    assert shown["state"] == "failed"
    assert "not there any more" in shown["reason"]


async def test_a_large_class_is_added_two_hundred_at_a_time(world: Any) -> None:
    names = [f"p{n:03}" for n in range(205)]
    await world.hear(world.class_event(members=names), *map(world.account_event, names))
    await world.create()
    await world.settle()
    assert len((await world.only())["members"]) == 205
    assert await calls(world, "add members") == {200: 2}


async def test_members_are_read_page_by_page(world: Any) -> None:
    names = [f"p{n:03}" for n in range(105)]
    await world.hear(world.class_event(members=names), *map(world.account_event, names))
    await world.create("classroom")
    await world.settle()
    await world.hear(world.account_event("p104", status=AccountStatus.INACTIVE))
    await world.settle()
    assert len((await world.only())["members"]) == 104
    assert (await calls(world, "remove from roster")) == {200: 1}


async def test_after_a_429_everybody_waits_and_no_attempt_is_counted(
    postgres: Any, worlds: Any
) -> None:
    quotas = {"write": Quota(0, 1)}
    async with worlds(postgres.create_database(), graph_quotas=quotas) as world:
        await world.created_without_members()
        await world.move_to(8, 31)
        await world.turn()
        assert await calls(world, "add members") == {429: 1}, "an owner first"
        assert await calls(world, "archive") == {}
        [(attempts, state)] = await world.rows(
            "SELECT attempts, state FROM operation WHERE action = 'archive'"
        )
        assert (attempts, state) == (0, "queued")
        [(factor,)] = await world.rows("SELECT factor FROM bucket WHERE name = 'graph_write'")
        assert factor == pytest.approx(0.5)
        assert await cases(world) == []


async def test_a_creation_that_was_parked_is_tried_again_when_it_is_asked_for(world: Any) -> None:
    world.emulators.people.put(OWNER, PersonState.INACTIVE)
    await world.school()
    group_id = await world.create("classroom")
    await world.settle()
    assert await world.state(group_id) == "failed"
    world.emulators.people.put(OWNER, PersonState.ACTIVE)
    assert await world.create("classroom") == group_id
    await world.settle()
    assert await world.state(group_id) == "linked"
    assert await cases(world) == [("raised", "create"), ("resolved", "create")]


async def test_an_operation_is_polled_after_more_than_thirty_seconds(world: Any) -> None:
    await world.created()
    await world.move_to(8, 31)
    await world.turn()
    [(waits,)] = await world.rows(
        """SELECT extract(epoch FROM not_before - asked_at)::float FROM operation
           WHERE action = 'archive' AND location IS NOT NULL"""
    )
    assert waits * world.platform.settings.time_scale == pytest.approx(31, rel=0.2)


async def test_the_next_operation_of_a_team_keeps_its_distance_whoever_takes_it(
    world: Any,
) -> None:
    await world.created()
    rows = await world.rows(
        """SELECT extract(epoch FROM roster.not_before - made.finished_at)::float
           FROM operation AS made, operation AS roster
           WHERE made.action = 'create' AND roster.action = 'roster'"""
    )
    assert rows[0][0] * world.platform.settings.time_scale > 0.2, "four calls a second"


async def test_next_years_classroom_never_meets_the_alias_of_the_restored_one(world: Any) -> None:
    group_id = await world.created("classroom")
    await world.move_to(8, 31)
    await world.settle()
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    await world.settle()
    await world.execute("DELETE FROM operation")
    await world.execute("DELETE FROM archive_run_group")
    await world.execute("DELETE FROM group_member")
    await world.execute("DELETE FROM group_roster")
    await world.execute("DELETE FROM class_group")
    await world.move_to(5, 31)
    await world.create("classroom")
    await world.settle()
    courses = await world.at_provider()
    assert len(courses) == 2, "the same key makes a new one beside it"
    assert sorted(len(course["aliases"]) for course in courses) == [0, 1]
