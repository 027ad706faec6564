"""The cases' API: who gets which answer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hwb_notifier.bootstrap import SERVICE, record_cases
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

SCHOOL, NEIGHBOUR, ELSEWHERE = "6781234", "6785678", "6601111"


def raised(
    platform: Platform, kind: CaseKind, school: str | None, *, minutes: int = 0
) -> tuple[str, CaseChanged]:
    key = f"owner/{kind}/{school}"
    event = CaseChanged(
        change=CaseChange.RAISED,
        case_key=key,
        kind=kind,
        school=school,
        facts={"previous_school": NEIGHBOUR},
        raised_by="owner",
        changed_at=platform.clock.now() + timedelta(minutes=minutes),
    )
    return key, event


@pytest.fixture
async def api(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    await drive(
        platform,
        cases_subscription(record_cases(platform)),
        [
            raised(platform, CaseKind.REJECTED_ROWS, SCHOOL, minutes=1),
            raised(platform, CaseKind.CONTESTED_CLAIM, SCHOOL, minutes=2),
            raised(platform, CaseKind.PENDING_TOO_LONG, NEIGHBOUR, minutes=3),
            raised(platform, CaseKind.REJECTED_ROWS, ELSEWHERE, minutes=4),
            raised(platform, CaseKind.EVENTS_PARKED, None, minutes=5),
        ],
    )
    transport = httpx.ASGITransport(app=SERVICE.api(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def keys(api: httpx.AsyncClient, token: str, **query: Any) -> list[str]:
    answer = await api.get("/v1/cases", headers=bearer(token), params=query)
    assert answer.status_code == 200, answer.text
    return [item["case_key"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        (
            "desk",
            [
                "owner/events_parked/None",
                f"owner/rejected_rows/{ELSEWHERE}",
                f"owner/pending_too_long/{NEIGHBOUR}",
                f"owner/contested_claim/{SCHOOL}",
                f"owner/rejected_rows/{SCHOOL}",
            ],
        ),
        (
            "authority",
            [
                f"owner/pending_too_long/{NEIGHBOUR}",
                f"owner/contested_claim/{SCHOOL}",
                f"owner/rejected_rows/{SCHOOL}",
            ],
        ),
        ("champion", [f"owner/rejected_rows/{SCHOOL}"]),
        ("stranger", [f"owner/rejected_rows/{ELSEWHERE}"]),
    ],
)
async def test_everybody_sees_the_cases_that_are_theirs_newest_first(
    api: httpx.AsyncClient, token: str, seen: list[str]
) -> None:
    assert await keys(api, token) == seen


async def test_cases_are_found_by_state_school_and_kind(api: httpx.AsyncClient) -> None:
    assert await keys(api, "desk", state="resolved") == []
    assert await keys(api, "desk", school=SCHOOL, kind="rejected_rows", state="open") == [
        f"owner/rejected_rows/{SCHOOL}"
    ]


async def test_pages_follow_each_other_without_gap_or_repeat(api: httpx.AsyncClient) -> None:
    found: list[str] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/cases", headers=bearer("desk"), params=query)).json()
        found += [item["case_key"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert found == await keys(api, "desk")


async def test_a_case_is_shown_with_its_mail(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/cases/owner/rejected_rows/{SCHOOL}", headers=bearer("desk"))

    assert answer.status_code == 200
    case = answer.json()
    assert (case["state"], case["opening"], case["mail"]["state"]) == ("open", 1, "due")
    assert case["facts"] == {"previous_school": NEIGHBOUR}


async def test_a_school_reads_no_other_schools_number_in_its_case(api: httpx.AsyncClient) -> None:
    answer = await api.get(f"/v1/cases/owner/rejected_rows/{SCHOOL}", headers=bearer("champion"))

    assert answer.json()["facts"] == {}


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("/v1/cases", None, 401, "not_signed_in"),
        ("/v1/cases", "nobody", 401, "token_not_valid"),
        ("/v1/cases", "teacher", 403, "role_not_allowed"),
        (f"/v1/cases?school={ELSEWHERE}", "champion", 403, "school_not_yours"),
        (f"/v1/cases?school={ELSEWHERE}", "authority", 403, "school_not_yours"),
        ("/v1/cases?cursor=xyz", "desk", 422, "cursor_invalid"),
        ("/v1/cases?school=12", "desk", 422, "invalid_request"),
        ("/v1/cases/none", "desk", 404, "case_unknown"),
        (f"/v1/cases/owner/rejected_rows/{SCHOOL}", "stranger", 404, "case_unknown"),
        (f"/v1/cases/owner/contested_claim/{SCHOOL}", "champion", 404, "case_unknown"),
    ],
)
async def test_what_is_refused_is_refused_as_a_problem(
    api: httpx.AsyncClient, path: str, token: str | None, status: int, code: str
) -> None:
    answer = await api.get(path, headers=bearer(token) if token else {})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
