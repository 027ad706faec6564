"""Teams through Microsoft Graph v1.0, with every trap of facts/providers.md 1 stepped around."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import httpx

from hwb_groups.adapters.transport import Pace, Transport, error_code
from hwb_groups.application.errors import MissingError, NoOwnerError, RefusedError
from hwb_groups.application.ports import Found, NewGroup, Progress
from hwb_groups.domain.membership import MemberRole, Seat
from hwb_groups.domain.quota import Kind

MEMBERS_AT_ONCE = 200
_MEMBER = "#microsoft.graph.aadUserConversationMember"
_ENDED = {"succeeded", "failed"}


@dataclass(frozen=True)
class GraphTeams:
    """``application.ports.GroupProvider`` for Teams.

    A team is made from an education class, because only that carries our key (externalId): so it is
    found again after a crash, and the class and its team have one id.
    """

    transport: Transport
    pace: Pace
    technical_owner: str

    async def find(self, external_key: str) -> str | None:
        wanted = external_key.replace("'", "''")
        answer = await self._call(
            "GET",
            "/education/classes",
            Kind.GRAPH_EDUCATION,
            params={"$filter": f"externalId eq '{wanted}'"},
        )
        found = answer.json().get("value", [])
        return str(found[0]["id"]) if found else None

    async def create(self, group: NewGroup) -> str:
        answer = await self._call(
            "POST",
            "/education/classes",
            Kind.GRAPH_EDUCATION,
            json={
                "displayName": group.name,
                "description": group.description,
                "mailNickname": f"hwb-{sha256(group.external_key.encode()).hexdigest()[:24]}",
                "externalId": group.external_key,
                "externalName": group.name,
                "externalSource": "sis",
            },
        )
        return str(answer.json()["id"])

    async def open(self, provider_id: str) -> str | None:
        """Make the class a team. 409 means that it is one; 404 that the class is too new."""
        answer = await self._send(
            provider_id,
            "POST",
            "/teams",
            Kind.GRAPH_CREATE,
            json={
                "template@odata.bind": self._reference("teamsTemplates", "educationClass"),
                "group@odata.bind": self._reference("groups", provider_id),
                "members": [self._member(self.technical_owner, MemberRole.TEACHER)],
            },
        )
        if answer.status_code == httpx.codes.CONFLICT:
            return None
        return _location(_checked(answer))

    async def state(self, provider_id: str) -> Found | None:
        answer = await self._send(provider_id, "GET", _team(provider_id), Kind.GRAPH_GET)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        team = _checked(answer).json()
        return Found(provider_id=str(team["id"]), archived=bool(team.get("isArchived")))

    async def members(self, provider_id: str) -> list[Seat]:
        seats: list[Seat] = []
        path: str | None = f"{_team(provider_id)}/members"
        while path is not None:
            answer = await self._send(provider_id, "GET", path, Kind.GRAPH_MEMBERS)
            page = _checked(answer).json()
            seats.extend(_seat(member) for member in page["value"])
            path = page.get("@odata.nextLink")
        return seats

    async def add(self, provider_id: str, seats: Sequence[Seat]) -> list[Seat]:
        """At most 200 a call; 207 says of each whether it was taken."""
        refused: list[Seat] = []
        for some in _batches(seats):
            answer = await self._send(
                provider_id,
                "POST",
                f"{_team(provider_id)}/members/add",
                Kind.GRAPH_WRITE,
                json={"values": [self._member(seat.sign_in_name, seat.role) for seat in some]},
            )
            results = _checked(answer).json().get("value", [])
            refused.extend(
                seat
                for seat, result in zip(some, results, strict=False)
                if result.get("error") is not None
            )
        return refused

    async def remove(self, provider_id: str, seat: Seat) -> None:
        path = f"{_team(provider_id)}/members/{quote(seat.membership, safe='')}"
        answer = await self._send(provider_id, "DELETE", path, Kind.GRAPH_WRITE)
        if answer.status_code != httpx.codes.NOT_FOUND:
            _checked(answer)

    async def archive(self, provider_id: str) -> str | None:
        """The SharePoint flag is left out: an app may not set it."""
        return await self._change(provider_id, "archive", {})

    async def unarchive(self, provider_id: str) -> str | None:
        """Without a body, as documented."""
        return await self._change(provider_id, "unarchive", None)

    async def _change(self, provider_id: str, action: str, body: Any) -> str:
        path = f"{_team(provider_id)}/{action}"
        answer = await self._send(provider_id, "POST", path, Kind.GRAPH_WRITE, json=body)
        return _location(_checked(answer))

    async def progress(self, location: str) -> Progress:
        """The place is opaque: it comes in three spellings and is never read."""
        status = (await self._call("GET", location, Kind.GRAPH_GET)).json().get("status")
        return Progress(finished=status in _ENDED, failed=status == "failed")

    async def unlink(self, provider_id: str, external_key: str) -> None:  # noqa: ARG002 - port's
        await self._call(
            "PATCH",
            f"/education/classes/{quote(provider_id, safe='')}",
            Kind.GRAPH_EDUCATION,
            json={"externalId": None, "externalName": None, "externalSource": "manual"},
        )

    async def _send(
        self, provider_id: str, method: str, path: str, kind: Kind, **details: Any
    ) -> httpx.Response:
        """A call on one team."""
        async with self.pace.turn(provider_id):
            return await self.transport.call(method, path, [kind], **details)

    async def _call(self, method: str, path: str, kind: Kind, **details: Any) -> httpx.Response:
        return _checked(await self.transport.call(method, path, [kind], **details))

    def _reference(self, collection: str, name: str) -> str:
        return f"{self.transport.base_url.rstrip('/')}/{collection}('{name}')"

    def _member(self, sign_in_name: str, role: MemberRole) -> dict[str, Any]:
        return {
            "@odata.type": _MEMBER,
            "roles": ["owner"] if role is MemberRole.TEACHER else [],
            "user@odata.bind": self._reference("users", sign_in_name.replace("'", "''")),
        }


def _team(provider_id: str) -> str:
    return f"/teams/{quote(provider_id, safe='')}"


def _batches(seats: Sequence[Seat]) -> Iterator[Sequence[Seat]]:
    for start in range(0, len(seats), MEMBERS_AT_ONCE):
        yield seats[start : start + MEMBERS_AT_ONCE]


def _seat(member: dict[str, Any]) -> Seat:
    owner = "owner" in member.get("roles", [])
    return Seat(
        sign_in_name=str(member.get("email") or member.get("userId")),
        role=MemberRole.TEACHER if owner else MemberRole.LEARNER,
        membership=str(member["id"]),
    )


def _location(answer: httpx.Response) -> str:
    location: str | None = answer.headers.get("Location")
    if not location:
        raise RefusedError("no_location")
    return location


def _checked(answer: httpx.Response) -> httpx.Response:
    """The answer if it is a success. Raises MissingError, NoOwnerError or RefusedError."""
    if answer.is_success:
        return answer
    code = error_code(answer)
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise MissingError(code)
    if answer.status_code == httpx.codes.BAD_REQUEST and "must have an owner" in answer.text:
        raise NoOwnerError(code)
    raise RefusedError(code)
