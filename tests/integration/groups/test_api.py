"""Who may see and do what, and how it is answered."""

from typing import Any

import pytest

KEY = "6811234/2021-22/7A"
CLASSES = "/v1/schools/6811234/classes"


async def test_without_a_token_nothing_is_shown(world: Any) -> None:
    assert (await world.api.get(CLASSES)).status_code == 401
    assert (await world.api.get("/v1/groups")).status_code == 401


@pytest.mark.parametrize("who", ["stranger", "network"])
async def test_nobody_else_sees_a_school(world: Any, who: str) -> None:
    await world.school()
    assert (await world.look(who, CLASSES)).status_code == 403


async def test_classes_are_found_by_year_group_teacher_and_group_type(world: Any) -> None:
    await world.created()
    await world.hear(world.class_event("8B", teachers=["t2"], members=["a"]))

    async def codes(who: str, **filters: str) -> list[str]:
        answer = await world.look(who, CLASSES, **filters)
        return [item["class_code"] for item in answer.json()["items"]]

    assert await codes("champion") == ["7A", "8B"]
    assert await codes("champion", teacher="t2") == ["8B"]
    assert await codes("champion", group_type="teams") == ["7A"]
    assert await codes("champion", group_type="classroom") == []
    assert await codes("champion", academic_year="2022-23") == []
    assert await codes("champion", year_group="7") == ["7A", "8B"]
    assert await codes("teacher") == ["7A"], "teachers see their own classes"
    assert await codes("authority") == ["7A", "8B"]
    shown = (await world.look("teacher", CLASSES)).json()["items"][0]
    assert shown["teachers"] == ["t1"]
    assert shown["learners"] == 3
    assert [group["provider"] for group in shown["groups"]] == ["teams"]


async def test_a_teacher_has_no_hand_in_another_teachers_class(world: Any) -> None:
    group_id = await world.created()
    for path, body in (
        ("/v1/groups", {"class_key": KEY, "provider": "classroom"}),
        (f"/v1/groups/{group_id}/restore", None),
    ):
        answer = await world.ask("other-teacher", path, body)
        assert answer.status_code == 403
        assert answer.json()["code"] == "class_not_yours"
    assert (await world.look("other-teacher", f"/v1/groups/{group_id}")).status_code == 403
    assert (await world.look("teacher", f"/v1/groups/{group_id}")).status_code == 200


async def test_a_year_later_a_teacher_still_finds_the_classes_as_at_archiving(world: Any) -> None:
    group_id = await world.created()
    await world.move_to(8, 31)
    await world.settle()
    await world.hear(world.class_event(teachers=["t2"], members=[]))
    listed = (await world.look("teacher", CLASSES, academic_year="2021-22")).json()["items"]
    assert [item["learners"] for item in listed] == [3]
    people = (await world.look("teacher", f"/v1/groups/{group_id}")).json()["people"]
    assert [p["account_id"] for p in people] == ["t1", "a", "b", "c"]
    assert (await world.look("other-teacher", CLASSES)).json()["items"] == []


async def test_groups_are_listed_page_by_page_within_the_callers_scope(world: Any) -> None:
    await world.school()
    teams, classroom = await world.create("teams"), await world.create("classroom")
    first = (await world.look("champion", "/v1/groups", limit="1")).json()
    rest = (await world.look("champion", "/v1/groups", cursor=first["next"])).json()
    ids = [item["group_id"] for item in first["items"] + rest["items"]]
    assert sorted(ids) == ids
    assert set(ids) == {teams, classroom}
    assert rest["next"] is None
    for who, number in (("stranger", 0), ("authority", 2), ("desk", 2), ("other-teacher", 0)):
        assert len((await world.look(who, "/v1/groups")).json()["items"]) == number
    creating = await world.look("desk", "/v1/groups", state="creating", school="6811234")
    assert len(creating.json()["items"]) == 2
    assert (await world.look("stranger", "/v1/groups", school="6811234")).status_code == 403


async def test_a_command_sent_twice_is_done_once(world: Any) -> None:
    await world.school()
    headers = {"Authorization": "Bearer champion", "Idempotency-Key": "the-same-key"}
    body = {"class_key": KEY, "provider": "teams"}
    answers = [await world.api.post("/v1/groups", json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    other = await world.api.post(
        "/v1/groups", json=body | {"provider": "classroom"}, headers=headers
    )
    assert other.status_code == 422
    assert await world.waiting() == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (
            "/v1/groups",
            {"class_key": "6811234/2021-22/none", "provider": "teams"},
            404,
            "class_unknown",
        ),
        ("/v1/groups/none/restore", None, 404, "group_unknown"),
        ("/v1/groups", {"class_key": KEY, "provider": "zoom"}, 422, "invalid_request"),
    ],
)
async def test_what_cannot_be_done_is_explained(
    world: Any, path: str, body: dict[str, str] | None, status: int, code: str
) -> None:
    answer = await world.ask("champion", path, body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_group_in_use_cannot_be_restored(world: Any) -> None:
    group_id = await world.created()
    answer = await world.ask("teacher", f"/v1/groups/{group_id}/restore")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_archived")


async def test_a_class_that_is_gone_or_over_gets_no_group(world: Any) -> None:
    await world.hear(
        world.class_event("7A"),
        world.class_event("7A", state="withdrawn"),
        world.class_event("8B"),
    )
    gone = await world.ask("champion", "/v1/groups", {"class_key": KEY, "provider": "teams"})
    assert (gone.status_code, gone.json()["code"]) == (409, "class_withdrawn")
    await world.move_to(9, 5)
    over = {"class_key": "6811234/2021-22/8B", "provider": "teams"}
    assert (await world.ask("champion", "/v1/groups", over)).json()["code"] == "year_over"


async def test_a_restore_says_where_to_look_in_both_languages(world: Any) -> None:
    group_id = await world.created()
    await world.move_to(8, 31)
    await world.settle()
    answer = (await world.ask("teacher", f"/v1/groups/{group_id}/restore")).json()
    assert "Microsoft Teams > Teams > Your Teams > Hidden Teams" in answer["message"]
    assert "up to an hour" in answer["message"]
    assert "hyd at awr" in answer["message_cy"]
    assert answer["place"] == 1
    assert answer["estimate_seconds"] >= 1


async def test_the_openapi_document_can_be_made(world: Any) -> None:
    assert (await world.api.get("/openapi.json")).status_code == 200
