"""What people do about cases by hand: comment, assign, resolve; each with a reason, once."""

import structlog

from hwb_notifier.application.ports import CaseRows
from hwb_notifier.domain.case import Case, CaseState, assigned, resolved
from hwb_notifier.domain.decision import CHOICES
from hwb_notifier.domain.step import Step, What
from hwb_notifier.errors import (
    CaseChangedError,
    CaseNotOpenError,
    CaseToBeDecidedError,
    CaseUnknownError,
)
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork

log = structlog.get_logger("hwb_notifier.desk")


def step_by(
    caller: Caller, uow: UnitOfWork, case: Case, what: What, *, reason: str, value: str | None
) -> Step:
    """What this person does with the case as it is open now."""
    return Step(
        what=what,
        reason=reason,
        role=caller.role.value,
        subject=caller.subject,
        at=uow.now,
        opening=case.opening,
        value=value,
    )


class Desk:
    """Each step locks its case, so that it meets neither another step nor the owner's event."""

    def __init__(self, rows: CaseRows) -> None:
        self._rows = rows

    async def comment(self, uow: UnitOfWork, caller: Caller, case_key: str, *, text: str) -> Case:
        """Add a note, to a resolved case too. Raises CaseUnknownError."""
        case = await self._locked(uow, case_key)
        return await self._noted(uow, caller, case, What.COMMENTED, reason=text)

    async def assign(
        self,
        uow: UnitOfWork,
        caller: Caller,
        case_key: str,
        *,
        to: str | None,
        reason: str,
        seen: int,
    ) -> Case:
        """Give an open case to a person, or (None) to nobody.

        Raises CaseUnknownError, CaseChangedError, CaseNotOpenError.
        """
        case = await self._open(uow, case_key, seen)
        after = assigned(case, to)
        return await self._noted(uow, caller, after, What.ASSIGNED, reason=reason, value=to)

    async def resolve(
        self, uow: UnitOfWork, caller: Caller, case_key: str, *, reason: str, seen: int
    ) -> Case:
        """Close an open case by hand: whatever its owner says later is taken as before.

        Raises CaseUnknownError, CaseChangedError, CaseNotOpenError, CaseToBeDecidedError.
        """
        case = await self._open(uow, case_key, seen)
        if case.kind in CHOICES:
            raise CaseToBeDecidedError([one.value for one in CHOICES[case.kind]])
        after = resolved(case, at=uow.now)
        return await self._noted(uow, caller, after, What.RESOLVED, reason=reason)

    async def _locked(self, uow: UnitOfWork, case_key: str) -> Case:
        case = (await self._rows.known(uow.session, [case_key])).get(case_key)
        if case is None:
            raise CaseUnknownError
        return case

    async def _open(self, uow: UnitOfWork, case_key: str, seen: int) -> Case:
        case = await self._locked(uow, case_key)
        if case.version != seen:
            raise CaseChangedError(f'"{case.version}"')
        if case.state is not CaseState.OPEN:
            raise CaseNotOpenError
        return case

    async def _noted(
        self,
        uow: UnitOfWork,
        caller: Caller,
        case: Case,
        what: What,
        *,
        reason: str,
        value: str | None = None,
    ) -> Case:
        if what is not What.COMMENTED:
            await self._rows.save(uow.session, [case])
        step = step_by(caller, uow, case, what, reason=reason, value=value)
        await self._rows.add_step(uow.session, case.case_key, step)
        log.info("case_step", what=what.value, kind=case.kind.value)
        return case
