"""Cases that follow from what is so, not from one event: raised once it is, else resolved.

Each time, the cases that should be open are compared with those that are: a crash, a repeat or a
changed calendar leaves nothing to mend. A service with such cases keeps the open ones in a table
``notice`` of its own.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hwb_runtime.cases import tell_case
from hwb_runtime.database import Session, as_json
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import CaseChange, CaseKind


class Notice(NamedTuple):
    """One such case; ``school`` is None where it is about none."""

    case_key: str
    kind: CaseKind
    school: str | None
    facts: Mapping[str, str]


async def keep_notices(
    uow: UnitOfWork, wanted: Iterable[Notice], *, raised_by: str, at_most: int
) -> bool:
    """Resolve what is open and not wanted, raise what is wanted and not open, at most so many.

    True where more is left for another turn.
    """
    opened = {notice.case_key: notice for notice in await _opened(uow.session)}
    should_be = {notice.case_key: notice for notice in wanted}
    over = [notice for key, notice in opened.items() if key not in should_be]
    new = [notice for key, notice in should_be.items() if key not in opened]
    for notice in over[:at_most]:
        await _close(uow.session, notice)
        tell_case(uow, CaseChange.RESOLVED, **notice._asdict(), raised_by=raised_by)
    for notice in new[: max(0, at_most - len(over))]:
        if await _open(uow, notice):
            tell_case(uow, CaseChange.RAISED, **notice._asdict(), raised_by=raised_by)
    return len(over) + len(new) > at_most


async def _opened(session: Session) -> list[Notice]:
    """Locked, so that of two that lead for a moment the later one sees what the first has done."""
    rows = await session.fetch(
        "SELECT case_key, kind, school, facts FROM notice ORDER BY case_key FOR UPDATE"
    )
    return [Notice(key, CaseKind(kind), school, facts) for key, kind, school, facts in rows]


async def _open(uow: UnitOfWork, notice: Notice) -> bool:
    new = await uow.session.execute(
        """INSERT INTO notice (case_key, kind, school, facts, raised_at)
           VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        (notice.case_key, notice.kind.value, notice.school, as_json(dict(notice.facts)), uow.now),
    )
    return bool(new)


async def _close(session: Session, notice: Notice) -> None:
    await session.execute("DELETE FROM notice WHERE case_key = %s", (notice.case_key,))
