"""When a case opens, closes or stays: at most one is open for a key, and each opening is mailed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind


class CaseState(StrEnum):
    """Whether somebody still has to do something."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. ``opening`` counts how often it was opened: 1 is the first time.

    ``assigned_to`` is the person who has it, ``version`` rises with each change.
    """

    case_key: str
    kind: CaseKind
    school: str | None
    state: CaseState
    opening: int
    raised_by: str
    raised_at: datetime
    facts: Mapping[str, str]
    resolved_at: datetime | None = None
    assigned_to: str | None = None
    version: int = 1


def case_after(case: Case | None, event: CaseChanged) -> Case | None:
    """The case after an event; the very same object (or None) where the event changes nothing.

    Raised again while open changes nothing, and so does resolving what is not open.
    """
    is_open = case is not None and case.state is CaseState.OPEN
    if event.change is CaseChange.RAISED and not is_open:
        return Case(
            case_key=event.case_key,
            kind=event.kind,
            school=event.school,
            state=CaseState.OPEN,
            opening=1 if case is None else case.opening + 1,
            raised_by=event.raised_by,
            raised_at=event.changed_at,
            facts=dict(event.facts),
            assigned_to=None if case is None else case.assigned_to,
            version=1 if case is None else case.version + 1,
        )
    if event.change is CaseChange.RESOLVED and is_open and case is not None:
        return resolved(case, at=event.changed_at)
    return case


def resolved(case: Case, *, at: datetime) -> Case:
    """The open case once nothing is to be done any more."""
    return replace(case, state=CaseState.RESOLVED, resolved_at=at, version=case.version + 1)


def assigned(case: Case, to: str | None) -> Case:
    """The case in somebody's hands, or (None) in nobody's."""
    return replace(case, assigned_to=to, version=case.version + 1)


def opens(before: Case | None, after: Case | None) -> bool:
    """Whether the step from one to the other is an opening, which is mailed."""
    return after is not None and after.opening != (before.opening if before else 0)
