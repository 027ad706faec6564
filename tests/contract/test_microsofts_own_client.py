"""Microsoft's own client takes the emulator for Graph: it builds the calls, reads the answers."""

import importlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.support.served import served

from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.time import VirtualClock

msgraph = pytest.importorskip("msgraph", reason="msgraph-sdk is not installed")

pytestmark = [  # it warns of its own libraries' parts
    pytest.mark.filterwarnings("ignore::DeprecationWarning:kiota_abstractions"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:msgraph"),
]
OWNER = "svc-groups@hwbcymru.net"
GRAPH = "https://graph.microsoft.com/v1.0"


def model(name: str, module: str, **values: Any) -> Any:
    """An object of the client's own classes."""
    made: Any = getattr(importlib.import_module(f"msgraph.generated.{module}"), name)
    return made(**values)


def member(address: str, *roles: str) -> Any:
    return model(
        "AadUserConversationMember",
        "models.aad_user_conversation_member",
        odata_type="#microsoft.graph.aadUserConversationMember",
        roles=list(roles),
        additional_data={"user@odata.bind": f"{GRAPH}/users('{address}')"},
    )


class Client:
    """The client and, because it drops them, the headers of the answers that it got."""

    def __init__(self, address: str) -> None:
        bearer: Any = importlib.import_module("kiota_abstractions.authentication")

        class Token:
            async def get_authorization_token(self, *_: Any, **__: Any) -> str:
                return "local"

            def get_allowed_hosts_validator(self) -> Any:
                return bearer.AllowedHostsValidator([])

        self.locations: list[str] = []
        self.http = httpx.AsyncClient(event_hooks={"response": [self._heard]})
        adapter = msgraph.GraphRequestAdapter(
            bearer.BaseBearerTokenAuthenticationProvider(Token()), client=self.http
        )
        adapter.base_url = f"{address}/graph/v1.0"
        self.graph = msgraph.GraphServiceClient(request_adapter=adapter)

    async def _heard(self, answer: httpx.Response) -> None:
        if location := answer.headers.get("Location"):
            self.locations.append(location)

    def team(self, team_id: str) -> Any:
        return self.graph.teams.by_team_id(team_id)

    async def operation(self, team_id: str, *, number: int) -> Any:
        """The operation of the answer with this number."""
        place = self.locations[number].rstrip("')")
        name = place.replace("(", "/").replace("'", "").rsplit("/", 1)[-1]
        return await self.team(team_id).operations.by_teams_async_operation_id(name).get()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def emulators(clock: VirtualClock) -> Emulators:
    return make_emulators(clock=clock)


@pytest.fixture
async def client(emulators: Emulators) -> AsyncIterator[Client]:
    with served(emulators.app) as address:
        made = Client(address)
        async with made.http:
            yield made


async def made_team(client: Client, emulators: Emulators, clock: VirtualClock) -> str:
    """A team made from a class, as the groups service makes them."""
    team_class = model(
        "EducationClass",
        "models.education_class",
        display_name="9B",
        mail_nickname="hwb-9b",
        external_id="6811234/2021-22/9B",
    )
    created = await client.graph.education.classes.post(team_class)
    clock.advance(10)
    body = model(
        "Team",
        "models.team",
        members=[member(OWNER, "owner")],
        additional_data={
            "template@odata.bind": f"{GRAPH}/teamsTemplates('educationClass')",
            "group@odata.bind": f"{GRAPH}/groups('{created.id}')",
        },
    )
    await client.graph.teams.post(body)
    clock.advance(60)
    assert [team.id for team in emulators.tenant.all()] == [created.id]
    return str(created.id)


async def test_a_team_lives_through_microsofts_own_client(
    client: Client, emulators: Emulators, clock: VirtualClock
) -> None:
    team_id = await made_team(client, emulators, clock)
    assert (await client.operation(team_id, number=0)).status.value == "succeeded"

    adding = "teams.item.members.add.add_post_request_body"
    people = [member("p1@hwbcymru.net"), member("unknown-user@hwbcymru.net")]
    added = await client.team(team_id).members.add.post(
        model("AddPostRequestBody", adding, values=people)
    )
    assert [result.error is None for result in added.value] == [True, False]
    found = (await client.team(team_id).members.get()).value
    assert {(row.email, tuple(row.roles)) for row in found} == {
        (OWNER, ("owner",)),
        ("p1@hwbcymru.net", ()),
    }

    clock.advance(1)  # four calls a second on one team, and it counts nothing
    closing = "teams.item.archive.archive_post_request_body"
    await client.team(team_id).archive.post(model("ArchivePostRequestBody", closing))
    assert (await client.team(team_id).get()).is_archived is False
    assert (await client.operation(team_id, number=1)).status.value == "notStarted"
    clock.advance(60)
    assert (await client.operation(team_id, number=1)).status.value == "succeeded"
    assert (await client.team(team_id).get()).is_archived is True

    await client.team(team_id).unarchive.post()
    clock.advance(60)
    assert (await client.team(team_id).get()).is_archived is False


async def test_microsofts_own_client_reads_why_it_is_refused(
    client: Client, emulators: Emulators, clock: VirtualClock
) -> None:
    errors: Any = importlib.import_module("msgraph.generated.models.o_data_errors.o_data_error")
    team_id = await made_team(client, emulators, clock)
    body = model(
        "ArchivePostRequestBody",
        "teams.item.archive.archive_post_request_body",
        should_set_spo_site_read_only_for_members=True,
    )
    with pytest.raises(errors.ODataError) as refused:
        await client.team(team_id).archive.post(body)

    assert refused.value.response_status_code == 400
    assert "application-only" in refused.value.error.message


async def test_microsofts_own_client_is_told_429_when_it_does_not_count(client: Client) -> None:
    errors: Any = importlib.import_module("msgraph.generated.models.o_data_errors.o_data_error")
    statuses = []
    for number in range(31):
        with pytest.raises(errors.ODataError) as refused:
            await client.team(f"team-{number}").get()
        statuses.append(refused.value.response_status_code)

    assert statuses == [404] * 30 + [429]
