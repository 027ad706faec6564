"""The comparison of answers with the OpenAPI document sees each kind of fault that it is for."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from tests.support.access import HERE, everybody, may
from tests.support.documented import DocumentedApi, Reach

from hwb_groups.bootstrap import SERVICE
from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.problems import ProblemError
from hwb_runtime.testing import KnownTokens, platform_on_paper
from hwb_runtime.texts import SchoolNumber
from hwb_schemas.words import Role

OPERATION = "GET /v1/schools/{school}/pupils"
EXPECTED = {OPERATION: may(Role.OPERATOR, elsewhere="national")}
REACH = Reach("operator", path={"school": HERE})
Operators = Annotated[Caller, caller_with(Role.OPERATOR)]


def api_that(answer: Callable[[str], Any], number: Any = SchoolNumber) -> FastAPI:
    platform = platform_on_paper(SERVICE)
    assert isinstance(platform.callers, KnownTokens)
    platform.callers.by_token |= everybody(here=HERE, elsewhere="6814003")
    app = create_api(platform, title="Pupils", description="For these tests.")

    @app.get("/v1/schools/{school}/pupils")
    async def pupils(school: number, caller: Operators) -> dict[str, int]:
        _ = caller
        found: dict[str, int] = answer(school)
        return found

    return app


async def found_in(app: FastAPI, *, expected: Any = EXPECTED) -> tuple[str, str]:
    """What is said of the request that should succeed, and of generated ones."""
    api = DocumentedApi(app, expected)
    unreached = await api.unreached({OPERATION: REACH})
    faults = await api.faults({OPERATION: REACH})
    await api.aclose()
    return "\n".join(unreached), "\n".join(faults)


def good(_: str) -> Any:
    return {"pupils": 1}


def undocumented(_: str) -> Any:
    raise ProblemError(status=418, code="teapot", title="A teapot", detail="Short and stout.")


def broken(_: str) -> Any:
    message = "planted"
    raise RuntimeError(message)


async def test_nothing_is_said_where_all_is_well() -> None:
    assert await found_in(api_that(good)) == ("", "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (undocumented, "Undocumented status code: Received: 418"),
        (broken, "planted"),
        (lambda _: PlainTextResponse("pupils"), "Undocumented Content-Type"),
        (lambda _: JSONResponse({"pupils": "many"}), "Response violates schema"),
        (lambda _: Response(status_code=500), "Server error"),
    ],
)
async def test_a_fault_in_answers_is_seen(answer: Callable[[str], Any], said: str) -> None:
    _, faults = await found_in(api_that(answer))
    assert said in faults


async def test_what_the_document_does_not_allow_must_be_refused() -> None:
    app = api_that(good, str)
    path = app.openapi()["paths"]["/v1/schools/{school}/pupils"]["get"]
    path["parameters"][0]["schema"] = {"type": "string", "pattern": "^[0-9]{7}$"}
    assert "Schema-violating request accepted" in (await found_in(app))[1]


async def test_what_the_document_allows_is_not_called_malformed() -> None:
    app = api_that(good)
    path = app.openapi()["paths"]["/v1/schools/{school}/pupils"]["get"]
    path["parameters"][0]["schema"] = {"type": "string"}
    assert "but this fits the document" in (await found_in(app))[1]


async def test_whoever_may_not_is_not_let_in() -> None:
    expected = {OPERATION: may(Role.SERVICE_DESK, elsewhere="national")}
    unreached, faults = await found_in(api_that(good), expected=expected)
    assert f"{OPERATION} by service_desk: 403" in unreached
    assert f"{OPERATION} let" in faults


async def test_an_operation_of_which_nobody_says_how_it_succeeds_is_named() -> None:
    api = DocumentedApi(api_that(good), EXPECTED)
    (said,) = await api.unreached({})
    assert said.startswith(f"{OPERATION}: nobody says how it succeeds")
    await api.aclose()
