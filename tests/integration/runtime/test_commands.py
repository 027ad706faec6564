"""Commands are run once, errors are problems, callers see what is theirs."""

from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI

from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.commands import IdempotencyKey, Reply, once
from hwb_runtime.platform import Platform
from hwb_schemas.words import Role

HEAD = Caller("dc-1", Role.DIGITAL_CHAMPION, school="6604027")


def api_of(platform: Platform) -> FastAPI:
    app = create_api(platform, title="tally", description="counts")
    may_count = caller_with(Role.DIGITAL_CHAMPION)

    @app.post("/v1/schools/{school}/count")
    async def count(school: str, key: IdempotencyKey, caller: Annotated[Caller, may_count]) -> Any:
        ensure_school(caller, school)
        async with platform.units_of_work.begin() as uow:

            async def effect() -> Reply:
                await uow.session.execute("INSERT INTO tally (run_id) VALUES ('x')")
                row = await uow.session.fetch_one("SELECT count(*) FROM tally")
                return Reply(202, {"count": row[0] if row else 0})

            reply = await once(uow, key=key, caller=caller, request=school.encode(), effect=effect)
        return reply.body

    return app


@pytest.fixture
async def client(bench: Any) -> Any:
    platform = bench.platform
    bench.platform.callers.by_token |= {
        "token-of-head": HEAD,
        "token-of-teacher": Caller("t-1", Role.TEACHER, school="6604027"),
    }
    transport = httpx.ASGITransport(app=api_of(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://tally") as made:
        yield made


def headers(token: str = "token-of-head", key: str = "key-00001") -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": key}


async def test_the_same_key_gives_the_first_reply_and_no_second_effect(client: Any) -> None:
    first = await client.post("/v1/schools/6604027/count", headers=headers())
    again = await client.post("/v1/schools/6604027/count", headers=headers())
    other = await client.post("/v1/schools/6604027/count", headers=headers(key="key-00002"))
    assert [first.json(), again.json(), other.json()] == [{"count": 1}, {"count": 1}, {"count": 2}]


async def test_a_key_used_for_another_request_is_a_problem(client: Any, bench: Any) -> None:
    bench.platform.callers.by_token["token-of-head"] = Caller(
        "dc-1", Role.DIGITAL_CHAMPION, school="6604028"
    )
    await client.post("/v1/schools/6604028/count", headers=headers())
    bench.platform.callers.by_token["token-of-head"] = HEAD
    answer = await client.post("/v1/schools/6604027/count", headers=headers())
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "idempotency_key_used"


async def test_no_token_wrong_role_and_wrong_school_are_refused(client: Any) -> None:
    path = "/v1/schools/6604027/count"
    none = await client.post(path, headers={"Idempotency-Key": "key-00001"})
    role = await client.post(path, headers=headers(token="token-of-teacher"))
    school = await client.post("/v1/schools/6604028/count", headers=headers())
    assert [none.status_code, role.status_code, school.status_code] == [401, 403, 403]
    assert {none.json()["code"], role.json()["code"], school.json()["code"]} == {
        "not_signed_in",
        "role_not_allowed",
        "school_not_yours",
    }


async def test_a_missing_key_is_explained(client: Any) -> None:
    answer = await client.post(
        "/v1/schools/6604027/count", headers={"Authorization": "Bearer token-of-head"}
    )
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_a_trace_goes_on_and_health_pages_answer(client: Any) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = await client.get(
        "/healthz", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    )
    assert answer.text == "alive"
    assert answer.headers["traceparent"][3:35] == trace
    assert "hwb_request_seconds" in (await client.get("/metrics")).text
