"""Passes a decision on to the service that owns the matter, in the caller's own name.

The owner's command is idempotent by the caller's key, so nothing is kept here before it has
answered: whoever sends the request again after a crash or a silence gets the owner's first answer,
and then the step is noted here. No transaction is open while the owner is asked.
"""

import structlog

from hwb_notifier.application.desk import step_by
from hwb_notifier.application.ports import CaseRows, Owners
from hwb_notifier.domain.case import Case
from hwb_notifier.domain.decision import CHOICES, Decision, OwnersCommand, command_of
from hwb_notifier.domain.step import What
from hwb_notifier.errors import CaseUnknownError, NotDecidedSoError
from hwb_runtime.auth import Caller
from hwb_runtime.commands import Reply, command_once, earlier_reply
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger("hwb_notifier.desk")

OWNER_DECIDED = declare_crash_point(
    "owner_decided", "a case's owner has decided, nothing is noted here", process="api"
)


class DecideCase:
    """Decides cases of the kinds that end with a decision."""

    def __init__(self, rows: CaseRows, units_of_work: UnitsOfWork, owners: Owners) -> None:
        self._rows = rows
        self._units_of_work = units_of_work
        self._owners = owners

    async def __call__(
        self, caller: Caller, case_key: str, decision: Decision, *, key: str, token: str
    ) -> Reply:
        """Ask the owner to carry it out; it resolves the case by its own event.

        Whether the case is still open is the owner's to say. Raises CaseUnknownError,
        NotDecidedSoError, and what Owners.carry_out raises.
        """
        request = f"decide {case_key} {decision}".encode()
        async with self._units_of_work.begin() as uow:
            before = await earlier_reply(uow, key=key, caller=caller, request=request)
            found = await self._rows.case(uow.session, case_key)
        if before is not None:
            return before
        if found is None:
            raise CaseUnknownError
        case = found.case
        command = command_of(case, decision)
        if command is None:
            raise NotDecidedSoError([one.value for one in CHOICES.get(case.kind, ())])
        answer = await self._owners.carry_out(command, key=key, token=token)
        crash_point(OWNER_DECIDED, in_hand=1)

        async def effect(uow: UnitOfWork) -> Reply:
            await self._note(uow, caller, case, decision)
            return Reply(200, _told(case, decision, command, answer))

        reply = await command_once(
            self._units_of_work, key=key, caller=caller, request=request, effect=effect
        )
        log.info("case_decided", kind=case.kind.value, owner=command.owner, choice=decision.choice)
        return reply

    async def _note(self, uow: UnitOfWork, caller: Caller, case: Case, decision: Decision) -> None:
        await self._rows.known(uow.session, [case.case_key])  # the lock that numbers its steps
        choice = decision.choice.value
        step = step_by(caller, uow, case, What.DECIDED, reason=decision.reason, value=choice)
        await self._rows.add_step(uow.session, case.case_key, step)


def _told(
    case: Case, decision: Decision, command: OwnersCommand, answer: dict[str, object]
) -> dict[str, object]:
    return {
        "case_key": case.case_key,
        "decision": decision.choice.value,
        "owner": command.owner,
        "answer": answer,
    }
