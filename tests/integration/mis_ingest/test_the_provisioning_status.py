"""Who has run, when, with what result, and whether the end-of-year work looks done."""

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.support.school_export import SCHOOL, Export, small_school

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

RUN_WEEK = datetime(2022, 8, 16, 8, 0, tzinfo=UTC)


def school_of(*, year_of: dict[int, str], leaving: frozenset[int] = frozenset()) -> Export:
    export = Export()
    export.school_class("7A")
    for serial, year in year_of.items():
        dates = {"metadata_leavingDate": "2022-08-31"} if serial in leaving else {}
        export.learner(serial, classes=["7A"], grades=year, **dates)
    export.teacher("MLL")
    return export


async def status(ingest: "Ingest", query: str = "") -> dict[str, Any]:
    found = await ingest.get(f"/v1/provisioning-status?school={SCHOOL}{query}")
    one: dict[str, Any] = found["items"][0]
    return one


async def test_a_school_that_never_ran_says_so(ingest: "Ingest") -> None:
    one = await status(ingest)
    assert (one["result"], one["age_hours"], one["in_run_week"]) == ("never_run", None, None)
    assert (one["last_run"], one["end_of_year_work"]) == (None, None)
    assert one["client_managed_by"] == "local_authority"


async def test_last_run_has_age_and_whether_it_fell_in_the_run_week(ingest: "Ingest") -> None:
    run = await ingest.run(small_school().zip())
    assert (await status(ingest))["result"] == "in_progress"
    await ingest.settle(run)
    assert (await status(ingest))["in_run_week"] is False

    ingest.clock.set(RUN_WEEK)
    await ingest.settle(await ingest.run(small_school().zip()))
    ingest.clock.set(RUN_WEEK.replace(day=17))
    one = await status(ingest)
    assert (one["result"], one["age_hours"], one["in_run_week"]) == ("done", 24.0, True)


async def test_end_of_year_work_looks_done_when_everyone_moved_up_or_has_a_leaving_date(
    ingest: "Ingest",
) -> None:
    before = {1: "7", 2: "7", 3: "8", 4: "8"}
    await ingest.run(school_of(year_of=before).zip())
    ingest.clock.set(RUN_WEEK)
    await ingest.run(school_of(year_of=before, leaving=frozenset({3})).zip())
    assert (await status(ingest))["end_of_year_work"] == {
        "looks_done": False,
        "learners_below_top": 2,
        "learners_moved_up": 0,
        "top_year_without_leaving_date": 1,
    }

    after = {1: "8", 2: "8", 3: "8", 4: "8"}
    run = await ingest.run(school_of(year_of=after, leaving=frozenset({3, 4})).zip())
    work = (await status(ingest))["end_of_year_work"]
    assert (work["looks_done"], work["learners_moved_up"]) == (True, 2)

    answer = await ingest.http.post(
        f"/v1/schools/{SCHOOL}/runs/{run['run_id']}/rollback",
        headers={"Authorization": "Bearer champion", "Idempotency-Key": "roll it back"},
    )
    assert answer.status_code == 200, answer.text
    one = await status(ingest)
    assert one["end_of_year_work"]["looks_done"] is False
    assert one["result"] == "rolled_back"


async def test_filters_keep_the_schools_for_which_they_hold(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())

    async def numbers(query: str) -> list[str]:
        found = await ingest.get(f"/v1/provisioning-status?{query}")
        return [one["school"] for one in found["items"]]

    assert await numbers("result=in_progress") == [SCHOOL]
    assert SCHOOL not in await numbers("result=never_run")
    assert await numbers("in_run_week=true") == []
    assert await numbers("client_managed_by=third_party") == []
    assert len(await numbers("client_managed_by=local_authority&authority=660")) == 2


async def test_the_status_comes_as_csv_too(ingest: "Ingest") -> None:
    answer = await ingest.http.get(
        "/v1/provisioning-status?authority=660&format=csv",
        headers={"Authorization": "Bearer authority"},
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["school"] for row in rows] == ["6604027", "6604028"]
    assert {row["result"] for row in rows} == {"never_run"}
