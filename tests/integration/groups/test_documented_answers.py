"""The groups API answers every role, on seeded data, as its OpenAPI document says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.access import everybody
from tests.support.documented import DocumentedApi, Reach
from tests.support.who_may import OF_GROUPS

from hwb_groups.bootstrap import SERVICE
from hwb_runtime.auth import Caller
from hwb_schemas.words import Role

HERE, ELSEWHERE = "6811234", "6604027"
CLASS = f"{HERE}/2021-22/7A"


@pytest.fixture
async def world(postgres: Any, worlds: Any) -> AsyncIterator[Any]:
    """Where an operator begins the archive run."""
    async with worlds(postgres.create_database(), archive_begins="operator") as made:
        yield made


@pytest.fixture
async def api(world: Any) -> AsyncIterator[DocumentedApi]:
    world.platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    world.platform.callers.by_token["teacher"] = Caller("t1", Role.TEACHER, school=HERE)
    api = DocumentedApi(SERVICE.api(world.platform), OF_GROUPS)
    yield api
    await api.aclose()


async def reaches_of(world: Any) -> dict[str, Reach]:
    """A class with an archived Team, another one to archive, and how each operation succeeds."""
    group_id = await world.created()
    await world.move_to(8, 31)
    await begin_run(world, hours=None)
    await world.settle()
    await world.move_to(5, 31)
    await world.hear(world.class_event("8B", teachers=["t1"], members=["a"]))
    await world.create(key=f"{HERE}/2021-22/8B")
    await world.settle()
    await world.move_to(8, 31)
    run_id, etag = await begin_run(world, hours={"begin": "20:00", "end": "06:00"})
    of_run = {"run_id": run_id}
    again = {"academic_year": "2021-22", "groups": 1}
    of_school = {"school": HERE}
    of_group = {"group_id": group_id}
    await world.hear(world.class_event("7B", year="2022-23", teachers=["t1"], members=["a"]))
    wanted = {"class_key": f"{HERE}/2022-23/7B", "provider": "classroom"}
    return {
        "GET /v1/schools/{school}/classes": Reach("teacher", path=of_school),
        "GET /v1/schools/{school}/class": Reach(
            "teacher", path=of_school, query={"class_key": CLASS}
        ),
        "GET /v1/groups": Reach("teacher", query=of_school),
        "GET /v1/groups/{group_id}": Reach("teacher", path=of_group),
        "POST /v1/previews": Reach(
            "operator", body={"school": HERE, "classes": [], "accounts": []}
        ),
        "POST /v1/groups": Reach("teacher", body=wanted),
        "POST /v1/groups/{group_id}/restore": Reach("teacher", path=of_group),
        "GET /v1/archive-runs/dry-run": Reach("operator"),
        "GET /v1/archive-runs": Reach("operator"),
        "GET /v1/archive-runs/{run_id}": Reach("operator", path=of_run),
        "POST /v1/archive-runs/{run_id}/pause": Reach("operator", path=of_run),
        "POST /v1/archive-runs/{run_id}/resume": Reach("operator", path=of_run),
        "POST /v1/archive-runs/{run_id}/cancel": Reach("operator", path=of_run),
        "POST /v1/archive-runs": Reach("operator", headers={"If-Match": etag}, body=again),
    }


async def begin_run(world: Any, *, hours: dict[str, str] | None) -> tuple[str, str]:
    """Confirm what a dry run says; gives the run's id and the dry run's ETag."""
    seen = (await world.look("operator", "/v1/archive-runs/dry-run")).json()
    body = {"academic_year": "2021-22", "groups": seen["groups"], "hours": hours}
    answer = await world.ask("operator", "/v1/archive-runs", body, seen=seen["etag"])
    assert answer.status_code == 202, answer.text
    await world.move_to(8, 31)
    return answer.json()["run_id"], seen["etag"]


async def test_every_operation_succeeds_for_those_who_may(world: Any, api: DocumentedApi) -> None:
    unreached = await api.unreached(await reaches_of(world))
    assert not unreached, "\n".join(unreached)


async def test_whatever_is_sent_the_answer_is_documented(world: Any, api: DocumentedApi) -> None:
    faults = await api.faults(await reaches_of(world))
    assert not faults, "\n\n".join(faults)
