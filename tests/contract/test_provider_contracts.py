"""The emulators against the providers' own files, so that they are not right only by our word."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hwb_rehearsal.emulators import make_emulators
from hwb_rehearsal.emulators.contract import (
    ClassroomContract,
    GraphContract,
    classroom_contract,
    contracts_directory,
    graph_contract,
)
from hwb_rehearsal.emulators.time import VirtualClock

DIRECTORY = contracts_directory()
needs_contracts = pytest.mark.skipif(
    DIRECTORY is None, reason="provider contracts are not on this machine"
)
pytestmark = needs_contracts
OWNER = "https://graph.microsoft.com/v1.0/users('svc-groups@hwbcymru.net')"
TEMPLATE = "https://graph.microsoft.com/v1.0/teamsTemplates('educationClass')"


@pytest.fixture
def graph_types() -> GraphContract:
    contract = graph_contract(DIRECTORY)
    assert contract is not None
    return contract


@pytest.fixture
def classroom_types() -> ClassroomContract:
    contract = classroom_contract(DIRECTORY)
    assert contract is not None
    return contract


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def client(clock: VirtualClock) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=make_emulators(clock=clock).app),
        base_url="http://emulator",
        headers={"Authorization": "Bearer local"},
    ) as made:
        yield made


def team_body(**more: Any) -> dict[str, Any]:
    owner = {
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "roles": ["owner"],
        "user@odata.bind": OWNER,
    }
    return {
        "template@odata.bind": TEMPLATE,
        "displayName": "9B",
        "members": [owner],
        **more,
    }


async def test_every_answer_of_the_teams_emulator_is_of_graphs_type(
    client: httpx.AsyncClient, graph_types: GraphContract, clock: VirtualClock
) -> None:
    base = "/graph/v1.0"
    created = await client.post(base + "/teams", json=team_body())
    team = base + created.headers["content-location"]
    clock.advance(60)
    operation = (await client.get(base + created.headers["location"])).json()
    shown = (await client.get(team)).json()
    members = (await client.get(team + "/members")).json()["value"]
    body = {"values": [team_body()["members"][0], {"user@odata.bind": OWNER + "unknown-user"}]}
    added = (await client.post(team + "/members/add", json=body)).json()["value"]
    clock.advance(60)
    one_class = (await client.get(f"{base}/education/classes/{shown['id']}")).json()
    missing = (await client.get(base + "/teams/none")).json()

    assert graph_types.faults("teamsAsyncOperation", operation) == []
    assert graph_types.faults("team", shown) == []
    for member in members:
        assert graph_types.faults("aadUserConversationMember", member) == []
    for result in added:
        assert graph_types.faults("aadUserConversationMemberResult", result) == []
    assert graph_types.faults("educationClass", one_class) == []
    assert graph_types.faults("ODataError", missing) == []


@pytest.mark.parametrize(
    "wrong", [{"displayNam": "x"}, {"visibility": "secret"}, {"isArchived": "no"}]
)
async def test_a_team_that_graphs_schema_refuses_is_refused(
    client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await client.post("/graph/v1.0/teams", json=team_body(**wrong))

    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["error"]["message"]


async def test_every_answer_of_the_classroom_emulator_is_of_googles_type(
    client: httpx.AsyncClient, classroom_types: ClassroomContract
) -> None:
    alias = "d:x"
    course = {"id": alias, "name": "9B", "ownerId": "o@hwbcymru.net", "courseState": "ACTIVE"}
    base = "/classroom/v1/courses"
    steps: list[tuple[str, str, dict[str, Any] | None]] = [
        ("POST", "", course),
        ("GET", f"/{alias}", None),
        ("POST", f"/{alias}/students", {"userId": "p@hwbcymru.net"}),
        ("POST", f"/{alias}/teachers", {"userId": "t@hwbcymru.net"}),
        ("GET", f"/{alias}/students", None),
        ("GET", f"/{alias}/teachers?pageSize=5", None),
        ("GET", f"/{alias}/students/p@hwbcymru.net", None),
        ("DELETE", f"/{alias}/students/p@hwbcymru.net", None),
        ("GET", f"/{alias}/aliases", None),
        ("GET", "?courseStates=ACTIVE", None),
        ("POST", f"/{alias}/aliases", {"alias": "d:y"}),
        ("DELETE", f"/{alias}/aliases/d:y", None),
        ("PATCH", f"/{alias}?updateMask=courseState", {"courseState": "ARCHIVED"}),
        ("DELETE", f"/{alias}", None),
    ]
    for method, path, body in steps:
        answer = await client.request(method, base + path, json=body)
        route = classroom_types.route(method, f"v1/courses{path.partition('?')[0]}")
        assert route is not None, path
        assert answer.status_code == 200, answer.text
        assert classroom_types.faults(route.response, answer.json()) == [], path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/courses", {"name": "x", "ownerId": "o", "courseState": "NOPE"}),
        ("/v1/courses", {"name": "x", "ownerId": "o", "colour": "red"}),
        ("/v1/courses", {"name": 5, "ownerId": "o"}),
        ("/v1/courses?force=true", {"name": "x", "ownerId": "o"}),
    ],
)
async def test_a_course_that_the_discovery_document_refuses_is_refused(
    client: httpx.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    answer = await client.post("/classroom" + path, json=body)

    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_microsofts_own_samples_pass_the_check_of_types(graph_types: GraphContract) -> None:
    assert DIRECTORY is not None
    text = (DIRECTORY / "graph_docs_mocks_teams.json").read_text()
    checked = 0
    for mock in json.loads(text)["mocks"]:
        body = mock["response"].get("body")
        rows = body.get("value") if isinstance(body, dict) else None
        for row in rows if isinstance(rows, list) else []:
            kind = row.get("@odata.type", "").removeprefix("#microsoft.graph.")
            if kind.startswith("aadUserConversationMember"):
                assert graph_types.faults(kind, row) == []
                checked += 1
    assert checked > 5
