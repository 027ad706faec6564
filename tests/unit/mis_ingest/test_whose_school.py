"""Every operation about a school asks first whose it is, and whether there is such a school."""

import httpx
import pytest
from tests.support.access import ELSEWHERE, HERE, api_on_paper, operations_of

from hwb_mis_ingest.bootstrap import SERVICE

APP = api_on_paper(SERVICE)
ABOUT_A_SCHOOL = [one for one in operations_of(APP) if "{school}" in one[1]]
UNREGISTERED = "6609999"


async def refusal(method: str, path: str, *, school: str, token: str) -> tuple[int, str]:
    """What an otherwise nonsensical request is answered: no headers, no body, no run of that id."""
    filled = path.format(school=school, run_id="none", session_id="none", client_id="none")
    transport = httpx.ASGITransport(app=APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://on-paper") as client:
        answer = await client.request(
            method, filled, headers={"Authorization": f"Bearer {token}"}, json={}
        )
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(("method", "path"), ABOUT_A_SCHOOL)
async def test_a_school_that_is_not_registered_is_said_to_be_unknown(
    method: str, path: str
) -> None:
    found = await refusal(method, path, school=UNREGISTERED, token="operator")
    assert found == (404, "school_unknown")


OF_AUTHORITIES = [one for one in ABOUT_A_SCHOOL if "/clients" not in one[1]]


@pytest.mark.parametrize(("method", "path"), OF_AUTHORITIES)
async def test_whose_school_it_is_not_learns_that_before_what_else_is_wrong(
    method: str, path: str
) -> None:
    assert HERE[:3] != ELSEWHERE[:3]
    found = await refusal(method, path, school=HERE, token="local_authority elsewhere")
    assert found == (403, "school_not_yours")
