"""Google Classroom as the groups service meets it: states, aliases, owners and quotas."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.people import PersonState
from hwb_rehearsal.emulators.quota import Quota
from hwb_rehearsal.emulators.time import VirtualClock

OWNER = "svc-groups@hwbcymru.net"
ALIAS = "d:6781234-2021-22-9B"


@pytest.fixture
def emulators() -> Emulators:
    return make_emulators(clock=VirtualClock(), classroom_quotas={"user": Quota(40, 60)})


@pytest.fixture
async def classroom(emulators: Emulators) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=emulators.app),
        base_url="http://emulator/classroom",
        headers={"Authorization": "Bearer admin-1"},
    ) as client:
        yield client


async def create(classroom: httpx.AsyncClient, name: str = "9B Maths") -> httpx.Response:
    body = {"id": ALIAS, "name": name, "ownerId": OWNER, "courseState": "ACTIVE"}
    return await classroom.post("/v1/courses", json=body)


async def set_state(classroom: httpx.AsyncClient, state: str) -> httpx.Response:
    return await classroom.patch(
        f"/v1/courses/{ALIAS}", params={"updateMask": "courseState"}, json={"courseState": state}
    )


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["status"]


async def test_the_alias_makes_creation_safe_to_repeat(classroom: httpx.AsyncClient) -> None:
    first = await create(classroom)
    again = await create(classroom)
    found = await classroom.get(f"/v1/courses/{ALIAS}")

    assert first.status_code == 200
    assert reason(again) == (409, "ALREADY_EXISTS")
    assert found.json()["id"] == first.json()["id"] != ALIAS


async def test_archiving_and_restoring_are_immediate(classroom: httpx.AsyncClient) -> None:
    await create(classroom)

    assert (await set_state(classroom, "ARCHIVED")).json()["courseState"] == "ARCHIVED"
    assert (await set_state(classroom, "ACTIVE")).json()["courseState"] == "ACTIVE"


async def test_a_patch_without_update_mask_is_refused(classroom: httpx.AsyncClient) -> None:
    await create(classroom)
    answer = await classroom.patch(f"/v1/courses/{ALIAS}", json={"courseState": "ARCHIVED"})

    assert reason(answer) == (400, "INVALID_ARGUMENT")


async def test_an_archived_course_keeps_its_roster_as_it_is(classroom: httpx.AsyncClient) -> None:
    await create(classroom)
    await classroom.post(f"/v1/courses/{ALIAS}/students", json={"userId": "p1@hwbcymru.net"})
    await set_state(classroom, "ARCHIVED")

    added = await classroom.post(f"/v1/courses/{ALIAS}/students", json={"userId": "p2@x.net"})
    taken = await classroom.delete(f"/v1/courses/{ALIAS}/students/p1@hwbcymru.net")
    assert reason(added) == reason(taken) == (400, "FAILED_PRECONDITION")
    assert added.json()["error"]["message"].startswith("@CourseNotModifiable")


async def test_an_active_course_cannot_become_provisioned(classroom: httpx.AsyncClient) -> None:
    await create(classroom)

    assert reason(await set_state(classroom, "PROVISIONED")) == (400, "FAILED_PRECONDITION")


async def test_an_inactive_owner_blocks_and_a_deleted_one_breaks_archiving(
    classroom: httpx.AsyncClient, emulators: Emulators
) -> None:
    await create(classroom)
    emulators.people.put(OWNER, PersonState.INACTIVE)
    blocked = await set_state(classroom, "ARCHIVED")
    emulators.people.put(OWNER, PersonState.DELETED)
    broken = await set_state(classroom, "ARCHIVED")

    assert reason(blocked) == (400, "FAILED_PRECONDITION")
    assert "InactiveCourseOwner" in blocked.json()["error"]["message"]
    assert reason(broken) == (500, "INTERNAL")


async def test_without_its_alias_a_course_no_longer_stands_in_the_way(
    classroom: httpx.AsyncClient,
) -> None:
    first = (await create(classroom)).json()["id"]
    await classroom.delete(f"/v1/courses/{first}/aliases/{ALIAS}")
    second = (await create(classroom)).json()["id"]

    assert first != second
    assert (await classroom.get(f"/v1/courses/{first}/aliases")).json() == {}


async def test_rosters_are_filled_one_by_one_and_read_in_pages(
    classroom: httpx.AsyncClient,
) -> None:
    await create(classroom)
    for number in range(32):
        body = {"userId": f"p{number:02}@hwbcymru.net"}
        assert (await classroom.post(f"/v1/courses/{ALIAS}/students", json=body)).is_success
    again = await classroom.post(f"/v1/courses/{ALIAS}/students", json=body)
    first = (await classroom.get(f"/v1/courses/{ALIAS}/students")).json()
    token = {"pageToken": first["nextPageToken"]}
    second = (await classroom.get(f"/v1/courses/{ALIAS}/students", params=token)).json()

    assert reason(again) == (409, "ALREADY_EXISTS")
    assert (len(first["students"]), len(second["students"])) == (30, 2)
    assert first["students"][0]["profile"]["emailAddress"] == "p00@hwbcymru.net"


async def test_each_administrator_has_a_quota_of_its_own(classroom: httpx.AsyncClient) -> None:
    answers = [await classroom.get("/v1/courses/1") for _ in range(41)]
    other = await classroom.get("/v1/courses/1", headers={"Authorization": "Bearer admin-2"})

    assert [answer.status_code for answer in answers[-2:]] == [404, 429]
    assert answers[-1].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert answers[-1].headers["retry-after"] == "60"
    assert other.status_code == 404


async def test_a_course_is_deleted_only_when_it_is_archived(classroom: httpx.AsyncClient) -> None:
    await create(classroom)
    too_soon = await classroom.delete(f"/v1/courses/{ALIAS}")
    await set_state(classroom, "ARCHIVED")

    assert too_soon.status_code == 400
    assert (await classroom.delete(f"/v1/courses/{ALIAS}")).json() == {}
    assert (await classroom.get(f"/v1/courses/{ALIAS}")).status_code == 404
