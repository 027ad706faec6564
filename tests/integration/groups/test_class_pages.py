"""A class and its learners: the guide's filters, and who sees which page."""

from typing import Any

import pytest

from hwb_schemas.words import AccountStatus

SCHOOL = "6811234"
KEY = f"{SCHOOL}/2021-22/7A"
CLASSES, PAGE = f"/v1/schools/{SCHOOL}/classes", f"/v1/schools/{SCHOOL}/class"


async def page(world: Any, who: str = "champion", key: str = KEY) -> dict[str, Any]:
    answer = await world.look(who, PAGE, class_key=key)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(shown: dict[str, Any]) -> list[str]:
    return [learner["account_id"] for learner in shown["learner_accounts"]]


@pytest.mark.parametrize("who", ["champion", "administrator"])
async def test_champions_and_administrators_see_every_class_of_their_school(
    world: Any, who: str
) -> None:
    await world.created()
    await world.hear(world.class_event("8B", teachers=["t2"], members=["a"]))
    listed = (await world.look(who, CLASSES)).json()["items"]
    assert [item["class_code"] for item in listed] == ["7A", "8B"]
    shown = await page(world, who, f"{SCHOOL}/2021-22/8B")
    assert (shown["title"], shown["year_group"], shown["teachers"]) == ("Class 8B", "7", ["t2"])
    assert ids(shown) == ["a"]
    assert shown["groups"] == []


async def test_teachers_see_the_pages_of_their_own_classes_alone(world: Any) -> None:
    await world.created()
    assert ids(await page(world, "teacher")) == ["a", "b", "c"]
    answer = await world.look("other-teacher", PAGE, class_key=KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "class_not_yours")
    assert (await world.look("stranger", PAGE, class_key=KEY)).status_code == 403


async def test_a_class_of_another_school_is_not_found_at_this_one(world: Any) -> None:
    await world.created()
    other = await world.look("stranger", "/v1/schools/6811235/class", class_key=KEY)
    assert (other.status_code, other.json()["code"]) == (404, "class_unknown")


async def test_filters_are_taken_together(world: Any) -> None:
    await world.created()
    await world.hear(
        world.class_event("7A", year="2022-23", teachers=["t1"], members=["a"]),
        world.class_event("8B", teachers=["t1"], members=["a"]),
    )

    async def keys(**filters: str) -> list[str]:
        answer = await world.look("champion", CLASSES, **filters)
        return [item["class_key"] for item in answer.json()["items"]]

    assert await keys(teacher="t1", academic_year="2021-22") == [KEY, f"{SCHOOL}/2021-22/8B"]
    assert await keys(teacher="t1", academic_year="2021-22", group_type="teams") == [KEY]
    assert await keys(year_group="8") == []
    assert await keys(teacher="t2") == []


async def test_who_is_listed_without_an_account_is_counted(world: Any) -> None:
    await world.hear(
        world.class_event(members=["a", "b", "nobody"]),
        world.account_event("a"),
        world.account_event("b", status=AccountStatus.INACTIVE),
    )
    shown = await page(world)
    assert shown["learner_accounts"] == [
        {"account_id": "a", "still_here": True},
        {"account_id": "b", "still_here": False},
    ]
    assert (shown["without_account"], shown["as_kept"], shown["learners"]) == (1, False, 3)


async def test_last_years_page_shows_the_learners_as_at_archiving(world: Any) -> None:
    await world.created()
    await world.move_to(6, 6)
    await world.hear(world.class_event(teachers=["t2"], members=[]))
    assert ids(await page(world)) == ["a", "b", "c"], "the group keeps them from the freeze on"
    await world.move_to(8, 31)
    await world.settle()
    await world.hear(
        world.account_event("a", home="6819999"),
        world.class_event("7A", year="2022-23", teachers=["t2"], members=["b"]),
    )
    shown = await page(world, "teacher")
    assert shown["as_kept"] is True
    assert [(one["account_id"], one["still_here"]) for one in shown["learner_accounts"]] == [
        ("a", False),
        ("b", True),
        ("c", True),
    ]
    assert [group["state"] for group in shown["groups"]] == ["archived"]
    assert ids(await page(world, key=f"{SCHOOL}/2022-23/7A")) == ["b"]


async def test_a_class_whose_group_keeps_nobody_says_so(world: Any) -> None:
    await world.hear(world.class_event(members=[]))
    await world.create()
    await world.settle()
    await world.move_to(6, 6)
    shown = await page(world)
    assert (shown["learner_accounts"], shown["without_account"]) == ([], 0)
    assert shown["as_kept"] is True


async def test_a_class_with_a_team_and_a_classroom_lists_everybody_once(world: Any) -> None:
    await world.school()
    await world.create("teams")
    await world.create("classroom")
    await world.settle()
    await world.move_to(8, 31)
    await world.settle()
    assert ids(await page(world)) == ["a", "b", "c"]
