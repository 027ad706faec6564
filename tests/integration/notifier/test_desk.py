"""What the Service Desk does about a case: a person and a reason each time, and each time once."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import httpx
import pytest

from hwb_notifier.adapters.postgres import PostgresCaseRows
from hwb_notifier.bootstrap import SERVICE, record_cases
from hwb_notifier.domain.case import assigned
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

SCHOOL = "6781234"
KEY = f"owner/rejected_rows/{SCHOOL}"
HELD = f"owner/run_held/{SCHOOL}"
WHY = "The school rang"
_keys = count()


async def tell(platform: Platform, change: CaseChange, key: str = KEY) -> None:
    kind = CaseKind.RUN_HELD if key == HELD else CaseKind.REJECTED_ROWS
    event = CaseChanged(
        change=change,
        case_key=key,
        kind=kind,
        school=SCHOOL,
        facts={"rejected": "3"},
        raised_by="owner",
        changed_at=platform.clock.now(),
    )
    await drive(platform, cases_subscription(record_cases(platform)), [(key, event)])


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    await tell(platform, CaseChange.RAISED)
    await tell(platform, CaseChange.RAISED, HELD)
    transport = httpx.ASGITransport(app=SERVICE.api(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


async def step(
    api: httpx.AsyncClient,
    what: str,
    body: dict[str, Any],
    *,
    seen: str | None = None,
    case: str = KEY,
    key: str | None = None,
    token: str = "desk",
) -> httpx.Response:
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": key or f"a step of the tests {next(_keys)}",
    }
    headers |= {"If-Match": seen} if seen else {}
    return await api.post(f"/v1/cases/{case}/{what}", json=body, headers=headers)


async def shown(api: httpx.AsyncClient, token: str = "desk", case: str = KEY) -> Any:
    answer = await api.get(f"/v1/cases/{case}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == answer.json()["etag"]
    return answer.json()


async def test_each_step_is_kept_with_the_person_the_reason_and_the_time(
    api: httpx.AsyncClient, platform: Platform
) -> None:
    await step(api, "comment", {"text": WHY})
    given = await step(api, "assign", {"to": "mair", "reason": "Knows the school"}, seen='"1"')
    closed = await step(
        api, "resolve", {"reason": "Mended"}, seen=given.json()["etag"], token="operator"
    )

    assert (given.status_code, closed.status_code) == (200, 200)
    assert closed.json() == {
        "case_key": KEY,
        "state": "resolved",
        "assigned_to": "mair",
        "etag": '"3"',
    }
    case = await shown(api)
    assert (case["state"], case["assigned_to"]) == ("resolved", "mair")
    assert [
        (one["what"], one["value"], one["reason"], one["role"], one["subject"])
        for one in case["steps"]
    ] == [
        ("commented", None, WHY, "service_desk", "desk"),
        ("assigned", "mair", "Knows the school", "service_desk", "desk"),
        ("resolved", None, "Mended", "operator", "operator"),
    ]
    assert {one["at"] for one in case["steps"]} == {
        platform.clock.now().isoformat().replace("+00:00", "Z")
    }


async def test_a_step_that_is_sent_twice_is_taken_once(api: httpx.AsyncClient) -> None:
    answers = [
        await step(api, "assign", {"to": "mair", "reason": WHY}, seen='"1"', key="twice-the-same")
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    assert len((await shown(api))["steps"]) == 1
    other = await step(api, "comment", {"text": WHY}, key="twice-the-same")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_used")


async def test_of_two_who_take_a_case_at_once_one_gets_it(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(step(api, "assign", {"to": one, "reason": WHY}, seen='"1"') for one in ("mair", "siân"))
    )

    assert sorted(one.status_code for one in answers) == [200, 412]
    (lost,) = [one.json() for one in answers if one.status_code == 412]
    assert (lost["code"], lost["etag"]) == ("case_changed", '"2"')
    assert len((await shown(api))["steps"]) == 1


async def test_a_step_waits_for_whoever_has_the_case_in_hand(
    api: httpx.AsyncClient, platform: Platform
) -> None:
    rows = PostgresCaseRows()
    async with platform.units_of_work.begin() as uow:
        case = (await rows.known(uow.session, [KEY]))[KEY]
        taking = asyncio.create_task(step(api, "assign", {"to": "siân", "reason": WHY}, seen='"1"'))
        await waits_for_a_lock(platform)
        await rows.save(uow.session, [assigned(case, "mair")])
    refused = await taking

    assert (refused.status_code, refused.json()["code"]) == (412, "case_changed")
    assert (await shown(api))["assigned_to"] == "mair"


async def waits_for_a_lock(platform: Platform) -> None:
    """Until somebody in this database waits for a row."""
    waiting = """SELECT FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    async with asyncio.timeout(30):
        while True:
            async with platform.database.transaction() as session:
                if await session.fetch_one(waiting) is not None:
                    return
            await asyncio.sleep(0.01)


async def test_what_the_owner_said_meanwhile_is_not_overwritten(
    api: httpx.AsyncClient, platform: Platform
) -> None:
    await tell(platform, CaseChange.RESOLVED)
    stale = await step(api, "assign", {"to": "mair", "reason": WHY}, seen='"1"')
    closed = await step(api, "assign", {"to": "mair", "reason": WHY}, seen='"2"')

    assert (stale.status_code, stale.json()["code"]) == (412, "case_changed")
    assert (closed.status_code, closed.json()["code"]) == (409, "case_not_open")
    assert (await step(api, "comment", {"text": WHY})).status_code == 200


async def test_a_case_resolved_by_hand_opens_again_and_keeps_its_person(
    api: httpx.AsyncClient, platform: Platform
) -> None:
    await step(api, "assign", {"to": "mair", "reason": WHY}, seen='"1"')
    await step(api, "resolve", {"reason": WHY}, seen='"2"')
    await tell(platform, CaseChange.RESOLVED)
    assert (await shown(api))["etag"] == '"3"', "it was closed already"
    await tell(platform, CaseChange.RAISED)

    case = await shown(api)
    assert (case["state"], case["opening"], case["assigned_to"]) == ("open", 2, "mair")
    assert {one["opening"] for one in case["steps"]} == {1}


async def test_a_case_that_ends_with_a_decision_is_not_resolved_by_hand(
    api: httpx.AsyncClient,
) -> None:
    refused = await step(api, "resolve", {"reason": WHY}, seen='"1"', case=HELD)

    assert (refused.status_code, refused.json()["code"]) == (409, "case_to_be_decided")
    assert "approve or discard" in refused.json()["detail"]
    assert (await shown(api, case=HELD))["state"] == "open"


async def test_a_school_reads_its_case_but_not_what_the_desk_notes(
    api: httpx.AsyncClient,
) -> None:
    await step(api, "assign", {"to": "mair", "reason": WHY}, seen='"1"')

    for token in ("champion", "authority"):
        case = await shown(api, token)
        assert (case["assigned_to"], case["steps"]) == (None, [])
    assert (await shown(api, "operator"))["assigned_to"] == "mair"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("comment", {"text": " "}),
        ("assign", {"to": "mair"}),
        ("assign", {"to": "", "reason": WHY}),
        ("resolve", {"reason": "no"}),
    ],
)
async def test_a_step_without_a_reason_or_a_person_is_refused(
    api: httpx.AsyncClient, what: str, body: dict[str, Any]
) -> None:
    refused = await step(api, what, body, seen='"1"')

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await shown(api))["steps"] == []


async def test_a_case_that_is_not_there_is_unknown(api: httpx.AsyncClient) -> None:
    refused = await step(api, "comment", {"text": WHY}, case="owner/none")

    assert (refused.status_code, refused.json()["code"]) == (404, "case_unknown")
