"""A school is told, once, of groups that are to be archived while nobody at it owns them."""

from typing import Any

from tests.integration.groups.conftest import OTHER_SCHOOL, SCHOOL

from hwb_groups.adapters.archive_store import PostgresArchiveRuns
from hwb_groups.application.notices import RaiseNotices
from hwb_groups.bootstrap import notices, season
from hwb_runtime.testing import empty_outbox, outbox_of
from hwb_schemas.words import AccountStatus

KEY = f"groups/archive_without_owner/{SCHOOL}/2021-22"
GONE = AccountStatus.INACTIVE


async def two_groups(world: Any) -> None:
    """One teacher owns 7A, another one 7B."""
    await world.hear(
        world.class_event("7A", teachers=["t1"], members=["a"]),
        world.class_event("7B", teachers=["t2"], members=["b"]),
        *(world.account_event(name) for name in ("t1", "t2", "a", "b")),
    )
    for code in ("7A", "7B"):
        await world.create(key=f"{SCHOOL}/2021-22/{code}")
    await world.settle()


async def told(world: Any) -> list[tuple[str, str, str]]:
    """What the job says until it has nothing more to say: change, key, number of groups."""
    await empty_outbox(world.platform.database)
    while await notices(world.platform).run_once():
        pass
    return await said(world)


async def said(world: Any) -> list[tuple[str, str, str]]:
    events = await outbox_of(world.platform.database)
    found = [event for event in events if event.topic == "hwb.servicedesk.cases"]
    values = [event.value or {} for event in found]
    assert all(value["kind"] == "archive_without_owner" for value in values)
    return [
        (value["change"], event.key, value["facts"]["groups"])
        for event, value in zip(found, values, strict=True)
    ]


async def test_a_school_is_told_once_and_no_more_when_somebody_is_back(world: Any) -> None:
    await two_groups(world)
    await world.hear(world.account_event("t1", status=GONE))
    assert await told(world) == [], "until the freeze the MIS may still name another owner"
    await world.hear(world.account_event("t1"))
    await world.settle()

    await world.move_to(6, 6)
    assert await told(world) == []
    await world.hear(world.account_event("t1", status=GONE))
    assert await told(world) == [("raised", KEY, "1")]
    assert await told(world) == []

    await world.hear(world.account_event("t2", home=OTHER_SCHOOL))
    assert await told(world) == [], "the case is open already"
    await world.hear(world.account_event("t1"))
    assert await told(world) == [], "one is still without"
    await world.hear(world.account_event("t2"))
    assert await told(world) == [("resolved", KEY, "1")]

    await world.hear(world.account_event("t1", status=GONE), world.account_event("t2", status=GONE))
    assert await told(world) == [("raised", KEY, "2")]


async def test_the_case_says_which_year_how_many_and_from_when(world: Any) -> None:
    await two_groups(world)
    await world.move_to(6, 6)
    await world.hear(world.account_event("t1", status=GONE))
    await told(world)
    found = await outbox_of(world.platform.database)
    (value,) = [event.value or {} for event in found if event.key == KEY]

    assert (value["school"], value["raised_by"]) == (SCHOOL, "groups")
    assert value["facts"] == {
        "school": SCHOOL,
        "academic_year": "2021-22",
        "groups": "1",
        "archived_from": "2022-08-31",
    }


async def test_it_is_over_once_the_groups_are_being_archived(world: Any) -> None:
    await two_groups(world)
    await world.move_to(6, 6)
    await world.hear(world.account_event("t1", status=GONE))
    await told(world)

    await world.move_to(8, 31)
    while await season(world.platform).run_once():
        pass
    assert await told(world) == [("resolved", KEY, "1")]
    await world.settle()
    assert await told(world) == []


async def test_next_years_groups_get_their_owners_from_the_mis(world: Any) -> None:
    await world.move_to(8, 15)
    await world.hear(
        world.class_event("8A", year="2022-23", teachers=["t1"], members=["a"]),
        world.account_event("t1", status=GONE),
        world.account_event("a"),
    )
    await world.create(key=f"{SCHOOL}/2022-23/8A")
    await world.settle()

    assert await told(world) == []


async def test_a_turn_says_only_so_much(world: Any) -> None:
    await two_groups(world)
    await world.move_to(6, 6)
    await world.hear(world.account_event("t1", status=GONE))
    platform = world.platform
    job = RaiseNotices(platform.units_of_work, PostgresArchiveRuns, platform.calendar, at_once=0)
    await empty_outbox(platform.database)

    assert await job.run_once() is True
    assert await said(world) == []
