"""Cases that follow from what is so, not from one event: raised once it is, else resolved.

Each time, the cases that should be open are compared with those that are: a crash or a changed
calendar leaves nothing to mend.
"""

from datetime import timedelta

from hwb_identity.application.cases import tell_case
from hwb_identity.application.deletions import Deletions
from hwb_identity.application.ports import Notice, OpenNotices
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import CaseChange, CaseKind


class RaiseNotices:
    """The job that keeps those cases as they should be."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        open_notices: OpenNotices,
        deletions: Deletions,
        calendar: RolloverCalendar,
    ) -> None:
        self._units_of_work = units_of_work
        self._open_notices = open_notices
        self._deletions = deletions
        self._calendar = calendar

    async def __call__(self) -> bool:
        """Raise and resolve; nothing is left for another round."""
        async with self._units_of_work.bounded("due") as uow:
            store = self._open_notices(uow)
            opened = {notice.case_key: notice for notice in await store.opened()}
            for notice in await self._wanted(uow):
                known = opened.pop(notice.case_key, None)
                if known is None and await store.open(notice, at=uow.now):
                    _tell(uow, CaseChange.RAISED, notice)
            for notice in opened.values():
                await store.close(notice.case_key)
                _tell(uow, CaseChange.RESOLVED, notice)
        return False

    async def _wanted(self, uow: UnitOfWork) -> list[Notice]:
        calendar, store = self._calendar, self._open_notices(uow)
        until = uow.today + timedelta(days=calendar.manual_account_reminder_days)
        wanted = [*await store.deletions_announced(), *await store.ending(uow.today, until)]
        if uow.today >= calendar.manual_review_by:
            wanted += await store.not_reviewed(calendar.groups_freeze, calendar.name)
        stand = await self._deletions.stand(uow)
        if stand.held:
            kind, facts = CaseKind.DELETIONS_HELD, {"accounts": str(stand.due.due)}
            wanted.append(Notice(f"identity/{kind.value}", kind, None, facts))
        return wanted


def _tell(uow: UnitOfWork, change: CaseChange, notice: Notice) -> None:
    tell_case(
        uow,
        change,
        case_key=notice.case_key,
        kind=notice.kind,
        school=notice.school,
        facts=notice.facts,
    )
