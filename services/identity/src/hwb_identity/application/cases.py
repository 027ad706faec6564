"""Cases as identity raises and resolves them: ids, schools and dates, nobody's UPN or name."""

from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

CASES = "hwb.servicedesk.cases"


def tell_case(
    uow: UnitOfWork,
    change: CaseChange,
    *,
    case_key: str,
    kind: CaseKind,
    school: str | None,
    facts: dict[str, str],
    cause: str | None = None,
) -> None:
    """Publish that a case was raised or resolved, when this unit of work is committed."""
    case = CaseChanged(
        change=change,
        case_key=case_key,
        kind=kind,
        school=school,
        facts=facts,
        raised_by="identity",
        changed_at=uow.now,
    )
    uow.publish(CASES, case_key, case, cause=cause)
