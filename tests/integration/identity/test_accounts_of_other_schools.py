"""An account of one school does not even exist for another: operation by operation."""

import pytest
from tests.support.access import bound, caller_at
from tests.support.identity_world import ELSEWHERE, PRIMARY, World
from tests.support.who_may import OF_IDENTITY

from hwb_runtime.testing import KnownTokens

HEADERS = {"Idempotency-Key": "one of my own", "If-Match": '"1"'}
BODIES = {
    "deactivate": {"reason": "Because"},
    "reactivate": {"reason": "Because"},
    "extend": {"ends_on": None},
    "review": {},
    "rename": {"forename": "A", "surname": "B", "sign_in_name": "kept", "reason": "Because"},
    "transfer": {"previous_school": "6604002"},
}
HIDDEN = sorted(one for one, may in OF_IDENTITY.items() if may.elsewhere == "hidden")


@pytest.mark.parametrize("operation", HIDDEN)
async def test_nobody_of_another_school_gets_at_an_account(world: World, operation: str) -> None:
    await world.hear(world.word(PRIMARY, "R201100018042"))
    account_id = (await world.published())[0].key
    assert isinstance(world.platform.callers, KnownTokens)
    method, path = operation.split()
    roles = bound(OF_IDENTITY[operation])
    assert roles
    for role in roles:
        world.platform.callers.by_token["stranger"] = caller_at(ELSEWHERE, role)
        async with world.api("stranger") as api:
            answer = await api.request(
                method,
                path.format(account_id=account_id),
                headers=HEADERS,
                json=BODIES.get(path.rsplit("/", 1)[1]),
            )
        assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown"), role
    assert len(await world.published()) == 1
