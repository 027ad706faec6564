"""Google Classroom v1, as far as the groups service calls it (facts/providers.md 2)."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hwb_rehearsal.emulators.calls import Calls
from hwb_rehearsal.emulators.contract import (
    ClassroomContract,
    classroom_contract,
    contracts_directory,
)
from hwb_rehearsal.emulators.courses import (
    PROVISIONED,
    ClassroomError,
    Course,
    Domain,
    invalid,
    not_found,
)
from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.emulators.quota import Quota, Quotas

QUOTAS = {"project": Quota(3000, 60), "user": Quota(1200, 60)}
"""Per client project, and per user: with delegation the impersonated administrator."""

PATCHABLE = {
    "courseState",
    "description",
    "descriptionHeading",
    "name",
    "ownerId",
    "room",
    "section",
    "subject",
    "learningStandardSettings",
    "levels",
}
_TEXTS = ("name", "section", "descriptionHeading", "description", "room", "subject", "levels")
Answer = Callable[[Request], Awaitable[Response]]
PAGE = 30
LARGEST_PAGE = 100


class Classroom:
    """The calls, each by its name in ``routes``."""

    def __init__(
        self, domain: Domain, calls: Calls, limits: Quotas, contract: ClassroomContract | None
    ) -> None:
        self._domain = domain
        self._calls = calls
        self._limits = limits
        self._contract = contract

    def routes(self) -> list[Route]:
        """Every call; rosters are ``students`` and ``teachers``."""
        courses = "/v1/courses"
        course = courses + "/{course_id}"
        roster = course + "/{roster}"
        return [
            self._route("POST", courses, "create course", self._create),
            self._route("GET", courses, "list courses", self._list),
            self._route("GET", course, "get course", self._get),
            self._route("PATCH", course, "patch course", self._patch),
            self._route("DELETE", course, "delete course", self._delete),
            self._route("GET", course + "/aliases", "list aliases", self._list_aliases),
            self._route("POST", course + "/aliases", "create alias", self._create_alias),
            self._route("DELETE", course + "/aliases/{alias}", "delete alias", self._delete_alias),
            self._route("GET", roster, "list roster", self._list_roster),
            self._route("POST", roster, "add to roster", self._add_to_roster),
            self._route("GET", roster + "/{user_id}", "get rostered", self._get_rostered),
            self._route("DELETE", roster + "/{user_id}", "remove from roster", self._withdraw),
        ]

    def _route(self, method: str, path: str, call: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request)
                response = await answer(request)
            except ClassroomError as error:
                response = _error(error)
            self._calls.count("classroom", call, response.status_code)
            return response

        return Route(path, endpoint, methods=[method])

    def _admit(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            message = "Request is missing required authentication credential."
            raise ClassroomError(401, "UNAUTHENTICATED", message)
        user = hashlib.sha256(token.encode()).hexdigest()
        waits = [self._limits.retry_after("project"), self._limits.retry_after("user", user)]
        if longest := max((wait for wait in waits if wait), default=0):
            message = "Quota exceeded."
            raise ClassroomError(429, "RESOURCE_EXHAUSTED", message, retry_after=longest)
        _check_query(self._contract, request)

    def _course(self, request: Request) -> Course:
        return self._domain.find(request.path_params["course_id"])

    def _roster(self, request: Request) -> tuple[Course, str, set[str]]:
        course, plural = self._course(request), request.path_params["roster"]
        rosters = {"students": course.students, "teachers": course.teachers}
        if plural not in rosters:
            raise not_found()
        return course, plural, rosters[plural]

    async def _create(self, request: Request) -> Response:
        body = await _json(request, self._contract, "Course")
        if not body.get("name") or not body.get("ownerId"):
            raise invalid("name and ownerId are required.")
        course = self._domain.create(
            owner=self._domain.people.address(body["ownerId"]),
            state=body.get("courseState", PROVISIONED),
            fields={name: body[name] for name in _TEXTS if name in body},
            alias=body.get("id"),
        )
        return JSONResponse(_course(course, self._domain))

    async def _list(self, request: Request) -> Response:
        query, people = request.query_params, self._domain.people
        states = set(query.getlist("courseStates"))
        teacher, student = query.get("teacherId"), query.get("studentId")
        found = [
            _course(course, self._domain)
            for course in self._domain.all()
            if (not states or course.state in states)
            and (teacher is None or people.address(teacher) in course.teachers)
            and (student is None or people.address(student) in course.students)
        ]
        return JSONResponse(_page(request, "courses", found))

    async def _get(self, request: Request) -> Response:
        return JSONResponse(_course(self._course(request), self._domain))

    async def _patch(self, request: Request) -> Response:
        course, faults = self._course(request), self._domain.faults
        body = await _json(request, self._contract, "Course")
        mask = {name for name in request.query_params.get("updateMask", "").split(",") if name}
        if not mask:
            raise invalid("updateMask is required.")
        if unknown := mask - PATCHABLE:
            raise invalid(f"updateMask: not a field that can be set: {sorted(unknown)}.")
        if faults.strikes_once(course.id, course.name, Fault.UNAVAILABLE_ONCE):
            raise ClassroomError(503, "UNAVAILABLE", "The service is currently unavailable.")
        if faults.strikes(course.id, course.name, Fault.INTERNAL):
            raise ClassroomError(500, "INTERNAL", "Internal error encountered.")
        self._domain.patch(course, mask, body)
        return JSONResponse(_course(course, self._domain))

    async def _delete(self, request: Request) -> Response:
        self._domain.delete(self._course(request))
        return JSONResponse({})

    async def _list_aliases(self, request: Request) -> Response:
        rows = [{"alias": alias} for alias in sorted(self._course(request).aliases)]
        return JSONResponse(_page(request, "aliases", rows))

    async def _create_alias(self, request: Request) -> Response:
        body = await _json(request, self._contract, "CourseAlias")
        self._domain.add_alias(self._course(request), body.get("alias", ""))
        return JSONResponse({"alias": body["alias"]})

    async def _delete_alias(self, request: Request) -> Response:
        self._domain.remove_alias(self._course(request), request.path_params["alias"])
        return JSONResponse({})

    async def _list_roster(self, request: Request) -> Response:
        course, plural, roster = self._roster(request)
        rows = [_rostered(course, self._domain, address) for address in sorted(roster)]
        return JSONResponse(_page(request, plural, rows))

    async def _add_to_roster(self, request: Request) -> Response:
        course, plural, roster = self._roster(request)
        kind = "Student" if plural == "students" else "Teacher"
        body = await _json(request, self._contract, kind)
        if not body.get("userId"):
            raise invalid("userId is required.")
        address = self._domain.people.address(body["userId"])
        self._domain.enrol(course, address, roster)
        return JSONResponse(_rostered(course, self._domain, address))

    async def _get_rostered(self, request: Request) -> Response:
        course, _, roster = self._roster(request)
        address = self._domain.people.address(request.path_params["user_id"])
        if address not in roster:
            raise not_found()
        return JSONResponse(_rostered(course, self._domain, address))

    async def _withdraw(self, request: Request) -> Response:
        course, _, roster = self._roster(request)
        address = self._domain.people.address(request.path_params["user_id"])
        self._domain.withdraw(course, address, roster)
        return JSONResponse({})


def make_classroom(
    domain: Domain,
    *,
    calls: Calls | None = None,
    quotas: dict[str, Quota] | None = None,
) -> Starlette:
    """The emulator as an ASGI app whose paths begin with ``/v1``."""
    limits = Quotas({**QUOTAS, **(quotas or {})}, domain.time, refused="do_not_count")
    contract = classroom_contract(contracts_directory())
    return Starlette(routes=Classroom(domain, calls or Calls(), limits, contract).routes())


async def _json(
    request: Request, contract: ClassroomContract | None, type_name: str
) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise invalid("Invalid JSON payload received.") from error
    if not isinstance(body, dict):
        raise invalid("Invalid JSON payload received: not an object.")
    if faults := contract.faults(type_name, body) if contract else []:
        raise invalid("Invalid JSON payload received. " + "; ".join(faults))
    return body


def _check_query(contract: ClassroomContract | None, request: Request) -> None:
    if contract is None:
        return
    path = unquote(request.scope["path"]).removeprefix(request.scope.get("root_path", ""))
    route = contract.route(request.method, path.lstrip("/"))
    if route is None:
        raise not_found()
    if unknown := set(request.query_params) - route.query - contract.common_query:
        raise invalid(f"Unknown name in the query: {sorted(unknown)}.")


def _page(request: Request, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    query = request.query_params
    try:
        size = min(int(query.get("pageSize") or PAGE), LARGEST_PAGE)
        start = int(query.get("pageToken") or 0)
    except ValueError as error:
        raise invalid("pageSize or pageToken is not one that was given out.") from error
    answer: dict[str, Any] = {name: rows[start : start + size]} if rows else {}
    if start + size < len(rows):
        answer["nextPageToken"] = str(start + size)
    return answer


def _course(course: Course, domain: Domain) -> dict[str, Any]:
    return {
        "id": course.id,
        **course.fields,
        "ownerId": domain.people.google_id(course.owner),
        "creationTime": _instant(course.created_at),
        "updateTime": _instant(course.updated_at),
        "courseState": course.state,
        "alternateLink": f"https://classroom.google.com/c/{course.id}",
        "guardiansEnabled": False,
    }


def _rostered(course: Course, domain: Domain, address: str) -> dict[str, Any]:
    number = domain.people.google_id(address)
    profile = {
        "id": number,
        "emailAddress": address,
        "name": {"fullName": address.partition("@")[0]},
    }
    return {"courseId": course.id, "userId": number, "profile": profile}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(error: ClassroomError) -> Response:
    body = {"error": {"code": error.code, "message": error.message, "status": error.status}}
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(body, error.code, headers)
