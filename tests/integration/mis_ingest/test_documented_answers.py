"""mis-ingest's API answers every role, on seeded data, as its OpenAPI document says."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.access import everybody
from tests.support.documented import NOBODY, DocumentedApi, Reach
from tests.support.school_export import Export, small_school
from tests.support.who_may import OF_MIS_INGEST

from hwb_mis_ingest.bootstrap import SERVICE
from hwb_runtime.testing import KnownTokens
from hwb_schemas.words import Role

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

HERE, NEIGHBOUR, ELSEWHERE = "6604027", "6604028", "6814003"
FILE = "application/octet-stream"
FORM = "application/x-www-form-urlencoded"
CHAMPION, MANAGER, AUTHORITY, OPERATOR = (
    Role.DIGITAL_CHAMPION.value,
    Role.NETWORK_MANAGER.value,
    Role.LOCAL_AUTHORITY.value,
    Role.OPERATOR.value,
)


@pytest.fixture
async def api(ingest: "Ingest") -> AsyncIterator[DocumentedApi]:
    """As the fixture's, but nobody sends too often."""
    endless = {"client_uploads_at_once": 100_000, "client_uploads_per_hour": 100_000}
    settings = ingest.platform.settings.model_copy(update=endless)
    ingest.platform = replace(ingest.platform, settings=settings)
    assert isinstance(ingest.platform.callers, KnownTokens)
    ingest.platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    api = DocumentedApi(SERVICE.api(ingest.platform), OF_MIS_INGEST)
    yield api
    await api.aclose()


def roll(school: str, *, left: int = 0) -> bytes:
    """Thirty learners below the top year, the first of whom have left, and one without a UPN."""
    export = Export(school)
    export.school_class("7A")
    for serial in range(1, 31):
        leaving = {"metadata_leavingDate": "2022-05-02"} if serial <= left else {}
        export.learner(serial, classes=["7A"], **leaving)
    export.learner(31, classes=["7A"], identifier="")
    return export.zip()


async def asked(
    ingest: "Ingest", token: str, path: str, *, offset: int | None = None, **body: Any
) -> Any:
    """The answer of an operation that has to succeed while the data are seeded."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"seed {path} {body}"[:200]}
    if offset is not None:
        headers["Upload-Offset"] = str(offset)
    method = "GET" if not body else "POST" if offset is None else "PATCH"
    answer = await ingest.http.request(method, path, headers=headers, **body)
    assert answer.is_success, answer.text
    return answer.json()


async def session(ingest: "Ingest", data: bytes) -> str:
    """An upload in parts that the Network Manager has announced."""
    wanted = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    shown = await asked(ingest, MANAGER, f"/v1/schools/{HERE}/upload-sessions", json=wanted)
    return str(shown["session_id"])


async def held(ingest: "Ingest", school: str) -> tuple[dict[str, str], dict[str, str]]:
    """A run whose leavers are held: its path, and the digest that decides about them."""
    await ingest.run(roll(school), school=school)
    run = await ingest.run(roll(school, left=20), school=school)
    path = {"school": school, "run_id": run["run_id"]}
    shown = await asked(ingest, OPERATOR, f"/v1/schools/{school}/runs/{run['run_id']}/held")
    assert shown["rows"]
    return path, {"digest": shown["digest"]}


async def reaches_of(ingest: "Ingest") -> Mapping[str, Reach]:
    """Runs that wait for a decision, uploads under way and clients, and how operations succeed."""
    run, digest = await held(ingest, HERE)
    of_neighbour, of_neighbour_digest = await held(ingest, NEIGHBOUR)
    here = {"school": HERE}
    file, other_file = small_school().zip(), small_school(year_ends="2023").zip()
    begun, whole = await session(ingest, file), await session(ingest, other_file)
    sessions = f"/v1/schools/{HERE}/upload-sessions"
    await asked(ingest, MANAGER, f"{sessions}/{whole}", offset=0, content=other_file)
    clients = f"/v1/schools/{HERE}/clients"
    made = await asked(ingest, OPERATOR, clients, json={})
    ended = await asked(ingest, OPERATOR, clients, json={"of": "another"})
    in_parts = {**here, "session_id": begun}
    announced = {"length": 1000, "sha256": "0" * 64}
    s, r = "/v1/schools/{school}", "/v1/schools/{school}/runs/{run_id}"
    return {
        f"GET {s}/runs": Reach(CHAMPION, path=here),
        f"GET {r}": Reach(CHAMPION, path=run),
        f"GET {r}/report": Reach(CHAMPION, path=run),
        f"GET {r}/held": Reach(CHAMPION, path=run),
        "GET /v1/provisioning-status": Reach(CHAMPION, query=here),
        f"GET {s}/clients": Reach(OPERATOR, path=here),
        f"GET {s}/upload-sessions/{{session_id}}": Reach(MANAGER, path=in_parts, seen_by=[MANAGER]),
        f"POST {s}/preview": Reach(CHAMPION, path=here, body=file, media_type=FILE),
        f"POST {s}/upload-sessions": Reach(MANAGER, path=here, body=announced),
        f"PATCH {s}/upload-sessions/{{session_id}}": Reach(
            MANAGER, path=in_parts, headers={"Upload-Offset": "0"}, body=file, media_type=FILE
        ),
        f"POST {r}/approve": Reach(CHAMPION, path=run, body=digest),
        f"POST {r}/discard": Reach(AUTHORITY, path=of_neighbour, body=of_neighbour_digest),
        f"POST {r}/rollback": Reach(CHAMPION, path=run),
        f"POST {s}/closing": Reach(AUTHORITY, path=here, body=here),
        f"POST {s}/clients": Reach(OPERATOR, path=here),
        f"POST {s}/clients/{{client_id}}/rotate": Reach(
            OPERATOR, path={**here, "client_id": made["client_id"]}, body={}
        ),
        f"POST {s}/clients/{{client_id}}/revoke": Reach(
            OPERATOR, path={**here, "client_id": ended["client_id"]}
        ),
        "POST /v1/tokens": Reach(
            NOBODY,
            body={
                "grant_type": "client_credentials",
                "client_id": made["client_id"],
                "client_secret": made["client_secret"],
            },
            media_type=FORM,
        ),
        # A later upload takes the place of a list that waits, so these come last.
        f"POST {s}/uploads": Reach(MANAGER, path=here, body=file, media_type=FILE),
        f"POST {s}/upload-sessions/{{session_id}}/finish": Reach(
            MANAGER, path={**here, "session_id": whole}
        ),
    }


async def test_every_operation_succeeds_for_those_who_may(
    ingest: "Ingest", api: DocumentedApi
) -> None:
    unreached = await api.unreached(await reaches_of(ingest))
    assert not unreached, "\n".join(unreached)


async def test_whatever_is_sent_the_answer_is_documented(
    ingest: "Ingest", api: DocumentedApi
) -> None:
    faults = await api.faults(await reaches_of(ingest))
    assert not faults, "\n\n".join(faults)
