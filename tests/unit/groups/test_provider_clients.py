"""What the clients of both providers send, and how they read what comes back."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from hwb_groups.adapters.classroom import GoogleClassroom
from hwb_groups.adapters.graph import GraphTeams
from hwb_groups.adapters.transport import Pace, Transport
from hwb_groups.application.errors import NoOwnerError, RefusedError
from hwb_groups.application.ports import NewGroup
from hwb_groups.domain.membership import MemberRole, Seat
from hwb_groups.domain.quota import Kind, Share
from hwb_schemas.words import Provider

BASE = "https://provider.example/v1.0"
OWNER = "svc-groups@hwbcymru.net"
SEATS = [Seat(f"{name}@hwbcymru.net", MemberRole.LEARNER) for name in ("a", "b", "c")]


class AtOnce:
    """Limiter, breaker and token that are in nobody's way."""

    async def take(self, kinds: Sequence[Kind], share: Share) -> None:
        """At once."""

    async def block(self, kinds: Sequence[Kind], *, seconds: float) -> None:
        """Nobody waits here."""

    async def see(self, provider: Provider, *, writes: bool, target: str, failed: bool) -> None:
        """Nothing opens here."""

    async def token(self) -> str:
        return "secret"

    def forget(self) -> None:
        """There is no other."""


@dataclass
class WatchedPace(Pace):
    """Remembers which team was waited for, and does not wait."""

    waited: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def turn(self, team: str) -> AsyncIterator[None]:
        self.waited.append(team)
        yield


@dataclass
class Heard:
    """A provider that answers as told; what it was asked is kept."""

    answer: Callable[[httpx.Request], httpx.Response]
    asked: list[httpx.Request] = field(default_factory=list)
    pace: WatchedPace = field(default_factory=lambda: WatchedPace(1.0))

    def transport(self) -> Transport:
        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(request)
            return self.answer(request)

        async def keep() -> None:
            """Nothing to keep."""

        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        door = AtOnce()
        return Transport(http, BASE, door, door, door, 1.0, Share.WHOLE, keep)

    def teams(self) -> GraphTeams:
        return GraphTeams(self.transport(), self.pace, OWNER)

    def classroom(self) -> GoogleClassroom:
        return GoogleClassroom(self.transport(), OWNER)


def google_error(status: int, word: str, reason: str | None = None) -> httpx.Response:
    text = f"@{reason} It is not possible." if reason else "It is not possible."
    body = {"error": {"code": status, "status": word, "message": text}}
    return httpx.Response(status, json=body)


@pytest.mark.parametrize(
    "location",
    [
        "/teams('t-1')/operations('op-1')",
        "/teams(t-1)/operations(op-1)",
        "/teams/t-1/operations/op-1",
        "/anything?else=entirely",
        f"{BASE}/teams/t-1/operations/op-1",
    ],
)
async def test_the_place_of_an_operation_is_taken_as_it_comes(location: str) -> None:
    accepts = Heard(lambda _: httpx.Response(202, headers={"Location": location}))
    assert await accepts.teams().archive("t-1") == location
    asked = Heard(lambda _: httpx.Response(200, json={"status": "inProgress"}))
    progress = await asked.teams().progress(location)
    assert (progress.finished, progress.failed) == (False, False)
    whole = location if location.startswith("https") else BASE + location
    assert str(asked.asked[0].url) == whole


async def test_accepted_without_a_place_is_refused() -> None:
    with pytest.raises(RefusedError):
        await Heard(lambda _: httpx.Response(202)).teams().archive("t-1")


@pytest.mark.parametrize(
    ("status", "finished", "failed"),
    [
        ("notStarted", False, False),
        ("inProgress", False, False),
        ("succeeded", True, False),
        ("failed", True, True),
        ("unknownFutureValue", False, False),
    ],
)
async def test_what_is_not_known_of_an_operation_is_waited_for(
    status: str,
    finished: bool,  # noqa: FBT001 - a case
    failed: bool,  # noqa: FBT001 - a case
) -> None:
    heard = Heard(lambda _: httpx.Response(200, json={"status": status}))
    progress = await heard.teams().progress("/op")
    assert (progress.finished, progress.failed) == (finished, failed)


async def test_the_sharepoint_flag_is_never_sent_and_unarchive_has_no_body() -> None:
    heard = Heard(lambda _: httpx.Response(202, headers={"Location": "/op"}))
    await heard.teams().archive("t-1")
    await heard.teams().unarchive("t-1")
    assert json.loads(heard.asked[0].content) == {}
    assert heard.asked[1].content == b""


async def test_of_207_each_member_is_believed_alone() -> None:
    results: list[dict[str, Any]] = [{"error": None}, {"error": {"code": "NotFound"}}, {}]
    heard = Heard(lambda _: httpx.Response(207, json={"value": results}))
    assert await heard.teams().add("t-1", SEATS) == [SEATS[1]]


async def test_every_call_on_a_team_waits_for_the_teams_own_pace() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        body = {"id": "t-1", "value": [], "status": "succeeded"}
        return httpx.Response(200, json=body, headers={"Location": "/op"})

    heard = Heard(answer)
    teams = heard.teams()
    seat = Seat("a@hwbcymru.net", MemberRole.LEARNER, membership="m-1")
    await teams.open("t-1")
    await teams.state("t-1")
    await teams.members("t-1")
    await teams.add("t-1", SEATS)
    await teams.remove("t-1", seat)
    await teams.archive("t-1")
    await teams.unarchive("t-1")
    assert heard.pace.waited == ["t-1"] * len(heard.asked)


@pytest.mark.parametrize("text", ["The team must have an owner.", "Team must have an owner"])
async def test_a_team_without_an_owner_is_told_from_other_refusals(text: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": {"code": "BadRequest", "message": text}})

    with pytest.raises(NoOwnerError):
        await Heard(answer).teams().archive("t-1")


@pytest.mark.parametrize("reason", ["InactiveCourseOwner", "IneligibleOwner"])
async def test_a_course_without_a_usable_owner_is_told_from_other_refusals(reason: str) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        return google_error(400, "FAILED_PRECONDITION", reason)

    with pytest.raises(NoOwnerError):
        await Heard(refuse).classroom().archive("1")
    other = Heard(lambda _: google_error(400, "FAILED_PRECONDITION", "CourseNotModifiable"))
    with pytest.raises(RefusedError):
        await other.classroom().archive("1")


async def test_an_alias_that_is_taken_is_our_own_course_made_before() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return google_error(409, "ALREADY_EXISTS")
        assert request.url.raw_path.endswith(b"/d%3Ahwb-1")
        return httpx.Response(200, json={"id": "600"})

    heard = Heard(answer)
    assert await heard.classroom().create(NewGroup("d:hwb-1", "7A", "")) == "600"


async def test_200_without_the_state_that_was_asked_for_is_no_success() -> None:
    heard = Heard(lambda _: httpx.Response(200, json={"id": "1", "courseState": "ACTIVE"}))
    with pytest.raises(RefusedError):
        await heard.classroom().archive("1")
    assert heard.asked[0].url.params["updateMask"] == "courseState"


@pytest.mark.parametrize(
    "refusal",
    [
        google_error(403, "PERMISSION_DENIED"),
        google_error(403, "PERMISSION_DENIED", "CourseMemberLimitReached"),
        google_error(404, "NOT_FOUND"),
    ],
)
async def test_a_person_whom_classroom_refuses_holds_up_nobody_else(
    refusal: httpx.Response,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        user = json.loads(request.content)["userId"]
        if user.startswith("b"):
            return refusal
        return google_error(409, "ALREADY_EXISTS") if user.startswith("c") else httpx.Response(200)

    heard = Heard(answer)
    assert await heard.classroom().add("1", SEATS) == [SEATS[1]]
    assert len(heard.asked) == 3


@pytest.mark.parametrize("provider", ["teams", "classroom"])
async def test_unlinking_takes_our_key_away_and_does_so_again_without_harm(provider: str) -> None:
    heard = Heard(lambda request: httpx.Response(404 if request.method == "DELETE" else 204))
    if provider == "classroom":
        await heard.classroom().unlink("1", "d:hwb-1")
        assert heard.asked[0].url.raw_path.endswith(b"/aliases/d%3Ahwb-1")
        return
    await heard.teams().unlink("t-1", "key")
    sent = json.loads(heard.asked[0].content)
    assert sent == {"externalId": None, "externalName": None, "externalSource": "manual"}
