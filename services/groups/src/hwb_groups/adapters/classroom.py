"""Google Classroom v1, with every trap of facts/providers.md 2 stepped around."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from hwb_groups.adapters.transport import Transport, error_code
from hwb_groups.application.errors import (
    MissingError,
    NoOwnerError,
    ProviderError,
    RefusedError,
)
from hwb_groups.application.ports import Found, NewGroup, Progress
from hwb_groups.domain.membership import MemberRole, Seat
from hwb_groups.domain.quota import Kind

KINDS = (Kind.CLASSROOM_PROJECT, Kind.CLASSROOM_USER)
ARCHIVED, ACTIVE = "ARCHIVED", "ACTIVE"
PAGE = "100"
_NO_OWNER = {"InactiveCourseOwner", "IneligibleOwner", "UserCannotOwnCourse"}
_ROSTERS = {MemberRole.TEACHER: "teachers", MemberRole.LEARNER: "students"}


@dataclass(frozen=True)
class GoogleClassroom:
    """``application.ports.GroupProvider`` for Classroom.

    Our key is a domain alias given at creation: a second try is told ALREADY_EXISTS.
    """

    transport: Transport
    technical_owner: str

    async def find(self, external_key: str) -> str | None:
        answer = await self._send("GET", _course(external_key))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(_checked(answer).json()["id"])

    async def create(self, group: NewGroup) -> str:
        """Made active at once, so that no owner has to accept it."""
        answer = await self._send(
            "POST",
            "/v1/courses",
            json={
                "id": group.external_key,
                "name": group.name,
                "description": group.description,
                "ownerId": self.technical_owner,
                "courseState": ACTIVE,
            },
        )
        if answer.status_code == httpx.codes.CONFLICT:
            known = await self.find(group.external_key)
            if known is None:
                raise MissingError("alias_without_course")
            return known
        return str(_checked(answer).json()["id"])

    async def open(self, provider_id: str) -> str | None:  # noqa: ARG002 - the port's
        """Nothing to do: a course can be used as soon as it is made."""
        return None

    async def state(self, provider_id: str) -> Found | None:
        answer = await self._send("GET", _course(provider_id))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        course = _checked(answer).json()
        return Found(provider_id=str(course["id"]), archived=course.get("courseState") == ARCHIVED)

    async def members(self, provider_id: str) -> list[Seat]:
        seats: list[Seat] = []
        for role, roster in _ROSTERS.items():
            page_token = ""
            while True:
                params = {"pageSize": PAGE} | ({"pageToken": page_token} if page_token else {})
                answer = await self._send("GET", f"{_course(provider_id)}/{roster}", params=params)
                page = _checked(answer).json()
                seats.extend(_seat(member, role) for member in page.get(roster, []))
                page_token = page.get("nextPageToken", "")
                if not page_token:
                    break
        return seats

    async def add(self, provider_id: str, seats: Sequence[Seat]) -> list[Seat]:
        """One by one: Classroom has no bulk call. Who is there already does no harm."""
        refused: list[Seat] = []
        for seat in seats:
            answer = await self._try(
                "POST",
                f"{_course(provider_id)}/{_ROSTERS[seat.role]}",
                json={"userId": seat.sign_in_name},
            )
            if answer is None or answer.status_code == httpx.codes.NOT_FOUND:
                refused.append(seat)
            elif answer.status_code != httpx.codes.CONFLICT:
                _checked(answer)
        return refused

    async def remove(self, provider_id: str, seat: Seat) -> None:
        path = f"{_course(provider_id)}/{_ROSTERS[seat.role]}/{quote(seat.membership, safe='')}"
        answer = await self._send("DELETE", path)
        if answer.status_code != httpx.codes.NOT_FOUND:
            _checked(answer)

    async def archive(self, provider_id: str) -> str | None:
        await self._change(provider_id, ARCHIVED)
        return None

    async def unarchive(self, provider_id: str) -> str | None:
        await self._change(provider_id, ACTIVE)
        return None

    async def _change(self, provider_id: str, state: str) -> None:
        answer = await self._send(
            "PATCH",
            _course(provider_id),
            params={"updateMask": "courseState"},
            json={"courseState": state},
        )
        if _checked(answer).json().get("courseState") != state:
            raise RefusedError("state_not_changed")

    async def progress(self, location: str) -> Progress:  # noqa: ARG002 - the port's
        """Classroom does everything at once."""
        return Progress(finished=True, failed=False)

    async def unlink(self, provider_id: str, external_key: str) -> None:
        path = f"{_course(provider_id)}/aliases/{quote(external_key, safe='')}"
        answer = await self._send("DELETE", path)
        if answer.status_code != httpx.codes.NOT_FOUND:
            _checked(answer)

    async def _send(self, method: str, path: str, **details: Any) -> httpx.Response:
        return await self.transport.call(method, path, KINDS, **details)

    async def _try(self, method: str, path: str, **details: Any) -> httpx.Response | None:
        """None where this one person may not be added; other people may."""
        try:
            return await self._send(method, path, **details)
        except ProviderError as error:
            if error.code in {"PERMISSION_DENIED", "CourseMemberLimitReached"}:
                return None
            raise


def _course(name: str) -> str:
    return f"/v1/courses/{quote(name, safe='')}"


def _seat(member: dict[str, Any], role: MemberRole) -> Seat:
    address = member.get("profile", {}).get("emailAddress") or member["userId"]
    return Seat(sign_in_name=str(address), role=role, membership=str(member["userId"]))


def _checked(answer: httpx.Response) -> httpx.Response:
    """The answer if it is a success. Raises MissingError, NoOwnerError or RefusedError."""
    if answer.is_success:
        return answer
    code = error_code(answer)
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise MissingError(code)
    raise NoOwnerError(code) if code in _NO_OWNER else RefusedError(code)
