"""A Team and a Classroom through the year, seen at the provider."""

from typing import Any

import pytest

from hwb_schemas.words import AccountStatus

KEY = "6811234/2021-22/7A"
OWNER = "svc-groups@hwbcymru.net"


def people(*names: str) -> list[str]:
    return sorted(f"{name}@hwbcymru.net" for name in names)


@pytest.mark.parametrize("provider", ["teams", "classroom"])
async def test_a_group_lives_from_creation_to_restoration(world: Any, provider: str) -> None:
    group_id = await world.created(provider)
    made = await world.only()
    assert made["provider"] == provider
    assert made["owners"] == sorted([OWNER, *people("t1")])
    assert made["members"] == people("a", "b", "c")
    assert await world.state(group_id) == "linked"

    await world.hear(world.class_event(teachers=["t1", "t2"], members=["a", "b"]))
    await world.settle()
    made = await world.only()
    assert made["owners"] == sorted([OWNER, *people("t1", "t2")])
    assert made["members"] == people("a", "b")

    await world.move_to(6, 6)
    assert await world.state(group_id) == "frozen"
    await world.move_to(8, 31)
    await world.settle()
    assert (await world.only())["archived"]
    assert await world.state(group_id) == "archived"

    await world.hear(world.account_event("b", status=AccountStatus.INACTIVE, home=None))
    answer = await world.ask("teacher", f"/v1/groups/{group_id}/restore")
    assert answer.status_code == 202
    assert answer.json()["place"] == 1
    await world.settle()
    restored = await world.only()
    assert not restored["archived"]
    assert restored["external_id"] is None
    assert restored["aliases"] == []
    assert restored["members"] == people("a")
    assert await world.state(group_id) == "restored"
    assert await world.changes() == [
        "created",
        "membership_changed",
        "membership_changed",
        "archived",
        "restored",
        "unlinked",
    ]
    last = (await world.events())[-1].value
    assert last["linked"] is False
    assert last["archived"] is False

    again = await world.ask("teacher", f"/v1/groups/{group_id}/restore")
    assert "no longer linked" in again.json()["message"]
    await world.move_to(9, 30)
    assert not await world.waiting(), "a restored group is never archived again"


async def test_a_class_can_have_both_and_each_is_made_once(world: Any) -> None:
    await world.school()
    first = await world.create("teams")
    assert await world.create("teams") == first
    await world.create("classroom")
    await world.settle()
    assert await world.create("teams") == first
    await world.settle()
    assert sorted(group["provider"] for group in await world.at_provider()) == [
        "classroom",
        "teams",
    ]


async def test_only_active_people_listed_at_the_school_are_members(world: Any) -> None:
    await world.school()
    await world.hear(
        world.account_event("a", status=AccountStatus.INACTIVE),
        world.account_event("b", home="6819999"),
        world.account_event("c", home="6819999", others=("6811234",)),
    )
    await world.create()
    await world.settle()
    assert (await world.only())["members"] == people("c")

    await world.hear(world.account_event("a"))
    await world.settle()
    assert (await world.only())["members"] == people("a", "c")


async def test_accounts_may_come_before_or_after_the_class(world: Any) -> None:
    await world.hear(world.account_event("a"), world.class_event(members=["a", "b"]))
    await world.create()
    await world.settle()
    await world.hear(world.account_event("b"))
    await world.settle()
    assert (await world.only())["members"] == people("a", "b")


async def test_word_received_from_the_freeze_on_changes_no_group(world: Any) -> None:
    await world.created()
    await world.move_to(6, 6)
    await world.hear(
        world.class_event(teachers=["t2"], members=["a"]),
        world.account_event("b", status=AccountStatus.INACTIVE),
    )
    assert not await world.waiting()
    await world.settle()
    assert (await world.only())["members"] == people("a", "b", "c")


async def test_word_received_before_the_freeze_counts_however_late_it_comes(world: Any) -> None:
    await world.created()
    received = world.clock.now()
    await world.move_to(6, 10)
    await world.hear(world.class_event(teachers=["t1"], members=["a"], received=received))
    await world.settle()
    assert (await world.only())["members"] == people("a")


async def test_a_class_that_is_withdrawn_does_not_empty_its_group(world: Any) -> None:
    await world.created()
    await world.hear(world.class_event(state="withdrawn"))
    await world.settle()
    assert (await world.only())["members"] == people("a", "b", "c")
    listed = (await world.look("teacher", "/v1/schools/6811234/classes")).json()["items"]
    assert [(item["state"], item["learners"]) for item in listed] == [("withdrawn", 3)]


async def test_an_older_run_of_a_class_changes_nothing(world: Any) -> None:
    await world.hear(
        world.class_event(members=["a", "b"], seq=7),
        world.class_event(members=["a"], seq=6),
        world.class_event(members=["a", "b"], seq=7),
    )
    rows = await world.rows("SELECT run_seq, cardinality(members) FROM class")
    assert rows == [(7, 2)]


async def test_an_older_version_of_an_account_changes_nothing(world: Any) -> None:
    await world.hear(
        world.account_event("a", version=5),
        world.account_event("a", version=4, status=AccountStatus.INACTIVE),
    )
    assert await world.rows("SELECT version, status FROM account") == [(5, "active")]


async def test_a_restore_overtakes_the_archive_that_has_not_begun(world: Any) -> None:
    group_id = await world.created()
    calls = world.emulators.calls
    await world.move_to(8, 31)
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    await world.settle()
    assert await world.state(group_id) == "restored"
    assert "archive" not in {row["call"] for row in calls.rows()}
    assert (await world.only())["external_id"] is None


async def test_a_restore_asked_for_in_the_middle_of_an_archive_ends_restored(world: Any) -> None:
    group_id = await world.created()
    await world.move_to(8, 31)
    await world.turn()
    assert "archive" in {row["call"] for row in world.emulators.calls.rows()}
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    assert await world.state(group_id) == "restoring"
    await world.settle()
    assert await world.state(group_id) == "restored"
    assert not (await world.only())["archived"]


async def test_an_account_that_changes_its_name_keeps_its_place(world: Any) -> None:
    await world.created()
    await world.hear(world.account_event("a", sign_in_name="a.new@hwbcymru.net"))
    await world.settle()
    assert (await world.only())["members"] == people("a.new", "b", "c")


async def test_next_year_gets_a_new_group_beside_the_archived_one(world: Any) -> None:
    await world.created()
    await world.hear(
        world.class_event(year="2022-23", teachers=["t1"], members=["a", "b"]),
    )
    body = {"class_key": "6811234/2022-23/7A", "provider": "teams"}
    early = await world.ask("champion", "/v1/groups", body)
    assert early.status_code == 409
    assert early.json()["code"] == "too_early"
    await world.move_to(8, 15)
    assert (await world.ask("champion", "/v1/groups", body)).status_code == 202
    await world.move_to(8, 31)
    await world.settle()
    found = {group["external_id"]: group["archived"] for group in await world.at_provider()}
    assert found == {KEY: True, "6811234/2022-23/7A": False}
