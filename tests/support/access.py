"""Who may do what, as people agreed it: compared with every operation that an API has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute

from hwb_runtime.auth import NATIONAL, OF_A_SCHOOL, Caller
from hwb_runtime.service import Service
from hwb_runtime.testing import KnownTokens, platform_on_paper
from hwb_schemas.words import Role

HERE, ELSEWHERE = "6604027", "6814003"
UUID = "01a20cf4-f959-7467-9edd-900923df8424"
COMMAND = {"Idempotency-Key": "a-key-of-the-tests", "Upload-Offset": "0"}

DC, SA, T = Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR, Role.TEACHER
LA, NM = Role.LOCAL_AUTHORITY, Role.NETWORK_MANAGER
SD, OP, SV = Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE

Elsewhere = Literal["refused", "hidden", "national"]


@dataclass(frozen=True)
class May:
    """Who may call an operation, and what becomes of it for another school.

    ``refused``: it names a school, and another one's caller gets 403 before anything is read.
    ``hidden``: it names an account, group or case; tested with the data of the service.
    ``national``: nobody of a school may call it.
    """

    roles: frozenset[Role]
    elsewhere: Elsewhere
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None


def may(
    *roles: Role, elsewhere: Elsewhere, query: dict[str, str] | None = None, body: Any = None
) -> May:
    return May(frozenset(roles), elsewhere, query or {}, body)


def everybody_but(*roles: Role, **more: Any) -> May:
    return may(*(role for role in Role if role not in roles), **more)


def bound(expected: May) -> list[Role]:
    """Roles that may call it, each for some schools only."""
    return sorted(expected.roles - NATIONAL)


def operations_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield method, route.path


def api_on_paper(service: Service) -> FastAPI:
    """The service's API, where each role is a token, ``<role> elsewhere`` one of another school."""
    platform = platform_on_paper(service)
    assert isinstance(platform.callers, KnownTokens)
    platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    return service.api(platform)


def everybody(*, here: str, elsewhere: str) -> dict[str, Caller]:
    """By token: each role, and as ``<role> elsewhere`` the same of another school."""
    return {
        name: caller_at(school, role)
        for role in Role
        for name, school in ((role.value, here), (f"{role.value} elsewhere", elsewhere))
    }


def caller_at(school: str, role: Role, *, subject: str = "somebody") -> Caller:
    """Somebody with this role there: of the school, of its authority, or of the nation."""
    return Caller(
        subject,
        role,
        school=school if role in OF_A_SCHOOL else None,
        authority=school[:3] if role is Role.LOCAL_AUTHORITY else None,
    )


async def ask(
    app: FastAPI, method: str, path: str, expected: May, *, token: str | None
) -> httpx.Response:
    """Call an operation about the school HERE; 500 is as far as one gets without a database."""
    headers = dict(COMMAND)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    filled = path.replace("{case_key:path}", "a/b").format(
        school=HERE,
        run_id=UUID,
        session_id=UUID,
        account_id=UUID,
        group_id=UUID,
        client_id=f"hwb-{HERE}-1a2b3c4d",
        number=1,
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://on-paper") as client:
        return await client.request(
            method, filled, headers=headers, params=expected.query, json=expected.body
        )
