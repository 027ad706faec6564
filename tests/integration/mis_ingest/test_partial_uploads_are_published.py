"""Deltas, CTFs and SDS from the first byte to the events, on a real PostgreSQL."""

from typing import TYPE_CHECKING

from tests.support.ctf_export import ctf, pupil
from tests.support.school_export import SCHOOL, Export, small_school, upn, zip_of
from tests.support.sds_export import sds_1, sds_2_1

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest


async def test_a_delta_changes_what_it_says_and_makes_nobody_missing(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    export = Export()
    export.learner(2, familyName="Rees")
    export.learner(9, metadata_formerUpn=upn(3))
    run = await ingest.run(export.delta())

    words = await ingest.words()
    assert {key: (word["state"], word["changed"]) for key, word in words.items()} == {
        upn(2): ("on_roll", ["surname"]),
        upn(3): ("replaced", []),
        upn(9): ("on_roll", []),
    }
    assert words[upn(2)]["record"]["birth_date"] == "2010-03-04"
    assert words[upn(2)]["record"]["classes"] == [f"{SCHOOL}/2021-22/7A"]
    assert run["counts"]["missing"] == 0
    (left,) = await ingest.published("hwb.mis.classes")
    assert left.key == f"{SCHOOL}/2021-22/7B"


async def test_a_delta_that_says_nothing_publishes_nothing(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    run = await ingest.run(Export().delta())

    counts = run["counts"]
    assert (counts["changes"], counts["class_changes"], counts["rejected"]) == (0, 0, 0)
    again = await ingest.run(small_school().zip())
    assert (again["counts"]["changes"], again["counts"]["class_changes"]) == (0, 0)


async def test_a_ctf_says_who_left_and_nothing_of_anybody_else(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    history = (
        f"<SchoolHistory><School><LEA>{SCHOOL[:3]}</LEA><Estab>{SCHOOL[3:]}</Estab>"
        "<LeavingDate>2022-07-20</LeavingDate></School></SchoolHistory>"
    )
    run = await ingest.run(ctf(pupil(upn(1), more=history)))

    assert (run["format"], run["counts"]["rejected"]) == ("ctf-xml", 0)
    words = await ingest.words()
    assert {key: (word["state"], word["changed"]) for key, word in words.items()} == {
        upn(1): ("left", ["leaving_date"])
    }
    assert await ingest.published("hwb.mis.classes") == []


async def test_microsoft_sds_is_published_like_any_other(ingest: "Ingest") -> None:
    for files, format_ in ((sds_2_1(), "sds-2.1-zip"), (sds_1(), "sds-1-zip")):
        run = await ingest.run(zip_of(files))
        assert run["format"] == format_
        assert (run["counts"]["learners"], run["counts"]["staff"]) == (2, 1)
        words = await ingest.words()
        assert set(words) == {upn(1), upn(2), f"{SCHOOL}/MLL"} or format_ == "sds-1-zip"
