"""Decisions are passed on in the caller's name, and whatever becomes of the owner is defined."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from hwb_notifier.adapters.owners import OwnersOverHttp
from hwb_notifier.application import decide_case
from hwb_notifier.bootstrap import SERVICE, api_beside, record_cases
from hwb_notifier.entrypoints.worker import cases_subscription
from hwb_runtime.platform import Platform
from hwb_runtime.testing import drive
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

SCHOOL = "6781234"
RUN = "0b9f6f0e-5a55-4a4c-8f0e-2f6d3b1e7c11"
HELD = f"mis-ingest/run_held/{SCHOOL}"
ROWS = f"mis-ingest/rejected_rows/{SCHOOL}"
DIGEST = "ab" * 32
DISCARD = {"decision": "discard", "reason": "The school sent half an export"}


@pytest.fixture(autouse=True)
async def _cases(platform: Platform) -> None:
    events = [
        (
            key,
            CaseChanged(
                change=CaseChange.RAISED,
                case_key=key,
                kind=kind,
                school=SCHOOL,
                facts={"held": "15", "run_id": RUN},
                raised_by="mis-ingest",
                changed_at=platform.clock.now(),
            ),
        )
        for key, kind in ((HELD, CaseKind.RUN_HELD), (ROWS, CaseKind.REJECTED_ROWS))
    ]
    await drive(platform, cases_subscription(record_cases(platform)), events)


Answer = httpx.Response | httpx.HTTPError


class MisIngest(httpx.AsyncBaseTransport):
    """An owner that answers as it is told, and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer


def done() -> httpx.Response:
    return httpx.Response(200, json={"run_id": RUN})


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {
        "type": f"urn:hwb:problem:{code}",
        "title": "Not so",
        "status": status,
        "detail": "Look again.",
        "code": code,
        "more": ["of it"],
    }
    headers["Content-Type"] = "application/problem+json"
    return httpx.Response(status, json=body, headers=headers)


@asynccontextmanager
async def desk(platform: Platform, owners: OwnersOverHttp) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=api_beside(platform, owners), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
        yield client


def beside(owner: MisIngest) -> OwnersOverHttp:
    return OwnersOverHttp({"mis-ingest": "http://owner"}, 20.0, http={"mis-ingest": owner})


async def decide(
    api: httpx.AsyncClient,
    body: dict[str, Any] | None = None,
    *,
    case: str = HELD,
    key: str = "a decision of mine",
) -> httpx.Response:
    headers = {
        "Authorization": "Bearer desk",
        "Idempotency-Key": key,
        "If-Match": f'"{DIGEST}"',
    }
    return await api.post(f"/v1/cases/{case}/decide", json=body or DISCARD, headers=headers)


async def steps(api: httpx.AsyncClient, case: str = HELD) -> list[tuple[str, str, str, str]]:
    answer = await api.get(f"/v1/cases/{case}", headers={"Authorization": "Bearer desk"})
    found = answer.json()["steps"]
    return [(one["what"], one["value"], one["reason"], one["subject"]) for one in found]


NOTED = [("decided", "discard", DISCARD["reason"], "desk")]


async def test_the_owner_is_asked_with_the_callers_token_and_key(platform: Platform) -> None:
    owner = MisIngest(done())
    async with desk(platform, beside(owner)) as api:
        answer = await decide(api)
        assert (answer.status_code, answer.json()["answer"]) == (200, {"run_id": RUN})
        assert await steps(api) == NOTED

    (asked,) = owner.asked
    assert asked.url.path == f"/v1/schools/{SCHOOL}/runs/{RUN}/discard"
    assert asked.headers["Authorization"] == "Bearer desk"
    assert asked.headers["Idempotency-Key"] == "a decision of mine"
    assert asked.content == b'{"digest":"%b"}' % DIGEST.encode()


async def test_a_decision_that_is_sent_twice_is_passed_on_once(platform: Platform) -> None:
    owner = MisIngest(done())
    async with desk(platform, beside(owner)) as api:
        first, second = [await decide(api) for _ in range(2)]
        other = await decide(api, {**DISCARD, "decision": "approve"})
        assert first.json() == second.json()
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_used")
        assert (len(owner.asked), await steps(api)) == (1, NOTED)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 429, 503])
async def test_the_owners_problem_is_passed_back_as_it_is(platform: Platform, status: int) -> None:
    refusal = problem(status, "other_list", **{"Retry-After": "7"})
    said = refusal.json()
    async with desk(platform, beside(MisIngest(refusal, done()))) as api:
        answer = await decide(api)
        assert (answer.status_code, answer.json()) == (status, said)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "7"
        assert await steps(api) == []
        assert (await decide(api)).status_code == 200, "a refusal takes no key"


NO_ANSWERS: Sequence[tuple[Callable[[], Answer], str]] = [
    (lambda: httpx.ConnectError("nobody listens"), "owner_away"),
    (lambda: httpx.ReadTimeout("slow"), "owner_silent"),
    (lambda: httpx.RemoteProtocolError("cut"), "owner_silent"),
    (lambda: problem(500, "internal_fault"), "owner_silent"),
    (lambda: httpx.Response(502, text="<h1>Bad gateway</h1>"), "owner_silent"),
    (lambda: httpx.Response(409, json={"code": "not of ours"}), "owner_silent"),
    (lambda: httpx.Response(200, text="fine"), "owner_silent"),
]


@pytest.mark.parametrize(("failure", "code"), NO_ANSWERS)
async def test_without_a_good_answer_nothing_is_noted_and_the_same_request_goes_again(
    platform: Platform, failure: Callable[[], Answer], code: str
) -> None:
    owner = MisIngest(failure(), done())
    async with desk(platform, beside(owner)) as api:
        lost = await decide(api)
        assert (lost.status_code, lost.json()["code"]) == (503, code)
        assert lost.headers["Retry-After"] == "5"
        assert await steps(api) == []
        assert (await decide(api)).status_code == 200
        assert await steps(api) == NOTED
    first, second = owner.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


async def test_an_owner_that_is_slow_is_waited_for_no_longer_than_the_setting_says(
    platform: Platform,
) -> None:
    over = asyncio.Event()

    async def never_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with desk(
        platform, OwnersOverHttp({"mis-ingest": f"http://127.0.0.1:{port}"}, 0.2)
    ) as api:
        async with asyncio.timeout(10):
            lost = await decide(api)
    over.set()
    server.close()
    assert (lost.status_code, lost.json()["code"]) == (503, "owner_silent")


async def test_an_owner_that_is_down_was_not_asked(platform: Platform) -> None:
    async with desk(platform, OwnersOverHttp({"mis-ingest": "http://127.0.0.1:1"}, 5.0)) as api:
        lost = await decide(api)
    assert (lost.status_code, lost.json()["code"]) == (503, "owner_away")
    assert "Nothing was decided" in lost.json()["detail"]


async def test_without_its_address_an_owner_is_away(platform: Platform) -> None:
    transport = httpx.ASGITransport(app=SERVICE.api(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as api:
        lost = await decide(api)
    assert (lost.status_code, lost.json()["code"]) == (503, "owner_away")
    assert "its address is not in the settings" in lost.json()["detail"]


async def test_a_crash_after_the_owners_answer_is_made_good_by_the_same_request(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_goes(_: str, *, in_hand: int) -> None:
        assert in_hand == 1
        message = "the power went"
        raise RuntimeError(message)

    owner = MisIngest(done(), done())
    async with desk(platform, beside(owner)) as api:
        with monkeypatch.context() as patch:
            patch.setattr(decide_case, "crash_point", power_goes)
            assert (await decide(api)).status_code == 500
        assert await steps(api) == []
        assert (await decide(api)).status_code == 200
        assert await steps(api) == NOTED


@pytest.mark.parametrize(
    ("case", "decision", "status", "code"),
    [
        (HELD, "refuse", 409, "not_decided_so"),
        (ROWS, "approve", 409, "not_decided_so"),
        ("mis-ingest/none", "approve", 404, "case_unknown"),
    ],
)
async def test_what_cannot_be_decided_is_not_passed_on(
    platform: Platform, case: str, decision: str, status: int, code: str
) -> None:
    owner = MisIngest()
    async with desk(platform, beside(owner)) as api:
        refused = await decide(api, {**DISCARD, "decision": decision}, case=case)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert owner.asked == []
