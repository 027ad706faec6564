"""The Provisioning Client against the API it was made for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.school_export import SCHOOL, small_school

from hwb_provisioning_client.errors import NotAllowedError, RefusedError
from hwb_provisioning_client.push import Patience, push_upload, wait_until_settled
from hwb_provisioning_client.template import write_template
from hwb_provisioning_client.upload import Upload, read_upload

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

MORNING = datetime(2022, 8, 16, 6, 0, tzinfo=UTC)


async def test_a_push_is_taken_and_its_rejected_rows_come_back(ingest: "Ingest") -> None:
    ingest.http.headers["Authorization"] = "Bearer manager"
    export = small_school()
    export.learner(4, identifier="")
    sent: list[int] = []
    upload = Upload(export.zip(), MORNING)
    pushed = await push_upload(ingest.http, upload, school=SCHOOL, on_sent=sent.append)
    assert (pushed.status, sent[0], sent[-1]) == ("received", 0, len(upload.data))
    again = await push_upload(ingest.http, upload, school=SCHOOL)
    assert again == pushed, "a push that is repeated is not taken twice"

    await ingest.work()
    await ingest.settle(await ingest.get(f"/v1/schools/{SCHOOL}/runs/{pushed.run_id}"), pending=1)
    statuses: list[str] = []
    result = await wait_until_settled(ingest.http, pushed, on_status=statuses.append)
    assert statuses == ["settled"]
    assert (result.counts["changes"], result.settled) == (
        5,
        {"applied": 5, "pending": 1, "parked": 0},
    )
    (row,) = result.rejected
    assert (row.file, row.line, row.field, row.reason) == (
        "users.csv",
        7,
        "identifier",
        "upn_missing",
    )


async def test_a_refused_file_is_told_with_what_to_do(ingest: "Ingest") -> None:
    ingest.http.headers["Authorization"] = "Bearer manager"
    with pytest.raises(RefusedError, match="Export the data again") as refused:
        await push_upload(ingest.http, Upload(small_school().zip()[:500]), school=SCHOOL)
    assert (refused.value.code, refused.value.exit_code) == ("truncated", 3)


async def test_an_upload_refused_when_it_is_read_ends_the_waiting(ingest: "Ingest") -> None:
    ingest.http.headers["Authorization"] = "Bearer manager"
    export = small_school()
    for row in export.rows["users"]:
        row["role"] = "parent"
    pushed = await push_upload(ingest.http, Upload(export.zip()), school=SCHOOL)
    await ingest.work()
    with pytest.raises(RefusedError) as refused:
        await wait_until_settled(ingest.http, pushed, patience=Patience(settle_seconds=5))
    assert refused.value.code == "nobody_there"


async def test_a_token_of_another_school_is_not_allowed(ingest: "Ingest") -> None:
    ingest.http.headers["Authorization"] = "Bearer manager"
    with pytest.raises(NotAllowedError):
        await push_upload(ingest.http, Upload(small_school().zip()), school="6604028")


@pytest.mark.parametrize("form", ["folder", "example.jsonl"])
async def test_the_template_is_taken_whole(ingest: "Ingest", tmp_path: Path, form: str) -> None:
    for file in write_template(tmp_path):
        text = file.read_text()
        file.write_text(text.replace("6602027", SCHOOL))
    upload = read_upload(tmp_path if form == "folder" else tmp_path / form)
    run = await ingest.run(upload.data)

    assert (run["counts"]["rejected"], run["counts"]["learners"], run["counts"]["staff"]) == (
        0,
        2,
        1,
    )
