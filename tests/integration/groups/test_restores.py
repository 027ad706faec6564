"""What a school is told of its restore: the place, how long, and where to look when it is done."""

from typing import Any

import pytest

from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.domain.group import Lane
from hwb_groups.domain.quota import Kind
from hwb_schemas.words import Provider


async def archived(world: Any, number: int, provider: str = "teams") -> list[str]:
    """So many classes with an archived group each."""
    codes = [f"7{n}" for n in range(number)]
    await world.hear(
        *(world.class_event(code, teachers=["t1"], members=["a"]) for code in codes),
        *(world.account_event(name) for name in ("t1", "a")),
    )
    ids = [await world.create(provider, f"6811234/2021-22/{code}") for code in codes]
    await world.settle()
    await world.move_to(8, 31)
    await world.settle()
    return ids


async def restore(world: Any, group_id: str) -> dict[str, Any]:
    answer = await world.ask("champion", f"/v1/groups/{group_id}/restore")
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def stands(world: Any, group_id: str) -> dict[str, Any] | None:
    answer = await world.look("champion", f"/v1/groups/{group_id}")
    standing: dict[str, Any] | None = answer.json()["restore"]
    return standing


async def test_each_restore_is_told_its_place_and_a_later_one_waits_longer(world: Any) -> None:
    first, second, third = await archived(world, 3)
    assert await stands(world, first) is None, "nobody has asked"
    answers = [await restore(world, group_id) for group_id in (first, second, third)]
    assert [answer["place"] for answer in answers] == [1, 2, 3]
    again = await restore(world, second)
    assert again["place"] == 2, "asked again, it keeps its place"
    shown = await stands(world, third)
    assert shown is not None
    assert shown["place"] == 3


async def test_one_that_has_begun_stands_before_nobody(world: Any) -> None:
    first, second = await archived(world, 2)
    await restore(world, first)
    queue = world.dispatchers[0].queue
    assert len(await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=1)) == 1
    assert (await restore(world, second))["place"] == 1
    assert (await restore(world, first))["place"] == 1


async def test_restores_of_the_other_provider_are_in_another_line(world: Any) -> None:
    [team] = await archived(world, 1)
    await world.move_to(5, 31)
    classroom = await world.create("classroom", "6811234/2021-22/70")
    await world.settle()
    await world.move_to(8, 31)
    await world.settle()
    await restore(world, team)
    assert (await restore(world, classroom))["place"] == 1


async def test_the_estimate_is_what_the_latest_took(world: Any) -> None:
    first, second, third = await archived(world, 3)
    usual = (await restore(world, first))["estimate_seconds"]
    assert usual == 1, "a minute, two thousand times as fast"
    await world.settle()
    await world.execute(
        """UPDATE operation SET started_at = finished_at - interval '100 seconds'
           WHERE action = 'restore'"""
    )
    assert (await restore(world, second))["estimate_seconds"] == pytest.approx(100, abs=2)
    await world.execute(
        """UPDATE operation SET started_at = clock_timestamp() - interval '70 seconds'
           WHERE action = 'restore' AND state = 'queued'"""
    )
    standing = await stands(world, second)
    assert standing is not None
    assert standing["estimate_seconds"] == pytest.approx(30, abs=3)
    assert (await restore(world, third))["estimate_seconds"] == pytest.approx(100, abs=2)


async def test_the_line_is_counted_for_as_long_as_it_has_stood(world: Any) -> None:
    ids = await archived(world, 5)
    for group_id in ids:
        await restore(world, group_id)
    await world.execute(
        """UPDATE operation SET queued_at = clock_timestamp() - interval '100 seconds'
           WHERE action = 'restore'"""
    )
    await world.execute(
        """UPDATE operation SET state = 'running', lease = 'x', lease_until = 'infinity',
               started_at = clock_timestamp() - make_interval(secs => n)
           FROM (VALUES (%s, 40), (%s, 150)) AS begun (id, n) WHERE group_id = id
             AND action = 'restore'""",
        ids[0],
        ids[1],
    )
    async with world.platform.database.transaction() as session:
        groups = PostgresGroups(session)
        group = await groups.group(ids[-1])
        assert group is not None
        whole = await groups.standing(group, line_seconds=300)
        short = await groups.standing(group, line_seconds=10)
    assert (whole.ahead, whole.left_line) == (2, 1), "one began while the line stood"
    assert whole.line_for == pytest.approx(100, abs=2)
    assert (short.left_line, short.line_for) == (0, 10)


@pytest.mark.parametrize(
    ("provider", "where"),
    [
        ("teams", "Microsoft Teams > Teams > Your Teams > Hidden Teams"),
        ("classroom", "Google Classroom"),
    ],
)
async def test_when_it_is_done_the_school_is_told_where_to_look_and_what_is_different(
    world: Any, provider: str, where: str
) -> None:
    [group_id] = await archived(world, 1, provider)
    asked = await restore(world, group_id)
    assert "is being restored" in asked["message"]
    await world.settle()
    done = await stands(world, group_id)
    assert done is not None
    assert (done["place"], done["estimate_seconds"]) == (0, 0)
    for message in (done["message"], done["message_cy"]):
        assert where in message
    assert "up to an hour before you see it" in done["message"]
    assert "no longer linked to the school's MIS" in done["message"]
    assert "hyd at awr cyn i chi ei weld" in done["message_cy"]
    assert "wedi'i gysylltu â MIS yr ysgol" in done["message_cy"]
    assert (await world.changes())[-2:] == ["restored", "unlinked"]


async def test_a_provider_that_wants_to_be_left_alone_is_counted_in(world: Any) -> None:
    [group_id] = await archived(world, 1)
    await world.providers.limiter.block([Kind.GRAPH_WRITE], seconds=240)
    assert (await restore(world, group_id))["estimate_seconds"] == pytest.approx(241, abs=2)
