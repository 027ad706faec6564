"""Keeping the old account after a change of school: a request, a case, a decision by a person."""

from dataclasses import dataclass, replace

from hwb_identity.application.cases import tell_case
from hwb_identity.application.changes import COMMAND_LANE, Changes
from hwb_identity.application.doubts import versions_of
from hwb_identity.application.lock_account import lock_account
from hwb_identity.application.ports import Decided, OpenPeople, OpenTransfers, Transfer
from hwb_identity.domain.home import Decision, DecisionKind
from hwb_identity.domain.person import Person
from hwb_identity.errors import (
    AccountUnknownError,
    PreviousAccountUnknownError,
    PreviousSchoolIsOwnError,
    StaffAccountUnknownError,
    TransferChangedError,
    TransferDecidedError,
    TransferNotInPortalError,
    TransferUnknownError,
)
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.refs import PersonRefs, staff_key
from hwb_schemas.words import AccountRole, CaseChange, CaseKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """A member of staff of ``school`` wants to keep the account of ``previous_school``."""

    school: str
    staff_code: str
    previous_school: str
    previous_staff_code: str | None
    note: str | None
    requested_by: str


class StaffTransfers:
    """Requests and decisions. A case informs the Service Desk; it blocks nothing."""

    def __init__(
        self,
        open_people: OpenPeople,
        open_transfers: OpenTransfers,
        refs: PersonRefs,
        *,
        calendar: RolloverCalendar,
        contact: str,
    ) -> None:
        self._open_people = open_people
        self._open_transfers = open_transfers
        self._refs = refs
        self._calendar = calendar
        self._contact = contact

    async def request(self, wanted: TransferRequest, uow: UnitOfWork) -> str:
        """Raise the case, once however often it is asked for; gives its key.

        Raises StaffAccountUnknownError where the new school has not brought the record.
        """
        new_key = staff_key(wanted.school, wanted.staff_code)
        old_key = None
        if wanted.previous_staff_code:
            old_key = staff_key(wanted.previous_school, wanted.previous_staff_code)
        people = await self._open_people(uow).lock({new_key, *([old_key] if old_key else [])})
        new = people.person_of(new_key)
        old = people.person_of(old_key) if old_key else None
        if new is None or new.account is None:
            raise StaffAccountUnknownError(wanted.school)
        transfer = Transfer(
            case_key=f"identity/staff_transfer/{new.account.account_id}",
            school=wanted.school,
            staff_key=new_key,
            previous_school=wanted.previous_school,
            account_id=new.account.account_id,
            previous_account_id=old.account.account_id if old and old.account else None,
            state="open",
        )
        return await self._ask(transfer, note=wanted.note, by=wanted.requested_by, uow=uow)

    async def request_own(
        self, account_id: str, previous_school: str, note: str | None, uow: UnitOfWork
    ) -> str:
        """The same, asked for by the owner of the new account (My Profile > Account Transfer).

        Raises TransferNotInPortalError under a calendar without it, AccountUnknownError, and
        PreviousSchoolIsOwnError.
        """
        if self._calendar.staff_transfer != "self_service":
            raise TransferNotInPortalError(self._contact)
        _, person, _ = await lock_account(self._open_people(uow), account_id)
        home = person.standing.home if person.standing else None
        if home is None or person.role is not AccountRole.STAFF:
            raise AccountUnknownError
        if previous_school == home:
            raise PreviousSchoolIsOwnError
        record = max(
            (one for one in person.enrolments if one.school == home and one.key in person.keys),
            key=lambda one: one.run_seq,
        )
        transfer = Transfer(
            case_key=f"identity/staff_transfer/{account_id}",
            school=home,
            staff_key=record.key,
            previous_school=previous_school,
            account_id=account_id,
            previous_account_id=None,
            state="open",
        )
        return await self._ask(transfer, note=note, by=account_id, uow=uow)

    async def _ask(self, transfer: Transfer, *, note: str | None, by: str, uow: UnitOfWork) -> str:
        opened = await self._open_transfers(uow).open(transfer, note=note, by=by, at=uow.now)
        if opened:
            self._tell(transfer, CaseChange.RAISED, uow)
        return transfer.case_key

    async def approve(
        self,
        case_key: str,
        *,
        seen: str,
        previous_account_id: str | None,
        by: str,
        reason: str,
        uow: UnitOfWork,
    ) -> Transfer:
        """Link the old account to the new record, reactivate it, deactivate the new account.

        ``seen`` are the versions of both accounts as the caller saw them. Raises
        TransferUnknownError, TransferDecidedError, TransferChangedError,
        PreviousAccountUnknownError.
        """
        transfer = await self._undecided(case_key, seen, uow)
        store = self._open_people(uow)
        kept = previous_account_id or transfer.previous_account_id
        row = await store.key_of_account(kept) if kept else None
        if row is None or kept is None or kept == transfer.account_id:
            raise PreviousAccountUnknownError
        people = await store.lock({transfer.staff_key, row})
        old, new = people.now.get(row), people.person_of(transfer.staff_key)
        if old is None or old.role is not AccountRole.STAFF or not _has(old, kept):
            raise PreviousAccountUnknownError
        if new is None or not _has(new, transfer.account_id):
            raise StaffAccountUnknownError(transfer.school)
        decision = Decision(DecisionKind.MERGED, by, uow.now.isoformat(), reason)
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        for evaluation in people.merge(kept=row, absorbed=new.key, decision=decision):
            changes.note(evaluation, cause=f"command:{case_key}", decided=Decided(by, reason))
        await changes.write(people, store)
        transfer = replace(transfer, previous_account_id=kept)
        await self._decided(transfer, "approved", by=by, reason=reason, uow=uow)
        return transfer

    async def refuse(
        self, case_key: str, *, seen: str, by: str, reason: str, uow: UnitOfWork
    ) -> Transfer:
        """Leave both accounts as they are.

        Raises TransferUnknownError, TransferDecidedError, TransferChangedError.
        """
        transfer = await self._undecided(case_key, seen, uow)
        await self._decided(transfer, "refused", by=by, reason=reason, uow=uow)
        return transfer

    async def show(self, case_key: str, uow: UnitOfWork) -> tuple[Transfer, str]:
        """A request, and the versions of both accounts. Raises TransferUnknownError."""
        transfer = await self._open_transfers(uow).lock(case_key)
        if transfer is None:
            raise TransferUnknownError
        return transfer, await self._versions(transfer, uow)

    async def _undecided(self, case_key: str, seen: str, uow: UnitOfWork) -> Transfer:
        transfer, versions = await self.show(case_key, uow)
        if transfer.state != "open":
            raise TransferDecidedError(transfer.state)
        if versions != seen:
            raise TransferChangedError(versions)
        return transfer

    async def _versions(self, transfer: Transfer, uow: UnitOfWork) -> str:
        """The versions of the new and the previous account, 0 where that one is not known."""
        store = self._open_people(uow)
        ids = [transfer.account_id, transfer.previous_account_id]
        keys = [await store.key_of_account(one) if one else None for one in ids]
        people = await store.lock({key for key in keys if key is not None})
        persons = [people.now.get(key) if key else None for key in keys]
        return versions_of(*persons)

    async def _decided(
        self, transfer: Transfer, state: str, *, by: str, reason: str, uow: UnitOfWork
    ) -> None:
        await self._open_transfers(uow).decide(
            transfer.case_key, state=state, by=by, reason=reason, at=uow.now
        )
        self._tell(transfer, CaseChange.RESOLVED, uow)
        for school in (transfer.school, transfer.previous_school):
            _tell_school(school, transfer, state, uow)

    @staticmethod
    def _tell(transfer: Transfer, change: CaseChange, uow: UnitOfWork) -> None:
        facts = {
            "account_id": transfer.account_id,
            "school": transfer.school,
            "previous_school": transfer.previous_school,
        }
        if transfer.previous_account_id is not None:
            facts["previous_account_id"] = transfer.previous_account_id
        tell_case(
            uow,
            change,
            case_key=transfer.case_key,
            kind=CaseKind.STAFF_TRANSFER_REQUESTED,
            school=transfer.school,
            facts=facts,
        )


def _tell_school(school: str, transfer: Transfer, outcome: str, uow: UnitOfWork) -> None:
    """Mail what was decided; there is nothing to decide any more, so the case is resolved, too."""
    facts = {
        "outcome": outcome,
        "previous_school": transfer.previous_school,
        "new_school": transfer.school,
        "new_account_id": transfer.account_id,
    }
    if transfer.previous_account_id is not None:
        facts["previous_account_id"] = transfer.previous_account_id
    for change in (CaseChange.RAISED, CaseChange.RESOLVED):
        tell_case(
            uow,
            change,
            case_key=f"identity/staff_transfer_decided/{transfer.account_id}/{school}",
            kind=CaseKind.STAFF_TRANSFER_DECIDED,
            school=school,
            facts=facts,
        )


def _has(person: Person, account_id: str) -> bool:
    return person.account is not None and person.account.account_id == account_id
