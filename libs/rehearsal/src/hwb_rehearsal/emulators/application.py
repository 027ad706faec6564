"""Both providers and their inspection pages as one ASGI app."""

import time
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from hwb_rehearsal.emulators.calls import Calls
from hwb_rehearsal.emulators.classroom import make_classroom
from hwb_rehearsal.emulators.courses import ARCHIVED, Domain
from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.emulators.graph import make_graph
from hwb_rehearsal.emulators.people import People, PersonState
from hwb_rehearsal.emulators.quota import Quota
from hwb_rehearsal.emulators.teams import TeamDelays, Tenant
from hwb_rehearsal.emulators.time import Clock, ProviderTime


@dataclass(frozen=True)
class Emulators:
    """The app, and the state behind it for tests in the same process."""

    app: FastAPI
    tenant: Tenant
    domain: Domain
    people: People
    calls: Calls


class FaultWanted(BaseModel):
    """Body of ``POST /inspect/faults``."""

    model_config = ConfigDict(extra="forbid")

    provider: Literal["teams", "classroom"]
    id: str
    fault: Fault


class PersonWanted(BaseModel):
    """Body of ``POST /inspect/people``."""

    model_config = ConfigDict(extra="forbid")

    address: str
    state: PersonState


def make_emulators(
    *,
    clock: Clock = time.monotonic,
    time_scale: float = 1.0,
    delays: Annotated[TeamDelays | None, "provider seconds"] = None,
    graph_quotas: dict[str, Quota] | None = None,
    classroom_quotas: dict[str, Quota] | None = None,
) -> Emulators:
    """``/graph/v1.0``, ``/classroom`` and ``/inspect``.

    ``clock`` gives seconds (a VirtualClock in tests); quotas given here replace those of the same
    name in ``graph.QUOTAS`` and ``classroom.QUOTAS``.
    """
    provider_time = ProviderTime(clock, time_scale)
    people, calls = People(), Calls()
    tenant = Tenant(provider_time, people, delays or TeamDelays())
    domain = Domain(provider_time, people)
    app = FastAPI(title="Provider emulators", openapi_url=None, docs_url=None)
    app.mount("/graph/v1.0", make_graph(tenant, calls=calls, quotas=graph_quotas))
    app.mount("/classroom", make_classroom(domain, calls=calls, quotas=classroom_quotas))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/inspect/groups")
    async def groups() -> list[dict[str, Any]]:
        return [*_teams(tenant), *_courses(domain)]

    @app.get("/inspect/calls")
    async def called() -> list[dict[str, str | int]]:
        return calls.rows()

    @app.get("/inspect/faults")
    async def faults_that_happened() -> list[dict[str, str]]:
        return [
            {"provider": provider, "id": thing, "fault": fault}
            for provider, faults in (("teams", tenant.faults), ("classroom", domain.faults))
            for thing, fault in faults.happened()
        ]

    @app.post("/inspect/faults", status_code=204)
    async def put_fault(wanted: FaultWanted) -> None:
        faults = tenant.faults if wanted.provider == "teams" else domain.faults
        faults.put(wanted.id, wanted.fault)

    @app.delete("/inspect/faults/{thing}", status_code=204)
    async def clear_faults(thing: str) -> None:
        tenant.faults.clear(thing)
        domain.faults.clear(thing)

    @app.post("/inspect/people", status_code=204)
    async def put_person(wanted: PersonWanted) -> None:
        people.put(wanted.address, wanted.state)

    return Emulators(app, tenant, domain, people, calls)


def _teams(tenant: Tenant) -> list[dict[str, Any]]:
    return [
        {
            "provider": "teams",
            "id": team.id,
            "external_id": team.details.get("externalId"),
            "aliases": [],
            "name": team.name,
            "is_team": team.is_team,
            "archived": team.archived,
            "owners": team.owners(),
            "members": sorted(set(team.members) - set(team.owners())),
        }
        for team in tenant.all()
    ]


def _courses(domain: Domain) -> list[dict[str, Any]]:
    return [
        {
            "provider": "classroom",
            "id": course.id,
            "external_id": None,
            "aliases": sorted(course.aliases),
            "name": course.name,
            "is_team": False,
            "archived": course.state == ARCHIVED,
            "owners": sorted(course.teachers),
            "members": sorted(course.students),
        }
        for course in domain.all()
    ]
