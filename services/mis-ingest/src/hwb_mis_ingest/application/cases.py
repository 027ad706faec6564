"""The cases a run can raise about a school, and when they are over."""

from collections.abc import Mapping

from hwb_mis_ingest.application.ports import ClaimedRun, Records
from hwb_runtime.cases import tell_case
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import CaseChange, CaseKind

CASES_TOPIC = "hwb.servicedesk.cases"
SERVICE = "mis-ingest"
FACT_OF_KIND = {
    CaseKind.REJECTED_ROWS: "rejected",
    CaseKind.RECORD_MISSING: "missing",
    CaseKind.RUN_HELD: "held",
}


def case_key(kind: CaseKind, school: str) -> str:
    """One case a school and kind: a school that repairs its data gets one mail, not one a run."""
    return f"{SERVICE}/{kind.value}/{school}"


async def keep_cases(
    uow: UnitOfWork, records: Records, run: ClaimedRun, counts: Mapping[CaseKind, int]
) -> None:
    """Raise a case where there is something and none is open; resolve it where all is well."""
    keys = {kind: case_key(kind, run.school) for kind in counts}
    are_open = await records.cases_open(uow.session, list(keys.values()))
    for kind, count in counts.items():
        key = keys[kind]
        if count and key not in are_open:
            if await records.open_case(uow.session, key, school=run.school, run_id=run.run_id):
                _tell(uow, run, CaseChange.RAISED, kind=kind, count=count)
        elif not count and key in are_open and await records.close_case(uow.session, key):
            _tell(uow, run, CaseChange.RESOLVED, kind=kind, count=count)


def _tell(
    uow: UnitOfWork, run: ClaimedRun, change: CaseChange, *, kind: CaseKind, count: int
) -> None:
    tell_case(
        uow,
        change,
        topic=CASES_TOPIC,
        case_key=case_key(kind, run.school),
        kind=kind,
        school=run.school,
        facts={FACT_OF_KIND[kind]: str(count), "run_id": run.run_id},
        raised_by=SERVICE,
        cause=run.traceparent,
    )
