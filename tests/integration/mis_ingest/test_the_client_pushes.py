"""The Provisioning Client against the API it was made for."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.school_export import SCHOOL, small_school

from hwb_provisioning_client.errors import NotAllowedError, RefusedError
from hwb_provisioning_client.push import Patience, push_upload, wait_until_settled
from hwb_provisioning_client.template import Format, write_template
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


def template_of(folder: Path, format_: Format) -> Upload:
    """A format's template, as the tests' school would fill it in."""
    for file in write_template(folder, format_=format_):
        text = file.read_text().replace("6602027", SCHOOL)
        file.write_text(text.replace("<Estab>2027", f"<Estab>{SCHOOL[3:]}"))
    if format_ is Format.JSON_LINES:
        return read_upload(folder / "example.jsonl")
    return read_upload(folder)


@pytest.mark.parametrize("format_", [one for one in Format if one is not Format.CTF])
async def test_every_template_is_taken_whole_and_says_the_same(
    ingest: "Ingest", tmp_path: Path, format_: Format
) -> None:
    await ingest.run(template_of(tmp_path / "first", Format.ONEROSTER_1_1).data)
    first = await ingest.words()
    run = await ingest.run(template_of(tmp_path / "again", format_).data)

    counts = run["counts"]
    assert (counts["rejected"], counts["learners"], counts["staff"]) == (0, 2, 1)
    differing = {key: word["changed"] for key, word in (await ingest.words()).items()}
    assert set(differing) <= set(first)
    has_ids_of_its_own = format_ is Format.SDS_1
    assert not differing or has_ids_of_its_own
    assert all(changed == ["local_id"] for changed in differing.values())


async def test_the_template_of_a_ctf_says_who_leaves(ingest: "Ingest", tmp_path: Path) -> None:
    await ingest.run(template_of(tmp_path / "first", Format.ONEROSTER_1_1).data)
    run = await ingest.run(template_of(tmp_path / "ctf", Format.CTF).data)

    assert (run["counts"]["rejected"], run["counts"]["changes"]) == (0, 1)
    (word,) = (await ingest.words()).values()
    assert (word["state"], word["changed"]) == ("left", ["leaving_date"])
