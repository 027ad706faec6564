"""A run's report in the forms that a school may want: rows for programs, a sheet for people."""

import csv
import io

from fastapi import Response

from hwb_mis_ingest.domain.reasons import WHAT_TO_DO, Reason
from hwb_mis_ingest.domain.value_class import ValueClass
from hwb_mis_ingest.entrypoints.replies import Report, ReportRow

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def report_row(file: str, line: int, field: str, reason: str, value_class: str) -> ReportRow:
    """A row with what to do about it, in both languages."""
    what = WHAT_TO_DO[Reason(reason)]
    return ReportRow(
        file=file,
        line=line,
        field=field,
        value_class=ValueClass(value_class),
        reason=Reason(reason),
        what_to_do=what.en,
        what_to_do_cy=what.cy,
    )


def report_as_csv(report: Report) -> str:
    """The rows as a sheet, with the byte order mark by which spreadsheets know UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(list(ReportRow.model_fields))
    for row in report.rows:
        writer.writerow([_harmless(value) for value in row.model_dump(mode="json").values()])
    return "\ufeff" + text.getvalue()


def as_sheet(report: Report, name: str) -> Response:
    """The answer that a browser keeps as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(report_as_csv(report), media_type="text/csv", headers=headers)


def as_json(report: Report) -> Response:
    """The answer for programs."""
    return Response(report.model_dump_json(), media_type="application/json")


def _harmless(value: object) -> object:
    """A file or column that the school named must not run as a formula."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA_BEGINS)
    return f"'{value}" if is_formula else value
