"""A group or class of one school is out of reach for another: operation by operation."""

from typing import Any

import pytest
from tests.support.access import bound, caller_at
from tests.support.who_may import OF_GROUPS

OTHER = "6604028"
HIDDEN = sorted(one for one, may in OF_GROUPS.items() if may.elsewhere == "hidden")


@pytest.mark.parametrize("operation", HIDDEN)
async def test_nobody_of_another_school_gets_at_a_group(world: Any, operation: str) -> None:
    group_id = await world.created()
    method, path = operation.split()
    roles = bound(OF_GROUPS[operation])
    assert roles
    for role in roles:
        world.platform.callers.by_token["stranger"] = caller_at(OTHER, role, subject="t1")
        body = {"class_key": "6811234/2021-22/7A", "provider": "classroom"}
        answer = await world.api.request(
            method,
            path.format(group_id=group_id),
            headers={"Authorization": "Bearer stranger", "Idempotency-Key": f"key of {role}"},
            json=body if path == "/v1/groups" else None,
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "school_not_yours"), role
    assert await world.state(group_id) == "linked"
