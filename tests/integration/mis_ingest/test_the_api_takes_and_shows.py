"""Who may send and see what, what is refused at once, and that nothing is taken twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from tests.support.school_export import SCHOOL, small_school

from hwb_mis_ingest.bootstrap import SERVICE
from hwb_runtime.testing import outbox_of

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest


def problem_of(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["detail"]
    return problem


async def nothing_is_stored(ingest: "Ingest") -> None:
    async with ingest.platform.database.transaction() as session:
        assert await session.fetch("SELECT 1 FROM run") == []
        assert await session.fetch("SELECT 1 FROM upload_chunk") == []
    assert await outbox_of(ingest.platform.database) == []


async def test_an_upload_is_answered_with_where_its_run_is(ingest: "Ingest") -> None:
    answer = await ingest.upload(small_school().zip(), token="manager")

    assert answer.status_code == 202
    body = answer.json()
    assert body["status"] == "received"
    run = await ingest.get(body["links"]["run"], token="manager")
    assert (run["run_id"], run["run_seq"], run["status"]) == (body["run_id"], 1, "received")
    (event,) = await outbox_of(ingest.platform.database)
    assert event.type == "wales.hwb.mis-ingest.run.received.v1"


async def test_the_same_key_and_upload_get_the_same_run(ingest: "Ingest") -> None:
    first = await ingest.upload(small_school().zip(), key="one-and-the-same")
    again = await ingest.upload(small_school().zip(), key="one-and-the-same")

    assert again.json() == first.json()
    assert len((await ingest.get(f"/v1/schools/{SCHOOL}/runs"))["items"]) == 1


async def test_the_same_key_for_another_upload_is_refused(ingest: "Ingest") -> None:
    await ingest.upload(small_school().zip(), key="one-and-the-same")
    answer = await ingest.upload(small_school().jsonl(), key="one-and-the-same")
    assert problem_of(answer, 422)["code"] == "idempotency_key_used"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello", "not_a_known_format"),
        (small_school().zip()[:-40], "truncated"),
        (small_school().jsonl()[:-40], "truncated"),
        (small_school(school="6604028").zip(), "wrong_school"),
    ],
)
async def test_a_broken_or_foreign_upload_is_refused_and_changes_nothing(
    ingest: "Ingest", data: bytes, code: str
) -> None:
    assert problem_of(await ingest.upload(data), 400)["code"] == code
    await nothing_is_stored(ingest)


async def test_an_upload_that_is_too_large_is_refused(ingest: "Ingest") -> None:
    assert problem_of(await ingest.upload(b"PK\x03\x04" + b"0" * 1_000_000), 413)
    await nothing_is_stored(ingest)


async def test_an_upload_that_does_not_arrive_in_time_is_refused(ingest: "Ingest") -> None:
    async def never_ending() -> AsyncIterator[bytes]:
        yield b"PK"
        await asyncio.Event().wait()

    ingest.platform.settings.max_receive_seconds = 0.05
    headers = {"Idempotency-Key": "slow-as-a-snail", "Authorization": "Bearer service"}
    address = f"/v1/schools/{SCHOOL}/uploads"
    answer = await ingest.http.post(address, content=never_ending(), headers=headers)
    assert problem_of(answer, 408)["code"] == "upload_too_slow"
    await nothing_is_stored(ingest)


async def test_a_report_is_a_sheet_for_who_asks_for_one(ingest: "Ingest") -> None:
    export = small_school()
    export.learner(4, identifier="")
    run = await ingest.run(export.zip())
    headers = {"Authorization": "Bearer manager"}
    address = f"/v1/schools/{SCHOOL}/runs/{run['run_id']}/report"
    sheet = await ingest.http.get(f"{address}?format=csv", headers=headers)
    rows = (await ingest.get(address))["rows"]

    assert sheet.headers["content-type"].startswith("text/csv")
    assert "users.csv,7,identifier,blank,upn_missing," in sheet.text
    assert [(row["line"], row["value_class"]) for row in rows] == [(7, "blank")]
    assert (await ingest.http.get(f"{address}?format=pdf", headers=headers)).status_code == 422


async def test_an_extract_older_than_the_last_is_refused(ingest: "Ingest") -> None:
    newer, older = "2022-08-16T06:00:00+01:00", "2022-08-16T04:59:59Z"
    assert (await ingest.upload(small_school().zip(), extracted_at=newer)).status_code == 202
    answer = await ingest.upload(small_school().jsonl(), extracted_at=older)
    assert problem_of(answer, 409)["code"] == "extract_outdated"

    runs = await ingest.get(f"/v1/schools/{SCHOOL}/runs")
    assert len(runs["items"]) == 1
    assert (await ingest.upload(small_school().jsonl(), extracted_at=newer)).status_code == 202
    assert (await ingest.upload(small_school().jsonl())).status_code == 202


@pytest.mark.parametrize("instant", ["yesterday", "2022-08-16T06:00:00"])
async def test_an_extract_time_without_a_zone_is_refused(ingest: "Ingest", instant: str) -> None:
    answer = await ingest.upload(small_school().zip(), extracted_at=instant)
    assert problem_of(answer, 422)


@pytest.mark.parametrize(
    ("token", "school", "status"),
    [
        ("manager", "6604028", 403),
        ("teacher", "6604027", 403),
        ("champion", "6604027", 403),
        ("desk", "6604027", 403),
        ("authority", "6614001", 403),
        ("authority", "6604028", 202),
        ("service", "6614001", 202),
        ("nobody", "6604027", 401),
        ("service", "6609999", 404),
        ("service", "12", 422),
    ],
)
async def test_only_who_may_sends_for_a_school(
    ingest: "Ingest", token: str, school: str, status: int
) -> None:
    data = small_school(school=school).zip()
    answer = await ingest.upload(data, school=school, token=token)
    assert answer.status_code == status
    if status != 202:
        problem_of(answer, status)
        await nothing_is_stored(ingest)


@pytest.mark.parametrize(
    ("token", "status"),
    [("manager", 200), ("champion", 200), ("authority", 200), ("desk", 200), ("teacher", 403)],
)
async def test_who_may_see_a_schools_runs(ingest: "Ingest", token: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = await ingest.http.get(f"/v1/schools/{SCHOOL}/runs", headers=headers)
    assert answer.status_code == status
    if token != "desk":
        other = await ingest.http.get("/v1/schools/6614001/runs", headers=headers)
        assert other.status_code == 403


async def test_runs_are_listed_newest_first_by_pages(ingest: "Ingest") -> None:
    for _ in range(3):
        await ingest.upload(small_school().zip())
    page = await ingest.get(f"/v1/schools/{SCHOOL}/runs?limit=2")
    assert [run["run_seq"] for run in page["items"]] == [3, 2]
    rest = await ingest.get(f"/v1/schools/{SCHOOL}/runs?limit=2&before={page['next']}")
    assert ([run["run_seq"] for run in rest["items"]], rest["next"]) == ([1], None)


async def test_a_run_of_another_school_is_not_there(ingest: "Ingest") -> None:
    receipt = (await ingest.upload(small_school().zip())).json()
    headers = {"Authorization": "Bearer service"}
    for address in (
        f"/v1/schools/6604028/runs/{receipt['run_id']}",
        f"/v1/schools/6604028/runs/{receipt['run_id']}/report",
        f"/v1/schools/{SCHOOL}/runs/{uuid4()}",
    ):
        answer = await ingest.http.get(address, headers=headers)
        assert problem_of(answer, 404)["code"] == "run_unknown"


async def test_the_provisioning_status_shows_the_schools_one_may_see(ingest: "Ingest") -> None:
    def schools(status: dict[str, list[dict[str, str]]]) -> list[str]:
        return [one["school"] for one in status["items"]]

    assert schools(await ingest.get("/v1/provisioning-status", token="champion")) == ["6604027"]
    assert schools(await ingest.get("/v1/provisioning-status", token="authority")) == [
        "6604027",
        "6604028",
    ]
    national = await ingest.get("/v1/provisioning-status?authority=661", token="desk")
    assert schools(national) == ["6614001"]
    assert national["items"][0]["last_run"] is None
    headers = {"Authorization": "Bearer champion"}
    other = await ingest.http.get("/v1/provisioning-status?school=6614001", headers=headers)
    assert problem_of(other, 403)


async def test_reconcile_finds_what_was_set_aside_and_takes_it_up_again(ingest: "Ingest") -> None:
    receipt = (await ingest.upload(small_school().zip())).json()
    assert await SERVICE.reconcile(ingest.platform, False) == []
    async with ingest.platform.database.transaction() as session:
        await session.execute(
            """UPDATE run SET status = 'refused', refusal = 'internal_fault',
                   refusal_says = 'ours', touched_at = now() - interval '1 day'"""
        )
    (finding,) = await SERVICE.reconcile(ingest.platform, False)
    assert receipt["run_id"] in finding
    await SERVICE.reconcile(ingest.platform, True)
    await ingest.work()
    assert (await ingest.get(receipt["links"]["run"]))["status"] == "published"
    async with ingest.platform.database.transaction() as session:
        await session.execute("UPDATE run SET touched_at = now() - interval '1 day'")
    (finding,) = await SERVICE.reconcile(ingest.platform, False)
    assert "not settled" in finding


async def test_a_run_that_fails_again_and_again_is_set_aside_and_the_others_go_on(
    ingest: "Ingest",
) -> None:
    receipt = (await ingest.upload(small_school().zip())).json()
    async with ingest.platform.database.transaction() as session:
        await session.execute("DROP TABLE open_case")
    for _ in range(3):
        with pytest.raises(Exception, match="open_case"):
            await ingest.parts.jobs[0].run_once()
    run = await ingest.get(receipt["links"]["run"])
    assert (run["status"], run["refusal"]["code"]) == ("refused", "internal_fault")
    assert await ingest.parts.jobs[0].run_once() is False


async def test_a_run_set_aside_and_overtaken_by_a_later_one_is_not_taken_up_again(
    ingest: "Ingest",
) -> None:
    receipt = (await ingest.upload(small_school().zip())).json()
    async with ingest.platform.database.transaction() as session:
        await session.execute("UPDATE run SET status = 'refused', refusal = 'internal_fault'")
    await ingest.run(small_school().zip())
    (finding,) = await SERVICE.reconcile(ingest.platform, True)
    assert "nothing is lost" in finding
    run = await ingest.get(receipt["links"]["run"])
    assert (run["status"], run["refusal"]["code"]) == ("refused", "overtaken")
    assert await SERVICE.reconcile(ingest.platform, False) == []
