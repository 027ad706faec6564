"""The comparison at the end of the year, and the report that is kept of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hwb_rehearsal.compare.accounts import one_account_row, person_rows
from hwb_rehearsal.compare.cases import cases_row, every_case_is_mailed, mails_row
from hwb_rehearsal.compare.groups import group_rows, no_other_groups_row, quotas_row
from hwb_rehearsal.compare.rows import Row
from hwb_rehearsal.compare.uploads import records_of, rejected_row, runs_row
from hwb_rehearsal.demo.kill import Fault
from hwb_rehearsal.demo.reach import Watch, waiting_row
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Expectation, Line

MAIL_SECONDS = 30.0
ORDER = [line.what for line in vars(lines).values() if isinstance(line, Line)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The table, and how many changed records the year brought."""

    rows: tuple[Row, ...]
    records: int

    @property
    def agrees(self) -> bool:
        """Whether everything came out as it must."""
        return all(row.agree for row in self.rows)


async def compare(
    reality: Reality, watch: Watch, expectation: Expectation, *, earlier: Sequence[Row] = ()
) -> Verdict:
    """Compare the end of the year; ``earlier`` are the rows of its checkpoints."""
    await reality.read_everything()
    groups = await watch.group_check()
    schools = list(expectation.settled_runs)
    runs = await reality.runs(schools)
    reports = {
        school: await reality.report(school, found[0]["run_id"])
        for school, found in runs.items()
        if found
    }
    refs = reality.accounts.ref
    waiting = {school: {refs(key) for key in keys} for school, keys in expectation.waiting.items()}
    seen = {school: await reality.pending(school) for school in waiting}
    await _mails_arrive(reality, watch)
    rows = [
        *earlier,
        *person_rows(expectation.persons, watch.person_check),
        one_account_row(expectation.persons, reality.accounts),
        waiting_row(lines.STILL_WAITING, waiting, seen),
        *group_rows(expectation.groups, groups),
        quotas_row(await reality.provider_calls()),
        no_other_groups_row(expectation.groups, groups.seen),
        cases_row(expectation.cases, reality.cases.all),
        mails_row(reality.cases.all, reality.stack.mail_folder),
        runs_row(expectation.settled_runs, runs),
        rejected_row(expectation.rejected, reports),
    ]
    rows.sort(key=lambda row: (row.journey, _place(row.what), row.what))
    return Verdict(tuple(rows), records_of(runs))


def _place(what: str) -> int:
    return next((index for index, line in enumerate(ORDER) if what.endswith(line)), len(ORDER))


async def _mails_arrive(reality: Reality, watch: Watch) -> None:
    """Mail follows its case within a moment; what is missing after that is a fault."""

    async def arrived() -> bool:
        await reality.read_everything()
        return every_case_is_mailed(reality.cases.all, reality.stack.mail_folder)

    await watch.until(arrived, "every case is mailed", MAIL_SECONDS)


def write_report(
    path: Path,
    verdict: Verdict,
    *,
    broker: str,
    database: str,
    seconds: float,
    faults: Sequence[Fault],
) -> dict[str, Any]:
    """Write ``report.json`` and give what is in it."""
    report = {
        "ok": verdict.agrees and bool(faults) and all(fault.is_real for fault in faults),
        "broker": broker,
        "database": database,
        "seconds": round(seconds, 1),
        "records": verdict.records,
        "rows": [row.as_json() for row in verdict.rows],
        "faults": [fault.as_json() for fault in faults],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    return report
