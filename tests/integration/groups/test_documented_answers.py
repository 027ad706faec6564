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
async def api(world: Any) -> AsyncIterator[DocumentedApi]:
    world.platform.callers.by_token |= everybody(here=HERE, elsewhere=ELSEWHERE)
    world.platform.callers.by_token["teacher"] = Caller("t1", Role.TEACHER, school=HERE)
    api = DocumentedApi(SERVICE.api(world.platform), OF_GROUPS)
    yield api
    await api.aclose()


async def reaches_of(world: Any) -> dict[str, Reach]:
    """A class with an archived Team, and how each operation succeeds."""
    group_id = await world.created()
    await world.move_to(8, 31)
    await world.settle()
    of_school = {"school": HERE}
    of_group = {"group_id": group_id}
    await world.hear(world.class_event("7B", year="2022-23", teachers=["t1"], members=["a"]))
    wanted = {"class_key": f"{HERE}/2022-23/7B", "provider": "classroom"}
    return {
        "GET /v1/schools/{school}/classes": Reach("teacher", path=of_school),
        "GET /v1/groups": Reach("teacher", query=of_school),
        "GET /v1/groups/{group_id}": Reach("teacher", path=of_group),
        "POST /v1/previews": Reach(
            "operator", body={"school": HERE, "classes": [], "accounts": []}
        ),
        "POST /v1/groups": Reach("teacher", body=wanted),
        "POST /v1/groups/{group_id}/restore": Reach("teacher", path=of_group),
    }


async def test_every_operation_succeeds_for_those_who_may(world: Any, api: DocumentedApi) -> None:
    unreached = await api.unreached(await reaches_of(world))
    assert not unreached, "\n".join(unreached)


async def test_whatever_is_sent_the_answer_is_documented(world: Any, api: DocumentedApi) -> None:
    faults = await api.faults(await reaches_of(world))
    assert not faults, "\n\n".join(faults)
