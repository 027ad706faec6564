"""The cases that follow from what is so of accounts and dates."""

from datetime import timedelta

from hwb_identity.application.deletions import Deletions
from hwb_identity.application.ports import OpenNotices
from hwb_runtime.notices import Notice, keep_notices
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import CaseKind

AT_ONCE = 500


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
        """Raise and resolve; True where more is left for another round."""
        async with self._units_of_work.bounded("due") as uow:
            wanted = await self._wanted(uow)
            return await keep_notices(uow, wanted, raised_by="identity", at_most=AT_ONCE)

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
