"""Microsoft Graph v1.0, as far as the groups service calls it (facts/providers.md 1)."""

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hwb_rehearsal.emulators.calls import Calls
from hwb_rehearsal.emulators.contract import GraphContract, contracts_directory, graph_contract
from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.emulators.quota import Quota, Quotas
from hwb_rehearsal.emulators.teams import (
    Action,
    Operation,
    Team,
    Tenant,
    member_of,
    membership_id,
)

QUOTAS = {
    "create_team": Quota(10, 1),
    "list_members": Quota(60, 1),
    "get": Quota(30, 1),
    "write": Quota(30, 1),
    "education": Quota(35_000, 10),
    "one_team": Quota(4, 1),
}
"""Per app and tenant; ``one_team`` per app on one team (facts/providers.md 1.1).

An app is known by its token: two apps have a quota each.
"""

Answer = Callable[[Request], Awaitable[Response]]
MEMBERS_AT_ONCE = 200
PAGE = 100
_TYPE = "#microsoft.graph."
_SPELLING = re.compile(r"\('?([^()']*)'?\)")
_LAST_ID = re.compile(r"(?:\('([^']+)'\)|/([^/']+))$")


class GraphError(Exception):
    """An answer of Graph that is not a success."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def not_found(what: str) -> GraphError:
    """404 as Teams words it."""
    return GraphError(404, "NotFound", f"No {what} found with this id.")


def bad_request(message: str) -> GraphError:
    """400 with a reason."""
    return GraphError(400, "BadRequest", message)


class OneSpelling:
    """Reads ``/teams('id')/…`` as ``/teams/id/…``: OData allows both."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": _SPELLING.sub(r"/\1", scope["path"])}
        await self._app(scope, receive, send)


class Graph:
    """The calls, each by its name in ``routes``."""

    def __init__(
        self, tenant: Tenant, calls: Calls, limits: Quotas, contract: GraphContract | None
    ) -> None:
        self._tenant = tenant
        self._calls = calls
        self._limits = limits
        self._contract = contract

    def routes(self) -> list[Route]:
        """Every call with the quota it counts against."""
        of_class = "/education/classes/{class_id}"
        of_team = "/teams/{team_id}"
        member = of_team + "/members/{membership}"
        education = "education"
        return [
            self._route("POST", "/education/classes", "create class", education, self._make_class),
            self._route("GET", "/education/classes", "find class", education, self._find_classes),
            self._route("GET", of_class, "get class", education, self._get_class),
            self._route("PATCH", of_class, "update class", education, self._update_class),
            self._route(
                "POST", of_class + "/{role}/$ref", "add to class", education, self._add_to_class
            ),
            self._route("POST", "/teams", "create team", "create_team", self._create_team),
            self._route("GET", of_team, "get team", "get", self._get_team),
            self._route(
                "GET", of_team + "/operations/{op}", "get operation", "get", self._get_operation
            ),
            self._route("POST", of_team + "/archive", "archive", "write", self._archive),
            self._route("POST", of_team + "/unarchive", "unarchive", "write", self._unarchive),
            self._route(
                "GET", of_team + "/members", "list members", "list_members", self._list_members
            ),
            self._route(
                "POST", of_team + "/members/add", "add members", "write", self._add_members
            ),
            self._route("PATCH", member, "update member", "write", self._update_member),
            self._route("DELETE", member, "remove member", "write", self._remove_member),
        ]

    def _route(self, method: str, path: str, call: str, kind: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request, kind)
                response = await answer(request)
            except GraphError as error:
                response = _error(error)
            self._calls.count("teams", call, response.status_code)
            return response

        return Route(path, endpoint, methods=[method])

    def _admit(self, request: Request, kind: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
        app = hashlib.sha256(token.encode()).hexdigest()
        waits = [self._limits.retry_after(kind, app)]
        if (team_id := request.path_params.get("team_id")) is not None:
            waits.append(self._limits.retry_after("one_team", f"{app}/{team_id}"))
        if longest := max((wait for wait in waits if wait), default=0):
            message = "Too many requests: wait for Retry-After."
            raise GraphError(429, "TooManyRequests", message, retry_after=longest)

    def _team(self, request: Request) -> Team:
        team = self._tenant.visible(request.path_params["team_id"])
        if team is None:
            raise not_found("team")
        return team

    def _class(self, request: Request) -> Team:
        team = self._tenant.find(request.path_params["class_id"])
        if team is None:
            raise GraphError(404, "Request_ResourceNotFound", "Resource does not exist.")
        return team

    async def _make_class(self, request: Request) -> Response:
        body = await _json(request)
        _check(self._contract, "educationClass", body)
        name, nickname = body.get("displayName"), body.get("mailNickname")
        if not name or not nickname:
            raise bad_request("displayName and mailNickname are required.")
        details = {k: v for k, v in body.items() if k in _DETAILS}
        team = self._tenant.make_class(name=name, mail_nickname=nickname, details=details)
        team.description = body.get("description") or ""
        return JSONResponse(_class(team), 201)

    async def _find_classes(self, request: Request) -> Response:
        wanted = request.query_params.get("$filter", "")
        match = re.fullmatch(r"externalId eq '((?:[^']|'')*)'", wanted)
        if match is None:
            raise bad_request("Only $filter=externalId eq '…' is supported here.")
        found = self._tenant.with_external_id(match[1].replace("''", "'"))
        return JSONResponse({"value": [_class(team) for team in found]})

    async def _get_class(self, request: Request) -> Response:
        return JSONResponse(_class(self._class(request)))

    async def _update_class(self, request: Request) -> Response:
        team = self._class(request)
        body = await _json(request)
        _check(self._contract, "educationClass", body)
        team.details.update({k: v for k, v in body.items() if k in _DETAILS})
        team.name = body.get("displayName", team.name)
        team.description = body.get("description", team.description) or ""
        return JSONResponse(_class(team))

    async def _add_to_class(self, request: Request) -> Response:
        team, role = self._class(request), request.path_params["role"]
        body = await _json(request)
        address = _bound(body.get("@odata.id"), self._tenant)
        if role not in {"teachers", "members"} or address is None:
            raise bad_request("Expected @odata.id of a user, to teachers or members.")
        if role == "teachers" or address not in team.members:
            team.members[address] = ["owner"] if role == "teachers" else []
        return Response(status_code=204)

    async def _create_team(self, request: Request) -> Response:
        body = await _json(request)
        _check(self._contract, "team", body)
        owner = _owner(self._tenant, body)
        team = _team_to_be(self._tenant, body)
        if owner is not None:
            team.members[owner] = ["owner"]
        operation = self._tenant.make_team(team)
        headers = _location(team, operation) | {"Content-Location": f"/teams('{team.id}')"}
        return Response(status_code=202, headers=headers)

    async def _get_team(self, request: Request) -> Response:
        return JSONResponse(_team(self._team(request)))

    async def _get_operation(self, request: Request) -> Response:
        team = self._tenant.find(request.path_params["team_id"])
        operation = None if team is None else team.operations.get(request.path_params["op"])
        if team is None or operation is None:
            raise not_found("operation")
        return JSONResponse(_operation(team, operation, self._tenant.time.now()))

    async def _archive(self, request: Request) -> Response:
        team = self._team(request)
        body = await _json(request) if await request.body() else {}
        flag = body.pop("shouldSetSpoSiteReadOnlyForMembers", False)
        if body or not isinstance(flag, bool):
            raise bad_request("The body holds something that archive does not take.")
        if flag:
            raise bad_request(
                "shouldSetSpoSiteReadOnlyForMembers is not supported in application-only context."
            )
        return self._change(team, "archiveTeam")

    async def _unarchive(self, request: Request) -> Response:
        team = self._team(request)
        if await request.body():
            raise bad_request("unarchive takes no body.")
        return self._change(team, "unarchiveTeam")

    def _change(self, team: Team, action: Action) -> Response:
        faults = self._tenant.faults
        if faults.strikes_once(team.id, team.name, Fault.UNAVAILABLE_ONCE):
            raise GraphError(503, "ServiceUnavailable", "The service is unavailable.")
        if faults.strikes(team.id, team.name, Fault.INTERNAL):
            raise GraphError(500, "InternalServerError", "An internal error occurred.")
        if not any(self._tenant.people.exists(owner) for owner in team.owners()):
            raise bad_request("The team must have an owner.")
        operation = self._tenant.change_state(team, action)
        if faults.strikes(team.id, team.name, Fault.NOT_FOUND_BUT_WORKS):
            raise GraphError(404, "UnknownError", "")
        return Response(status_code=202, headers=_location(team, operation))

    async def _list_members(self, request: Request) -> Response:
        team, query = self._team(request), request.query_params
        if unknown := set(query) - {"$top", "$skiptoken"}:
            raise bad_request(f"Not supported here: {', '.join(sorted(unknown))}.")
        size, start = int(query.get("$top", PAGE)), int(query.get("$skiptoken", 0))
        rows = [_member(team, self._tenant, address) for address in sorted(team.members)]
        answer: dict[str, Any] = {"@odata.count": len(rows), "value": rows[start : start + size]}
        if start + size < len(rows):
            base = str(request.url).partition("?")[0]
            answer["@odata.nextLink"] = f"{base}?$top={size}&$skiptoken={start + size}"
        return JSONResponse(answer)

    async def _add_members(self, request: Request) -> Response:
        team = self._team(request)
        values = (await _json(request)).get("values")
        if not isinstance(values, list) or not values:
            raise bad_request("values must be a list of members.")
        if len(values) > MEMBERS_AT_ONCE:
            raise bad_request(f"At most {MEMBERS_AT_ONCE} members at once.")
        for value in values:
            _check(self._contract, "aadUserConversationMember", value)
        results = [_add(team, self._tenant, value) for value in values]
        whole = all(result["error"] is None for result in results)
        context = "https://graph.microsoft.com/v1.0/$metadata#Collection"
        answer = {
            "@odata.context": f"{context}(microsoft.graph.aadUserConversationMemberResult)",
            "value": results,
        }
        return JSONResponse(answer, 200 if whole else 207)

    def _member_of(self, team: Team, request: Request) -> str:
        user = member_of(request.path_params["membership"], team.id)
        address = self._tenant.people.address(user) if user else ""
        if address not in team.members:
            raise not_found("member")
        return address

    async def _update_member(self, request: Request) -> Response:
        team = self._team(request)
        body = await _json(request)
        _check(self._contract, "aadUserConversationMember", body)
        address = self._member_of(team, request)
        team.members[address] = list(body.get("roles", []))
        return JSONResponse(_member(team, self._tenant, address))

    async def _remove_member(self, request: Request) -> Response:
        team = self._team(request)
        address = self._member_of(team, request)
        if team.owners() == [address]:
            raise bad_request("The last owner of a team cannot be removed.")
        del team.members[address]
        return Response(status_code=204)


def make_graph(
    tenant: Tenant,
    *,
    calls: Calls | None = None,
    quotas: dict[str, Quota] | None = None,
) -> Starlette:
    """The emulator as an ASGI app whose paths begin after ``/v1.0``."""
    limits = Quotas({**QUOTAS, **(quotas or {})}, tenant.time, refused="count")
    graph = Graph(tenant, calls or Calls(), limits, graph_contract(contracts_directory()))
    return Starlette(routes=graph.routes(), middleware=[Middleware(OneSpelling)])


_DETAILS = (
    "externalId",
    "externalName",
    "externalSource",
    "externalSourceDetail",
    "classCode",
    "grade",
    "term",
    "course",
)


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise bad_request("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    return body


def _check(contract: GraphContract | None, type_name: str, body: Any) -> None:
    faults = contract.faults(type_name, body) if contract else []
    if faults:
        raise bad_request("; ".join(faults))


def _bound(reference: Any, tenant: Tenant) -> str | None:
    """The address in ``https://…/users('a@b')`` or ``…/users/<id>``, if there is such a user."""
    match = _LAST_ID.search(reference) if isinstance(reference, str) else None
    if match is None:
        return None
    address = tenant.people.address(match[1] or match[2])
    return address if tenant.people.exists(address) else None


def _team_to_be(tenant: Tenant, body: dict[str, Any]) -> Team:
    template = body.get("template@odata.bind", "")
    if not str(template).endswith(("teamsTemplates('educationClass')", "('standard')")):
        raise bad_request("template@odata.bind must name a template of teamsTemplates.")
    group = body.get("group@odata.bind")
    if group is None:
        if not body.get("displayName"):
            raise bad_request("displayName is required.")
        team = tenant.make_class(name=body["displayName"], mail_nickname="", details={})
        team.description = body.get("description") or ""
        return team
    match = _LAST_ID.search(group)
    found = tenant.find(match[1] or match[2]) if match else None
    if found is None or not tenant.bindable(found):
        raise GraphError(404, "NotFound", "The group was not found (it may be too new).")
    if found.is_team:
        raise GraphError(409, "Conflict", "The group is already provisioned as a team.")
    return found


def _owner(tenant: Tenant, body: dict[str, Any]) -> str | None:
    members = body.get("members", [])
    if "group@odata.bind" in body and not members:
        return None
    if len(members) != 1 or members[0].get("roles") != ["owner"]:
        raise bad_request("In application-only context exactly one member, an owner, is required.")
    address = _bound(members[0].get("user@odata.bind"), tenant)
    if address is None:
        raise bad_request("The owner's user@odata.bind names nobody.")
    return address


def _add(team: Team, tenant: Tenant, value: Any) -> dict[str, Any]:
    reference = value.get("user@odata.bind")
    address = _bound(reference, tenant)
    if address is None:
        match = _LAST_ID.search(str(reference))
        named = (match[1] or match[2]) if match else None
        error = {"code": "NotFound", "message": "The user was not found."}
        return {
            "@odata.type": f"{_TYPE}aadUserConversationMemberResult",
            "userId": named,
            "error": error,
        }
    roles = list(value.get("roles", []))
    team.members[address] = roles or team.members.get(address, [])
    return {
        "@odata.type": f"{_TYPE}aadUserConversationMemberResult",
        "userId": tenant.people.entra_id(address),
        "error": None,
    }


def _class(team: Team) -> dict[str, Any]:
    return {
        "id": team.id,
        "displayName": team.name,
        "mailNickname": team.mail_nickname,
        "description": team.description,
        **{name: team.details.get(name) for name in _DETAILS},
    }


def _team(team: Team) -> dict[str, Any]:
    return {
        "id": team.id,
        "displayName": team.name,
        "description": team.description,
        "isArchived": team.archived,
        "createdDateTime": _instant(team.created_at),
        "specialization": "educationClass",
        "visibility": "hiddenMembership",
        "webUrl": f"https://teams.microsoft.com/l/team/{quote(team.id)}",
    }


def _member(team: Team, tenant: Tenant, address: str) -> dict[str, Any]:
    user = tenant.people.entra_id(address)
    return {
        "@odata.type": f"{_TYPE}aadUserConversationMember",
        "id": membership_id(team.id, user),
        "roles": team.members[address],
        "displayName": address.partition("@")[0],
        "userId": user,
        "email": address,
    }


def _operation(team: Team, operation: Operation, now: float) -> dict[str, Any]:
    status = operation.status(now)
    error = {"code": "InternalServerError", "message": "The operation failed."}
    return {
        "id": operation.id,
        "operationType": operation.action,
        "createdDateTime": _instant(datetime.now(UTC)),
        "lastActionDateTime": _instant(datetime.now(UTC)),
        "status": status,
        "attemptsCount": 1,
        "targetResourceId": team.id,
        "targetResourceLocation": f"/teams('{team.id}')",
        "error": error if status == "failed" else None,
    }


def _location(team: Team, operation: Operation) -> dict[str, str]:
    """One of the three spellings that are seen, so that nobody parses it."""
    spellings = (
        f"/teams('{team.id}')/operations('{operation.id}')",
        f"/teams({team.id})/operations({operation.id})",
        f"/teams/{team.id}/operations/{operation.id}",
    )
    return {"Location": spellings[int(operation.id[:8], 16) % len(spellings)]}


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(error: GraphError) -> Response:
    inner = {"date": _instant(datetime.now(UTC)), "request-id": str(uuid.uuid4())}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(body, error.status, headers)
