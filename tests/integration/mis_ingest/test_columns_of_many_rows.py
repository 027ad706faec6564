"""Many rows go into PostgreSQL as one text a column: what is in a value moves no other row."""

from typing import TYPE_CHECKING

import pytest
from tests.support.school_export import SCHOOL, Export, said

from hwb_mis_ingest.adapters.record_table import RecordTable
from hwb_mis_ingest.domain.judgement import Person
from hwb_schemas.words import RecordKind, RecordState

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

CODES = ("\\N", "\\\\n", "{A,B}", '"A"', "NULL", "Â'R %s", "E\\012F")


def staff(surname: str) -> bytes:
    export = Export()
    for number, code in enumerate(CODES):
        export.teacher(code, classes=["7A"], sourcedId=f"T\\{number},", familyName=surname + code)
    export.school_class("7A", title='7"A"\\n')
    return export.zip()


async def test_values_with_every_kind_of_mark_are_compared_and_kept_as_they_are(
    ingest: "Ingest",
) -> None:
    await ingest.run(staff("Llwyd "))
    assert said(await ingest.run(staff("Llwyd "))) == 0
    assert said(await ingest.run(staff("Prys "))) == len(CODES)
    words = await ingest.words()
    assert {key: word["record"]["surname"] for key, word in words.items()} == {
        f"{SCHOOL}/{code}": f"Prys {code}" for code in CODES
    }
    again = await ingest.run(staff("Prys "))
    assert (said(again), again["counts"]["class_changes"]) == (0, 0)


async def test_a_value_with_a_line_break_that_came_so_far_is_a_fault_and_never_another_row(
    ingest: "Ingest",
) -> None:
    people = [
        Person(RecordKind.STAFF, code, code, RecordState.ON_ROLL, {}, line)
        for line, code in enumerate(("A\nB", "C"))
    ]
    async with ingest.platform.database.transaction() as session:
        with pytest.raises(AssertionError, match="line break"):
            await RecordTable().compare(session, SCHOOL, people, ["0" * 32, "1" * 32])
