"""A run is settled when all its changes are applied or parked, and that is said once."""

from dataclasses import replace
from datetime import date

from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_identity.bootstrap import identity_on
from hwb_schemas.words import RecordState

UPNS = ["R201100018042", "T20110001804V", "P207000016049"]


async def settled(world: World) -> list[dict[str, object]]:
    await world.identity.settle_runs()
    return [event.value or {} for event in await world.published("hwb.identity.runs")]


async def test_a_run_settles_when_its_last_change_is_applied(world: World) -> None:
    await world.run_published(PRIMARY, 1, 3)
    await world.hear(*(world.word(PRIMARY, upn, run_seq=1) for upn in UPNS[:2]))
    assert await settled(world) == []
    await world.hear(world.word(PRIMARY, UPNS[2], run_seq=1), partition=5)
    (run,) = await settled(world)
    assert (run["run_id"], run["applied"], run["pending"], run["parked"]) == (
        f"{PRIMARY}-1",
        3,
        0,
        0,
    )
    assert len(await settled(world)) == 1


async def test_a_run_without_changes_settles_at_once(world: World) -> None:
    await world.run_published(PRIMARY, 4, 0)
    assert len(await settled(world)) == 1


async def test_changes_may_come_before_the_run_is_published(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPNS[0], run_seq=1))
    assert await settled(world) == []
    await world.run_published(PRIMARY, 1, 1)
    assert len(await settled(world)) == 1


async def test_a_repeated_event_is_not_counted_twice(world: World) -> None:
    await world.run_published(PRIMARY, 1, 2)
    first = world.word(PRIMARY, UPNS[0], run_seq=1)
    await world.hear(first, first)
    await world.hear(first)
    assert await settled(world) == []


async def test_pending_is_counted_at_the_school_that_waits(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPNS[0], run_seq=1))
    await world.hear(world.word(SECONDARY, UPNS[0], run_seq=1))
    await world.run_published(SECONDARY, 1, 1)
    (run,) = await settled(world)
    assert run["pending"] == 1


async def test_a_parked_change_is_parked_and_the_run_settles(world: World) -> None:
    await world.run_published(PRIMARY, 1, 2)
    await world.hear(
        world.word(PRIMARY, UPNS[0], RecordState.UNKNOWN, run_seq=1),
        world.word(PRIMARY, UPNS[1], run_seq=1),
    )
    (run,) = await settled(world)
    assert (run["applied"], run["parked"]) == (1, 1)
    rows = await world.rows("SELECT reason FROM parked")
    assert "deploy the newest identity" in rows[0][0]


async def test_reconcile_finds_and_mends_what_does_not_agree(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPNS[0], run_seq=1))
    await world.run_published(PRIMARY, 1, 2)
    assert len(await world.identity.reconcile.find()) == 1
    async with world.platform.database.transaction() as session:
        await session.execute("UPDATE person SET home_school = %s", (SECONDARY,))
    await world.forget_published()
    findings = await world.identity.reconcile.find()
    assert len(findings) == 2
    assert UPNS[0] not in str(findings)
    assert await world.published() == []
    await world.identity.reconcile.mend()
    (event,) = await world.published()
    assert event.value is not None
    assert event.value["account"]["home_school"] == PRIMARY
    assert len(await world.identity.reconcile.find()) == 1


async def test_a_day_that_came_is_found_by_reconcile_as_well(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPNS[0]))
    await world.hear(world.word(PRIMARY, UPNS[0], RecordState.LEFT, leaving=date(2022, 8, 31)))
    world.move_to(date(2022, 8, 15))
    assert len(await world.identity.reconcile.find()) == 1


async def test_another_calendar_has_everybody_evaluated_anew(world: World) -> None:
    await world.identity.reconcile.follow_calendar("2022")
    await world.hear(world.word(PRIMARY, UPNS[0]))
    await world.hear(world.word(PRIMARY, UPNS[0], RecordState.LEFT, leaving=date(2022, 8, 31)))
    later = world.platform.calendar.model_copy(update={"rollover_window_opens": date(2022, 8, 22)})
    other = identity_on(replace(world.platform, calendar=later))
    await other.reconcile.follow_calendar("2022")
    assert await world.rows("SELECT next_due FROM person") == [(date(2022, 8, 15),)]
    await other.reconcile.follow_calendar("2022, as corrected")
    assert await world.rows("SELECT next_due FROM person") == [(date(2022, 8, 22),)]
