"""The leaver hold of 2025: Years 11 to 13 sign in until 29 August, though they are released."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.identity_world import CALENDAR, PRIMARY, SECONDARY, World

from hwb_identity.bootstrap import identity_on
from hwb_schemas.calendar import LeaverHold
from hwb_schemas.words import RecordState

UPN = "R201100018042"
HOLD = LeaverHold(
    year_groups=("11", "12", "13"), left_after=date(2022, 6, 1), until=date(2022, 8, 29)
)


async def state(world: World) -> tuple[str | None, str]:
    ((home, status),) = await world.rows("SELECT home_school, status FROM person")
    return home, status


async def leaves(world: World, *, year: str, on: date) -> None:
    held = CALENDAR.model_copy(update={"leaver_hold": HOLD})
    world.platform = replace(world.platform, calendar=held)
    world.identity = identity_on(world.platform)
    await world.hear(world.word(PRIMARY, UPN, year=year))
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, year=year, leaving=on))


async def test_sign_in_stays_on_until_the_day_and_ends_by_itself(world: World) -> None:
    await leaves(world, year="13", on=date(2022, 7, 1))
    assert await state(world) == (None, "active")
    for day, status in ((29, "active"), (30, "inactive")):
        world.move_to(date(2022, 8, day))
        await world.identity.take_up_due()
        assert await state(world) == (None, status)
    changes = [event.type.split(".")[-2] for event in await world.published()]
    assert changes == ["created", "released", "deactivated"]
    assert await world.identity.reconcile.find() == []


@pytest.mark.parametrize(("year", "on"), [("10", date(2022, 7, 1)), ("13", date(2022, 5, 31))])
async def test_other_years_and_earlier_leavers_are_off_at_once(
    world: World, year: str, on: date
) -> None:
    await leaves(world, year=year, on=on)
    assert await state(world) == (None, "inactive")


async def test_a_learner_on_hold_is_matched_by_the_next_school(world: World) -> None:
    await leaves(world, year="11", on=date(2022, 7, 1))
    await world.hear(world.word(SECONDARY, UPN, year="12", admitted=date(2022, 7, 11)))
    assert await state(world) == (SECONDARY, "active")
