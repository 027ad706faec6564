"""The cases a run can raise about a school, and when they are over."""

from hwb_mis_ingest.application.ports import ClaimedRun, Records
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import CaseChanged
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


async def keep_case(
    uow: UnitOfWork, records: Records, run: ClaimedRun, *, kind: CaseKind, count: int
) -> None:
    """Raise the case where there is something and none is open; resolve it where all is well."""
    key = case_key(kind, run.school)
    if count:
        change = CaseChange.RAISED
        news = await records.open_case(uow.session, key, school=run.school, run_id=run.run_id)
    else:
        change = CaseChange.RESOLVED
        news = await records.close_case(uow.session, key)
    if not news:
        return
    uow.publish(
        CASES_TOPIC,
        key,
        CaseChanged(
            change=change,
            case_key=key,
            kind=kind,
            school=run.school,
            facts={FACT_OF_KIND[kind]: str(count), "run_id": run.run_id},
            raised_by=SERVICE,
            changed_at=uow.now,
        ),
        cause=run.traceparent,
    )
