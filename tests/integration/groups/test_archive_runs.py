"""The archive run at the end of the year: rehearsed, typed, in its hours, paused and cancelled."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from hwb_groups.bootstrap import season
from hwb_schemas.words import AccountStatus

RUNS = "/v1/archive-runs"
OWNER = "svc-groups@hwbcymru.net"


@pytest.fixture
async def world(postgres: Any, worlds: Any) -> AsyncIterator[Any]:
    """As everywhere, but here an operator begins the run."""
    async with worlds(postgres.create_database(), archive_begins="operator") as made:
        yield made


async def open_groups(world: Any, number: int = 3) -> list[str]:
    """So many classes with a Team each, the last one's teacher has left; it is 31 August."""
    codes = [f"7{n}" for n in range(number)]
    await world.hear(
        *(world.class_event(code, teachers=["t1"], members=["a"]) for code in codes[:-1]),
        world.class_event(codes[-1], teachers=["t2"], members=["b"]),
        *(world.account_event(name) for name in ("t1", "t2", "a", "b")),
    )
    ids = [await world.create(key=f"6811234/2021-22/{code}") for code in codes]
    await world.settle()
    await world.move_to(6, 6)
    await world.hear(world.account_event("t2", status=AccountStatus.INACTIVE))
    await world.move_to(8, 31)
    return ids


async def dry_run(world: Any) -> dict[str, Any]:
    answer = await world.look("operator", f"{RUNS}/dry-run")
    assert answer.headers["ETag"] == answer.json()["etag"]
    return dict(answer.json())


async def begin(world: Any, seen: dict[str, Any], **typed: Any) -> httpx.Response:
    body = {"academic_year": seen["academic_year"], "groups": seen["groups"], **typed}
    answer: httpx.Response = await world.ask("operator", RUNS, body, seen=seen["etag"])
    return answer


async def begun(world: Any, **typed: Any) -> str:
    answer = await begin(world, await dry_run(world), **typed)
    assert answer.status_code == 202, answer.text
    return f"{RUNS}/{answer.json()['run_id']}"


async def progress(world: Any, run: str) -> dict[str, Any]:
    return dict((await world.look("desk", run)).json())


async def at(world: Any, month: int, day: int, hour: int) -> None:
    """Move to this hour (UTC, an hour before civil time) and let the job do its work."""
    world.clock.set(datetime(2022, month, day, hour, tzinfo=UTC))
    await step(world)


async def step(world: Any) -> None:
    while await season(world.platform).run_once():
        pass


async def archived(world: Any) -> int:
    return sum(group["archived"] for group in await world.at_provider())


async def test_nothing_is_archived_before_an_operator_says_so(world: Any) -> None:
    await open_groups(world)
    assert not await world.waiting()
    assert await archived(world) == 0


async def test_a_dry_run_counts_and_names_groups_whose_owners_have_left(world: Any) -> None:
    ids = await open_groups(world)
    seen = await dry_run(world)
    assert (seen["academic_year"], seen["groups"]) == ("2021-22", 3)
    counted = {"teams": 3, "classrooms": 0, "without_owner": 1, "being_created": 0}
    assert seen["schools"] == [{"school": "6811234", **counted}]
    assert seen["authorities"] == [{"authority": "681", "schools": 1, **counted}]
    assert [group["group_id"] for group in seen["without_owner"]] == [ids[-1]]
    assert not await world.waiting(), "a dry run changes nothing"


async def test_the_run_archives_every_group_and_gives_owners_first(world: Any) -> None:
    ids = await open_groups(world)
    teams = world.emulators.tenant
    for row in await world.at_provider():
        teams.find(row["id"]).members.pop(OWNER)
    run = await begun(world)
    await step(world)
    await world.settle()
    await step(world)
    found = await progress(world, run)
    assert found["state"] == "done"
    assert found["progress"] == {"groups": 3, "archived": 3, "restored": 0, "failed": 0, "left": 0}
    assert [part["authority"] for part in found["authorities"]] == ["681"]
    assert [part["school"] for part in found["schools"]] == ["6811234"]
    [provider_id] = (
        await world.rows("SELECT provider_id FROM class_group WHERE group_id = %s", ids[-1])
    )[0]
    owners = {row["id"]: row["owners"] for row in await world.at_provider()}
    assert OWNER in owners[provider_id], "its teachers have left"
    assert sum(OWNER in names for names in owners.values()) == 1
    assert [decision["decision"] for decision in found["decisions"]] == ["begun"]
    assert found["decisions"][0]["decided_by"] == "op"


async def test_what_is_typed_must_be_what_the_dry_run_said(world: Any) -> None:
    await open_groups(world)
    seen = await dry_run(world)
    for typed in ({"groups": 2}, {"academic_year": "2022-23"}):
        answer = await begin(world, seen, **typed)
        assert (answer.status_code, answer.json()["code"]) == (422, "confirmation_wrong")
    assert (await world.look("operator", RUNS)).json() == {"items": []}
    await step(world)
    assert not await world.waiting()


async def test_a_list_that_changed_since_the_dry_run_is_not_archived(world: Any) -> None:
    ids = await open_groups(world)
    seen = await dry_run(world)
    await world.execute("UPDATE class_group SET wish = 'restored' WHERE group_id = %s", ids[0])
    answer = await begin(world, seen, groups=2)
    assert (answer.status_code, answer.json()["code"]) == (412, "dry_run_outdated")
    assert (await begin(world, await dry_run(world))).status_code == 202


async def test_a_run_is_begun_once_and_not_before_the_year_is_over(world: Any) -> None:
    await open_groups(world)
    seen = await dry_run(world)
    await world.move_to(8, 30)
    early = await begin(world, seen)
    assert (early.status_code, early.json()["code"]) == (409, "year_not_over")
    await world.move_to(8, 31)
    await begun(world)
    second = await begin(world, seen)
    assert (second.status_code, second.json()["code"]) == (409, "archive_run_open")


async def test_with_nothing_to_archive_no_run_is_begun(world: Any) -> None:
    await world.move_to(8, 31)
    answer = await begin(world, await dry_run(world))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_archive")


async def test_archives_begin_within_the_hours_only(world: Any) -> None:
    ids = await open_groups(world, 15)
    await at(world, 8, 31, 16)
    run = await begun(world, hours={"begin": "18:00", "end": "06:00"})
    assert (await progress(world, run))["open"] is False
    await step(world)
    assert not await world.waiting()
    assert await world.state(ids[0]) == "frozen"
    await at(world, 8, 31, 18)
    await world.turn()
    await at(world, 9, 1, 5)
    assert (await progress(world, run))["open"] is False, "six in the morning, civil time"
    begun_by_then = 15 - len(await world.rows("SELECT 1 FROM operation WHERE lane = 9"))
    for _ in range(20):
        await world.turn()
    assert len(await world.rows("SELECT 1 FROM operation WHERE started_at IS NULL")) == 6
    assert begun_by_then == 9, "as many as there are slots for archives"
    await at(world, 9, 1, 23)
    await world.settle()
    assert await archived(world) == 15


async def test_a_paused_run_begins_no_archive_until_it_is_resumed(world: Any) -> None:
    await open_groups(world)
    run = await begun(world)
    await step(world)
    paused = await world.ask("operator", f"{run}/pause")
    assert (paused.json()["state"], paused.json()["open"]) == ("paused", False)
    await step(world)
    await world.turn()
    assert await archived(world) == 0
    assert (await progress(world, run))["expected_end"] is None
    assert (await world.ask("operator", f"{run}/pause")).status_code == 200, "it is paused"
    assert (await world.ask("operator", f"{run}/resume")).json()["state"] == "running"
    await world.settle()
    await step(world)
    found = await progress(world, run)
    assert (found["state"], found["progress"]["archived"]) == ("done", 3)
    decided = [decision["decision"] for decision in found["decisions"]]
    assert decided == ["begun", "paused", "resumed"]


async def test_a_restore_is_served_while_the_run_is_paused(world: Any) -> None:
    ids = await open_groups(world)
    run = await begun(world)
    await step(world)
    await world.ask("operator", f"{run}/pause")
    await world.ask("champion", f"/v1/groups/{ids[0]}/restore")
    for _ in range(200):
        await world.turn()
        if await world.state(ids[0]) == "restored":
            break
    assert await world.state(ids[0]) == "restored"
    assert (await progress(world, run))["progress"]["restored"] == 1


async def test_a_cancelled_run_leaves_open_what_the_provider_has_not_heard_of(world: Any) -> None:
    ids = await open_groups(world, 12)
    run = await begun(world)
    await step(world)
    await world.turn()
    assert (await world.ask("operator", f"{run}/cancel")).json()["state"] == "cancelled"
    await step(world)
    assert (await progress(world, run))["ended_at"] is None, "some are under way"
    await step(world)
    await world.settle()
    await step(world)
    found = await progress(world, run)
    assert found["ended_at"] is not None
    assert (found["progress"]["archived"], found["progress"]["left"]) == (9, 3)
    assert await archived(world) == 9
    states = [await world.state(group_id) for group_id in ids]
    assert (states.count("archived"), states.count("frozen")) == (9, 3)
    ended = await world.ask("operator", f"{run}/resume")
    assert (ended.status_code, ended.json()["code"]) == (409, "archive_run_ended")
    assert (await dry_run(world))["groups"] == 3
    await begun(world)
    await step(world)
    await world.settle()
    assert await archived(world) == 12


async def test_an_archive_that_failed_before_the_cancellation_is_still_brought_to_its_end(
    world: Any,
) -> None:
    await open_groups(world, 1)
    run = await begun(world)
    await step(world)
    await world.execute(
        """UPDATE operation SET asked_at = clock_timestamp(), attempts = 1
           WHERE action = 'archive' AND state = 'queued'"""
    )
    await world.ask("operator", f"{run}/cancel")
    await step(world)
    await world.settle()
    await step(world)
    assert await archived(world) == 1
    assert (await progress(world, run))["ended_at"] is not None


async def test_a_group_that_is_still_being_created_is_archived_once_it_is_there(
    world: Any,
) -> None:
    await world.school()
    await world.create()
    await world.move_to(8, 31)
    seen = await dry_run(world)
    assert [school["being_created"] for school in seen["schools"]] == [1]
    await begin(world, seen)
    await step(world)
    await world.settle()
    assert (await world.only())["archived"]
    assert (await world.only())["members"] == [f"{name}@hwbcymru.net" for name in ("a", "b", "c")]


async def test_the_estimate_says_what_it_rests_on(postgres: Any, worlds: Any) -> None:
    url = postgres.create_database()
    async with worlds(url, archive_begins="operator") as quick:
        await open_groups(quick)
    # In real time, so that its first minutes are not over while this looks at them.
    async with worlds(url, archive_begins="operator", time_scale=1.0) as world:
        world.commands = quick.commands
        await world.move_to(8, 31)
        run = await begun(world)
        await step(world)
        found = await progress(world, run)
        assert (found["estimate_rests_on"], found["progress"]["left"]) == ("quota", 3)
        assert datetime.fromisoformat(found["expected_end"]) > world.clock.now()
        await world.execute("UPDATE archive_run SET opened_at = opened_at - interval '1 hour'")
        found = await progress(world, run)
        assert (found["estimate_rests_on"], found["expected_end"]) == ("none", None), "none ended"
        await world.execute(
            """UPDATE operation SET state = 'done', finished_at = clock_timestamp()
               WHERE operation_id IN (SELECT max(operation_id) FROM operation)"""
        )
        assert (await progress(world, run))["estimate_rests_on"] == "measured"


async def test_runs_are_shown_to_nobody_of_a_school(world: Any) -> None:
    for who in ("champion", "teacher", "authority", "network"):
        assert (await world.look(who, f"{RUNS}/dry-run")).status_code == 403
    assert (await world.ask("desk", RUNS, {"academic_year": "x", "groups": 1})).status_code == 403


async def test_a_run_that_is_not_there_is_explained(world: Any) -> None:
    nowhere = f"{RUNS}/01a20cf4-f959-7467-9edd-900923df8424"
    answer = await world.look("operator", nowhere)
    assert (answer.status_code, answer.json()["code"]) == (404, "archive_run_unknown")
    assert (await world.ask("operator", f"{nowhere}/pause")).status_code == 404
