"""Which cases somebody may read, and what of them."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from hwb_notifier.application.ports import CaseFilter, CaseRows, ListedCase
from hwb_notifier.domain.kinds import RULES, kinds_seen_by_authorities, kinds_seen_by_schools
from hwb_notifier.domain.sight import facts_for_school
from hwb_notifier.domain.step import Step
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.words import CaseKind, Role

NATIONAL = frozenset({Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE})
HANDLERS = frozenset({Role.SERVICE_DESK, Role.OPERATOR})
"""Who works on cases, and reads who else does and what was noted."""

STEPS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reach:
    """What a caller may read: these kinds, of one school, of an authority's schools, or all."""

    kinds: frozenset[CaseKind]
    school: str | None = None
    school_begins: str | None = None

    def covers(self, kind: CaseKind, school: str | None) -> bool:
        """Whether a case of this kind and school is within it."""
        if kind not in self.kinds:
            return False
        if self.school is not None:
            return school == self.school
        if self.school_begins is not None:
            return school is not None and school.startswith(self.school_begins)
        return True


def reach_of(caller: Caller) -> Reach:
    """How far a caller's sight goes."""
    if caller.role in NATIONAL:
        return Reach(frozenset(RULES))
    if caller.role is Role.LOCAL_AUTHORITY:
        return Reach(kinds_seen_by_authorities(), school_begins=caller.authority or "none")
    return Reach(kinds_seen_by_schools(), school=caller.school or "none")


class FindCases:
    """Reads cases as far as the caller's sight goes."""

    def __init__(self, rows: CaseRows, units_of_work: UnitsOfWork) -> None:
        self._rows = rows
        self._units_of_work = units_of_work

    async def page(self, caller: Caller, wanted: CaseFilter, *, limit: int) -> list[ListedCase]:
        """Newest first, at most ``limit``."""
        reach = reach_of(caller)
        narrowed = replace(
            wanted,
            kinds=_both(wanted.kinds, reach.kinds),
            school=wanted.school or reach.school,
            school_begins=reach.school_begins,
        )
        async with self._units_of_work.begin() as uow:
            found = await self._rows.find(uow.session, narrowed, limit=limit)
        return [
            _as_seen(one, reach, caller)
            for one in found
            if reach.covers(one.case.kind, one.case.school)
        ]

    async def one(self, caller: Caller, case_key: str) -> ListedCase | None:
        """The case of this key; None where there is none that the caller may read."""
        reach = reach_of(caller)
        async with self._units_of_work.begin() as uow:
            found = await self._rows.case(uow.session, case_key)
        if found is None or not reach.covers(found.case.kind, found.case.school):
            return None
        return _as_seen(found, reach, caller)

    async def steps(self, caller: Caller, case_key: str) -> list[Step]:
        """What people did about a case; nothing for those who do not work on cases."""
        if caller.role not in HANDLERS:
            return []
        async with self._units_of_work.begin() as uow:
            return await self._rows.steps(uow.session, case_key, limit=STEPS_SHOWN)


def _both(asked: Collection[CaseKind] | None, allowed: frozenset[CaseKind]) -> list[CaseKind]:
    return sorted(allowed if asked is None else allowed & frozenset(asked))


def _as_seen(found: ListedCase, reach: Reach, caller: Caller) -> ListedCase:
    case = found.case
    if caller.role not in HANDLERS:
        case = replace(case, assigned_to=None)
    if reach.school is not None:
        case = replace(case, facts=facts_for_school(case.facts, reach.school))
    return replace(found, case=case)
