"""Teams as the groups service meets it: late effects, opaque locations and partial successes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hwb_rehearsal.emulators import Emulators
from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.emulators.people import PersonState
from hwb_rehearsal.emulators.time import VirtualClock

OWNER = "svc-groups@hwbcymru.net"
BASE = "http://emulator/graph/v1.0"


def bind(address: str) -> str:
    return f"https://graph.microsoft.com/v1.0/users('{address}')"


def member(address: str, *roles: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": list(roles),
        "user@odata.bind": bind(address),
    }


@pytest.fixture
async def graph(emulators: Emulators) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=emulators.app)
    headers = {"Authorization": "Bearer local"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


async def begin_team(graph: httpx.AsyncClient, name: str = "9B Maths") -> tuple[str, str]:
    answer = await graph.post(
        "/teams",
        json={
            "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates"
            "('educationClass')",
            "displayName": name,
            "members": [member(OWNER, "owner")],
        },
    )
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"], answer.headers["location"]


async def team(graph: httpx.AsyncClient, clock: VirtualClock, name: str = "9B Maths") -> str:
    location, _ = await begin_team(graph, name)
    clock.advance(60)
    return str((await graph.get(location)).json()["id"])


async def archive(graph: httpx.AsyncClient, team_id: str) -> httpx.Response:
    return await graph.post(f"/teams/{team_id}/archive", json={})


async def is_archived(graph: httpx.AsyncClient, team_id: str) -> bool:
    return bool((await graph.get(f"/teams/{team_id}")).json()["isArchived"])


async def status(graph: httpx.AsyncClient, location: str) -> str:
    return str((await graph.get(location)).json()["status"])


async def test_a_new_team_answers_404_until_a_moment_after_its_operation_succeeded(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    location, operation = await begin_team(graph)
    states = [await status(graph, operation)]
    clock.advance(10)
    states.append(await status(graph, operation))
    clock.advance(10)
    states.append(await status(graph, operation))

    assert states == ["notStarted", "inProgress", "succeeded"]
    assert (await graph.get(location)).status_code == 404
    clock.advance(3)
    assert (await graph.get(location)).status_code == 200


async def test_a_team_is_made_from_a_class_that_carries_the_external_id(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    made = await graph.post(
        "/education/classes",
        json={"displayName": "9B", "mailNickname": "k1", "externalId": "k/1", "classCode": "9B"},
    )
    assert made.status_code == 201
    class_id = made.json()["id"]
    body = {
        "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates('educationClass')",
        "group@odata.bind": f"https://graph.microsoft.com/v1.0/groups('{class_id}')",
        "members": [member(OWNER, "owner")],
    }

    assert (await graph.post("/teams", json=body)).status_code == 404  # too new to be bound
    clock.advance(5)
    assert (await graph.post("/teams", json=body)).status_code == 202
    assert (await graph.post("/teams", json=body)).status_code == 409
    query = {"$filter": "externalId eq 'k/1'"}
    found = (await graph.get("/education/classes", params=query)).json()["value"]
    assert [one["id"] for one in found] == [class_id]

    unlinked = await graph.patch(f"/education/classes/{class_id}", json={"externalId": None})
    assert unlinked.status_code == 200
    assert (await graph.get("/education/classes", params=query)).json()["value"] == []


async def test_archiving_is_accepted_at_once_and_true_only_later(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    answer = await archive(graph, team_id)

    assert answer.status_code == 202
    assert answer.content == b""
    assert not await is_archived(graph, team_id)
    clock.advance(20)
    assert await is_archived(graph, team_id)
    assert await status(graph, answer.headers["location"]) == "succeeded"
    assert (await graph.post(f"/teams/{team_id}/unarchive")).status_code == 202
    clock.advance(20)
    assert not await is_archived(graph, team_id)


async def test_an_unarchive_during_an_archive_takes_effect_after_it(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    await archive(graph, team_id)
    await graph.post(f"/teams/{team_id}/unarchive")
    clock.advance(21)
    assert await is_archived(graph, team_id)
    clock.advance(20)
    assert not await is_archived(graph, team_id)


async def test_the_sharepoint_flag_is_refused_for_an_application(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    body = {"shouldSetSpoSiteReadOnlyForMembers": True}

    assert (await graph.post(f"/teams/{team_id}/archive", json=body)).status_code == 400


async def test_a_team_whose_owner_is_gone_cannot_be_archived(
    graph: httpx.AsyncClient, clock: VirtualClock, emulators: Emulators
) -> None:
    team_id = await team(graph, clock)
    emulators.people.put(OWNER, PersonState.DELETED)

    answer = await archive(graph, team_id)
    assert answer.status_code == 400
    assert "owner" in answer.json()["error"]["message"]


async def test_members_are_added_in_part_where_somebody_is_not_known(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    values = [member("a.jones@hwbcymru.net"), member("unknown-user@hwbcymru.net")]
    answer = await graph.post(f"/teams/{team_id}/members/add", json={"values": values})

    assert answer.status_code == 207
    assert [one["error"] is None for one in answer.json()["value"]] == [True, False]


async def test_more_than_200_members_at_once_are_refused(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    values = [member(f"p{n}@hwbcymru.net") for n in range(201)]

    too_many = await graph.post(f"/teams/{team_id}/members/add", json={"values": values})
    just_right = await graph.post(f"/teams/{team_id}/members/add", json={"values": values[:200]})
    assert [too_many.status_code, just_right.status_code] == [400, 200]


async def test_members_come_in_pages_and_leave_one_by_one(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    values = [member(f"p{n:03}@hwbcymru.net") for n in range(150)]
    await graph.post(f"/teams/{team_id}/members/add", json={"values": values})
    clock.advance(1)
    first = (await graph.get(f"/teams/{team_id}/members")).json()
    second = (await graph.get(first["@odata.nextLink"])).json()

    assert (len(first["value"]), len(second["value"])) == (100, 51)
    assert "@odata.nextLink" not in second
    leaver = first["value"][0]["id"]
    assert (await graph.delete(f"/teams/{team_id}/members/{leaver}")).status_code == 204
    assert (await graph.delete(f"/teams/{team_id}/members/{leaver}")).status_code == 404


async def test_a_fifth_call_within_a_second_on_one_team_is_throttled(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    clock.advance(1)
    answers = [await graph.get(f"/teams/{team_id}") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[-1].headers["retry-after"] == "1"


async def test_the_eleventh_team_within_a_second_is_throttled(graph: httpx.AsyncClient) -> None:
    for _ in range(10):
        await begin_team(graph)
    answer = await graph.post("/teams", json={})

    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("fault", "answers", "operation_says", "archived"),
    [
        (Fault.STUCK, 202, "inProgress", False),
        (Fault.STUCK_BUT_WORKS, 202, "inProgress", True),
        (Fault.FAILS, 202, "failed", False),
        (Fault.FAILS_ONCE, 202, "failed", False),
        (Fault.WITHOUT_EFFECT, 202, "succeeded", False),
        (Fault.NOT_FOUND_BUT_WORKS, 404, None, True),
        (Fault.UNAVAILABLE_ONCE, 503, None, False),
        (Fault.INTERNAL, 500, None, False),
        (Fault.SLOW, 202, "inProgress", False),
    ],
)
async def test_a_marker_in_the_name_makes_the_fault_happen(
    graph: httpx.AsyncClient,
    clock: VirtualClock,
    fault: Fault,
    answers: int,
    operation_says: str | None,
    archived: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    team_id = await team(graph, clock, f"9B [{fault}]")
    clock.advance(300)
    answer = await archive(graph, team_id)
    clock.advance(60)

    assert answer.status_code == answers
    assert await is_archived(graph, team_id) is archived
    if operation_says:
        assert await status(graph, answer.headers["location"]) == operation_says


async def test_what_failed_once_works_the_second_time(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock, "9B [fails-once]")
    await archive(graph, team_id)
    clock.advance(60)
    await archive(graph, team_id)
    clock.advance(60)

    assert await is_archived(graph, team_id)


async def test_a_call_without_a_token_is_refused(emulators: Emulators) -> None:
    transport = httpx.ASGITransport(app=emulators.app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as stranger:
        assert (await stranger.get("/teams/x")).status_code == 401


async def test_the_inspection_shows_teams_and_counts_calls(
    graph: httpx.AsyncClient, clock: VirtualClock
) -> None:
    team_id = await team(graph, clock)
    groups = (await graph.get("http://emulator/inspect/groups")).json()
    calls = (await graph.get("http://emulator/inspect/calls")).json()

    assert [(one["id"], one["owners"], one["archived"]) for one in groups] == [
        (team_id, [OWNER], False)
    ]
    assert {"provider": "teams", "call": "create team", "status": 202, "count": 1} in calls
