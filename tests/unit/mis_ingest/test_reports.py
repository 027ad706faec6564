"""What a school reads about a rejected row: where, what kind of value, why, what to do."""

import csv
import io

import pytest
from tests.support.school_export import SCHOOL, small_school, upn

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.domain.snapshot import assemble
from hwb_mis_ingest.domain.value_class import ValueClass, value_class_of
from hwb_mis_ingest.entrypoints.replies import Report
from hwb_mis_ingest.entrypoints.reports import report_as_csv, report_row

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", ValueClass.BLANK),
        ("x" * 201, ValueClass.TOO_LONG),
        ("a\x07", ValueClass.UNPRINTABLE),
        ("31/08/2022", ValueClass.DATE),
        ("2022-02-30", ValueClass.DATE),
        ("20220831", ValueClass.NUMBER),
        (upn(1), ValueClass.UPN_LIKE),
        (upn(1, temporary="A"), ValueClass.UPN_LIKE),
        ("Year 7", ValueClass.TEXT),
    ],
)
def test_a_value_is_of_one_kind(value: str, kind: ValueClass) -> None:
    assert value_class_of(value) is kind


def test_a_report_tells_the_kind_of_the_value_and_never_the_value() -> None:
    wrong = ("B" if upn(4)[0] == "A" else "A") + upn(4)[1:]
    export = small_school()
    export.learner(4, identifier=wrong, grades="Year 7", metadata_admissionDate="")
    snapshot = assemble(READER.open(export.zip()), school=SCHOOL, published_classes={})
    report = Report(
        rows=[
            report_row(one.file, one.line, one.field, one.reason.value, one.value_class.value)
            for one in snapshot.rejections
        ],
        total=3,
    )

    assert [(row.field, row.value_class.value) for row in report.rows] == [
        ("identifier", "upn_like"),
        ("metadata.admissionDate", "blank"),
        ("grades", "text"),
    ]
    for text in (report.model_dump_json(), report_as_csv(report)):
        assert wrong not in text
        assert wrong[1:] not in text


def test_a_report_as_a_sheet_runs_no_formula_that_a_school_named() -> None:
    row = report_row("=cmd.csv", 2, "@SUM(A1)", "upn_missing", "blank")
    text = report_as_csv(Report(rows=[row], total=1))
    assert text.startswith("\ufeff")
    header, line = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    assert header[:5] == ["file", "line", "field", "value_class", "reason"]
    assert line[:5] == ["'=cmd.csv", "2", "'@SUM(A1)", "blank", "upn_missing"]
    assert all(line[5:]), "what to do is said in both languages"
