"""Non-MIS and governor accounts: made, extended and reviewed by hand, with owner and reason."""

from dataclasses import dataclass
from datetime import date

from hwb_identity.application.account_ids import new_account_id
from hwb_identity.application.changes import COMMAND_LANE, Changes
from hwb_identity.application.lock_account import ensure_seen, lock_account
from hwb_identity.application.ports import (
    Decided,
    ManualAccount,
    OpenAccessLog,
    OpenManual,
    OpenPeople,
)
from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.person import Person, person_new
from hwb_identity.errors import (
    AccountUnknownError,
    EndDateError,
    ReviewerMissingError,
)
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountRole, EnrolmentStatus, RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualAccountWanted:
    """An account for somebody who is not in the MIS. ``ends_on`` is the first day without it."""

    school: str
    role: AccountRole
    forename: str
    surname: str
    owner: str
    reason: str
    ends_on: date | None


class ManualAccounts:
    """Commands of a school's Digital Champion."""

    def __init__(
        self,
        open_people: OpenPeople,
        open_manual: OpenManual,
        open_access_log: OpenAccessLog,
        refs: PersonRefs,
    ) -> None:
        self._open_people = open_people
        self._open_manual = open_manual
        self._open_access_log = open_access_log
        self._refs = refs

    async def create(self, wanted: ManualAccountWanted, caller: Caller, uow: UnitOfWork) -> str:
        """Make the account; gives its id. Raises EndDateError for a day that is not ahead."""
        _ensure_ahead(wanted.ends_on, uow.today)
        key = f"by-hand/{new_account_id()}"
        store = self._open_people(uow)
        people = await store.lock({key})
        said = Enrolment(
            wanted.school,
            key,
            1,
            RecordState.ON_ROLL,
            EnrolmentStatus.CURRENT,
            uow.today,
            wanted.ends_on,
            None,
            (),
            wanted.forename,
            wanted.surname,
            None,
        )
        person = person_new(key, wanted.role)._replace(enrolments=(said,))
        evaluation = people.put(person)
        account = evaluation.person.account
        if account is None:
            raise AssertionError("an account made by hand is always there")
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        changes.note(
            evaluation,
            cause="command:account_created",
            decided=Decided(caller.subject, wanted.reason),
        )
        await changes.write(people, store)
        await self._open_manual(uow).keep(
            ManualAccount(
                account.account_id,
                wanted.owner,
                wanted.reason,
                wanted.ends_on,
                caller.subject,
                uow.now,
            )
        )
        await self._note("account_created", account.account_id, wanted.school, caller, uow)
        return account.account_id

    async def extend(
        self,
        account_id: str,
        version: int,
        ends_on: date | None,
        caller: Caller,
        uow: UnitOfWork,
    ) -> int:
        """Give it another end date, or none; an ended one is on again. Gives its version.

        Raises AccountUnknownError, AccountChangedError, EndDateError.
        """
        _ensure_ahead(ends_on, uow.today)
        store = self._open_people(uow)
        people, person, account = await lock_account(store, account_id)
        _ensure_yours(person, caller)
        ensure_seen(account, version)
        said = person.enrolments[-1]._replace(leaving=ends_on)
        evaluation = people.put(person._replace(enrolments=(said,)))
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        changes.note(
            evaluation,
            cause="command:account_extended",
            decided=Decided(caller.subject, f"until {ends_on or 'further notice'}"),
        )
        await changes.write(people, store)
        await self._open_manual(uow).extend(account_id, ends_on)
        await self._note("account_extended", account_id, said.school, caller, uow)
        after = evaluation.person.account
        return after.version if after else version

    async def review(
        self,
        account_id: str,
        version: int,
        confirmed_with: str | None,
        caller: Caller,
        uow: UnitOfWork,
    ) -> None:
        """Keep that somebody looked at it this year and it is still required.

        Raises AccountUnknownError, AccountChangedError, and ReviewerMissingError for a governor
        confirmed with nobody.
        """
        _, person, account = await lock_account(self._open_people(uow), account_id)
        _ensure_yours(person, caller)
        ensure_seen(account, version)
        if person.role is AccountRole.GOVERNOR and confirmed_with is None:
            raise ReviewerMissingError
        await self._open_manual(uow).reviewed(
            account_id, by=caller.subject, at=uow.now, confirmed_with=confirmed_with
        )
        school = person.enrolments[-1].school
        await self._note("account_reviewed", account_id, school, caller, uow)

    async def _note(
        self, action: str, account_id: str, school: str, caller: Caller, uow: UnitOfWork
    ) -> None:
        await self._open_access_log(uow).note(
            action, caller=caller, school=school, account_id=account_id
        )


def _ensure_yours(person: Person, caller: Caller) -> None:
    by_hand = person.role in (AccountRole.NON_MIS, AccountRole.GOVERNOR)
    if not by_hand or person.enrolments[-1].school != caller.school:
        raise AccountUnknownError


def _ensure_ahead(ends_on: date | None, today: date) -> None:
    if ends_on is not None and ends_on <= today:
        raise EndDateError
