"""Google's own client takes the emulator for Classroom: it builds the calls, reads the answers."""

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.served import served

from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.people import PersonState
from hwb_rehearsal.emulators.time import VirtualClock

discovery = pytest.importorskip(
    "googleapiclient.discovery", reason="google-api-python-client is not installed"
)
errors: Any = importlib.import_module("googleapiclient.errors")
credentials: Any = importlib.import_module("google.oauth2.credentials")

OWNER = "svc-groups@hwbcymru.net"
ALIAS = "d:hwb-9b"


@pytest.fixture
def emulators() -> Emulators:
    return make_emulators(clock=VirtualClock())


@pytest.fixture
def courses(emulators: Emulators) -> Iterator[Any]:
    """``courses()`` of the client that is built from the discovery document Google ships."""
    with served(emulators.app) as address:
        service = discovery.build(
            "classroom",
            "v1",
            static_discovery=True,
            cache_discovery=False,
            credentials=credentials.Credentials(token="local"),
            client_options={"api_endpoint": f"{address}/classroom/"},
        )
        yield service.courses()
        service.close()


def made(courses: Any) -> Any:
    body = {"id": ALIAS, "name": "9B", "ownerId": OWNER, "courseState": "ACTIVE"}
    return courses.create(body=body).execute()


def refused(call: Any) -> Any:
    """The status that the client reads in an error."""
    with pytest.raises(errors.HttpError) as caught:
        call.execute()
    return caught.value.resp.status


def test_a_course_lives_through_googles_own_client(courses: Any, emulators: Emulators) -> None:
    course = made(courses)
    assert refused(courses.create(body={"id": ALIAS, "name": "9B", "ownerId": OWNER})) == 409
    for number in range(3):
        body = {"userId": f"p{number}@hwbcymru.net"}
        courses.students().create(courseId=course["id"], body=body).execute()

    first = courses.students().list(courseId=ALIAS, pageSize=2)
    second = courses.students().list_next(first, first.execute())
    assert [row["profile"]["emailAddress"] for row in second.execute()["students"]] == [
        "p2@hwbcymru.net"
    ]

    closed = courses.patch(
        id=ALIAS, updateMask="courseState", body={"courseState": "ARCHIVED"}
    ).execute()
    assert closed["courseState"] == "ARCHIVED"
    assert refused(courses.students().delete(courseId=ALIAS, userId="p0@hwbcymru.net")) == 400
    opened = courses.patch(
        id=ALIAS, updateMask="courseState", body={"courseState": "ACTIVE"}
    ).execute()
    assert opened["courseState"] == "ACTIVE"
    courses.aliases().delete(courseId=course["id"], alias=ALIAS).execute()
    assert refused(courses.get(id=ALIAS)) == 404
    assert courses.get(id=course["id"]).execute()["name"] == "9B"
    assert next(emulators.domain.all()).students == {f"p{n}@hwbcymru.net" for n in range(3)}


def test_googles_own_client_reads_why_it_is_refused(courses: Any, emulators: Emulators) -> None:
    course = made(courses)
    emulators.people.put(OWNER, PersonState.INACTIVE)
    patch = courses.patch(
        id=course["id"], updateMask="courseState", body={"courseState": "ARCHIVED"}
    )
    with pytest.raises(errors.HttpError, match="InactiveCourseOwner"):
        patch.execute()


async def test_googles_own_client_is_told_429_when_it_does_not_count(courses: Any) -> None:
    def ask() -> list[int]:
        return [refused(courses.get(id="none")) for _ in range(1201)]

    answers = await asyncio.to_thread(ask)

    assert answers == [404] * 1200 + [429]
