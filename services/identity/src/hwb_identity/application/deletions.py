"""Delete accounts whose announced day has come: the leader's job, under the locks of an event."""

from dataclasses import dataclass
from datetime import date, timedelta

import structlog

from hwb_identity.application.changes import ACCOUNTS, DUE_LANE, Changes
from hwb_identity.application.ports import (
    DeletionStore,
    DueDeletions,
    Leaver,
    OpenDeletions,
    OpenPeople,
)
from hwb_identity.domain.person import Person
from hwb_identity.errors import DeletionsChangedError, NothingHeldError
from hwb_identity.metrics import ACCOUNTS_DELETED
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.refs import PersonRefs

log = structlog.get_logger("hwb_identity.deletions")

LATELY = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DeletionsStand:
    """What is due and what of it may go on. ``up_to`` is the last day whose accounts may go."""

    due: DueDeletions
    approved_up_to: date
    up_to: date
    held: bool


class Deletions:
    """The job, and the approval of a mass of deletions that the calendar's limit holds."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        open_people: OpenPeople,
        open_deletions: OpenDeletions,
        refs: PersonRefs,
        calendar: RolloverCalendar,
        *,
        batch: int,
    ) -> None:
        self._units_of_work = units_of_work
        self._open_people = open_people
        self._open_deletions = open_deletions
        self._refs = refs
        self._calendar = calendar
        self._batch = batch

    async def __call__(self) -> bool:
        """Delete one batch; True where another may be waiting."""
        async with self._units_of_work.bounded("due") as uow:
            deletions = self._open_deletions(uow)
            stand = await self._stand(deletions, uow.today)
            found = await deletions.due_keys(stand.up_to, limit=self._batch)
            gone = await self._delete(found, stand, deletions, uow) if found else 0
        ACCOUNTS_DELETED.inc(gone)
        if gone:
            log.info("accounts_deleted", accounts=gone)
        return len(found) == self._batch

    async def stand(self, uow: UnitOfWork) -> DeletionsStand:
        """What is due today, and whether a person has to approve it first."""
        return await self._stand(self._open_deletions(uow), uow.today)

    async def approve(self, seen: str, *, by: str, reason: str, uow: UnitOfWork) -> DeletionsStand:
        """Let this very list go on. Raises DeletionsChangedError, NothingHeldError."""
        deletions = self._open_deletions(uow)
        stand = await self._stand(deletions, uow.today)
        if not stand.held:
            raise NothingHeldError
        if stand.due.digest != seen:
            raise DeletionsChangedError(stand.due.digest)
        await deletions.approve(stand.due, up_to=uow.today, by=by, reason=reason, at=uow.now)
        return stand

    async def _stand(self, deletions: DeletionStore, today: date) -> DeletionsStand:
        approved = await deletions.approved_up_to()
        due = await deletions.due(today, beyond=approved, lately=today - LATELY)
        of = due.accounts + due.lately
        held = not self._calendar.deletions.allows(due.due + due.lately, of=of)
        held = held and due.due > 0
        return DeletionsStand(due, approved, approved if held else today, held)

    async def _delete(
        self, found: list[str], stand: DeletionsStand, deletions: DeletionStore, uow: UnitOfWork
    ) -> int:
        store = self._open_people(uow)
        people = await store.lock(found)
        changes = Changes(uow, self._refs, lane=DUE_LANE)
        for key in list(people.stored):
            changes.note(people.evaluate_again(key), cause="due")
        await changes.write(people, store)
        due = await deletions.still_due(found, stand.up_to)
        gone = [_leaver(person) for key, person in people.now.items() if key in due]
        if gone:
            await deletions.delete(gone, today=uow.today, approved=stand.approved_up_to)
        for leaver in gone:
            uow.publish_tombstone(ACCOUNTS, leaver.account_id)
        return len(gone)


def _leaver(person: Person) -> Leaver:
    if person.account is None:
        raise AssertionError("only accounts are deleted")
    return Leaver(person.key, person.keys, person.account.account_id)
