"""What mis-ingest's API says of every run, and of the rows it rejected, against the story."""

from collections.abc import Iterable, Mapping
from typing import Any

from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import RejectedRow

Runs = Mapping[str, list[dict[str, Any]]]


def runs_row(expected: Mapping[str, int], runs: Runs) -> Row:
    """So many runs of each school, all of them settled with nothing parked."""
    faults = []
    settled = 0
    for school, count in expected.items():
        good = [run for run in runs.get(school, ()) if _is_good(run)]
        settled += len(good)
        others = len(runs.get(school, ())) - len(good)
        if len(good) != count or others:
            faults.append(f"{school}: {len(good)} of {count} settled, {others} others")
    return row_of_faults(
        lines.RUNS_SETTLED,
        expected=f"{sum(expected.values())} runs",
        actual=f"{settled} runs",
        faults=faults,
    )


def _is_good(run: Mapping[str, Any]) -> bool:
    return bool(run["status"] == "settled" and run["settled"]["parked"] == 0)


def rejected_row(
    expected: Iterable[RejectedRow], reports: Mapping[str, list[dict[str, Any]]]
) -> Row:
    """Each rejected row is named by file, line and field in its school's last report."""
    wanted = {(row.school, row.file, row.line, row.field) for row in expected}
    there = {
        (school, row["file"], row["line"], row["field"])
        for school, rows in reports.items()
        for row in rows
    }
    faults = [f"{_place(*row)} is not named" for row in sorted(wanted - there)]
    faults += [f"{_place(*row)} is named and should not be" for row in sorted(there - wanted)]
    return row_of_faults(
        lines.ROWS_NAMED,
        expected=f"{len(wanted)} rows",
        actual=f"{len(there)} rows",
        faults=faults,
    )


def _place(school: str, file: str, line: int, field: str) -> str:
    return f"{school} {file} line {line} {field}"


def records_of(runs: Runs) -> int:
    """How many changed records all runs together brought to the accounts."""
    return sum(run["counts"]["changes"] for found in runs.values() for run in found)
