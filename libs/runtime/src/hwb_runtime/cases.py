"""Cases as every service raises and resolves them: ids, schools and dates, nobody's UPN or name."""

from collections.abc import Mapping

from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

CASES = "hwb.servicedesk.cases"
"""The runtime's own cases go there; a service names the topics that it writes in its source."""


def tell_case(
    uow: UnitOfWork,
    change: CaseChange,
    *,
    topic: str = CASES,
    case_key: str,
    kind: CaseKind,
    school: str | None,
    facts: Mapping[str, str],
    raised_by: str,
    cause: str | None = None,
) -> None:
    """Publish that a case was raised or resolved, when this unit of work is committed."""
    case = CaseChanged(
        change=change,
        case_key=case_key,
        kind=kind,
        school=school,
        facts=dict(facts),
        raised_by=raised_by,
        changed_at=uow.now,
    )
    uow.publish(topic, case_key, case, cause=cause)
