"""Deactivate and reactivate an account by hand: asked twice, against the version that was seen."""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from hwb_identity.application.changes import COMMAND_LANE, Changes
from hwb_identity.application.lock_account import ensure_seen, lock_account
from hwb_identity.application.ports import Decided, OpenAccessLog, OpenPeople, PeopleStore
from hwb_identity.domain.home import Decision, DecisionKind, Standing
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Account
from hwb_identity.errors import (
    AccountEndedError,
    AccountUnknownError,
    NobodyHasAccountError,
    NotConfirmedError,
)
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountStatus, Role

_OWN_SCHOOL_ONLY = frozenset({Role.DIGITAL_CHAMPION})
_VERBS = {
    DecisionKind.DEACTIVATED: "account_deactivated",
    DecisionKind.REINSTATED: "account_reactivated",
}


@dataclass(frozen=True, slots=True)
class ByHand:
    """An account as a command by hand finds or leaves it."""

    account_id: str
    status: AccountStatus
    version: int
    confirm: str


class DecideByHand:
    """Commands of a Digital Champion of the home school, or of the Service Desk."""

    def __init__(
        self, open_people: OpenPeople, open_access_log: OpenAccessLog, refs: PersonRefs
    ) -> None:
        self._open_people = open_people
        self._open_access_log = open_access_log
        self._refs = refs

    async def ask(self, account_id: str, version: int, caller: Caller, uow: UnitOfWork) -> ByHand:
        """Change nothing; give the token that says "Yes" to exactly this deactivation.

        Raises AccountUnknownError, AccountChangedError.
        """
        store = self._open_people(uow)
        _, _, account, standing = await seen_account(store, account_id, version, caller)
        return self._answer(account, standing, caller)

    async def deactivate(
        self,
        account_id: str,
        version: int,
        *,
        confirm: str,
        reason: str,
        caller: Caller,
        uow: UnitOfWork,
    ) -> ByHand:
        """Switch sign-in off until a person switches it on again.

        Raises AccountUnknownError, AccountChangedError, NotConfirmedError.
        """
        if not hmac.compare_digest(
            confirm.encode(), self._token(account_id, version, caller).encode()
        ):
            raise NotConfirmedError
        kind = DecisionKind.DEACTIVATED
        return await self._decide(account_id, version, kind, reason=reason, caller=caller, uow=uow)

    async def reactivate(
        self, account_id: str, version: int, *, reason: str, caller: Caller, uow: UnitOfWork
    ) -> ByHand:
        """Switch sign-in on again, where a school has the account.

        Raises AccountUnknownError, AccountChangedError, NobodyHasAccountError, AccountEndedError.
        """
        kind = DecisionKind.REINSTATED
        return await self._decide(account_id, version, kind, reason=reason, caller=caller, uow=uow)

    async def _decide(
        self,
        account_id: str,
        version: int,
        kind: DecisionKind,
        *,
        reason: str,
        caller: Caller,
        uow: UnitOfWork,
    ) -> ByHand:
        store = self._open_people(uow)
        people, key, account, standing = await seen_account(store, account_id, version, caller)
        if standing.home is None and kind is DecisionKind.REINSTATED:
            raise NobodyHasAccountError
        wanted = AccountStatus.ACTIVE
        if kind is DecisionKind.DEACTIVATED:
            wanted = AccountStatus.INACTIVE
        if standing.home is not None and standing.status is wanted:
            return self._answer(account, standing, caller)
        decision = Decision(kind, caller.subject, uow.now.isoformat(), reason)
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        evaluation = people.decide(key, decision)
        if evaluation.change is None and kind is DecisionKind.REINSTATED:
            raise AccountEndedError
        changes.note(
            evaluation, cause=f"command:{_VERBS[kind]}", decided=Decided(caller.subject, reason)
        )
        await changes.write(people, store)
        await self._open_access_log(uow).note(
            _VERBS[kind],
            caller=caller,
            school=standing.home or standing.released_from,
            account_id=account_id,
        )
        after = evaluation.person
        return self._answer(after.account or account, after.standing or standing, caller)

    def _answer(self, account: Account, standing: Standing, caller: Caller) -> ByHand:
        confirm = self._token(account.account_id, account.version, caller)
        return ByHand(account.account_id, standing.status, account.version, confirm)

    def _token(self, account_id: str, version: int, caller: Caller) -> str:
        said = f"deactivate {account_id} {version} {caller.role} {caller.subject}"
        return hmac.digest(self._refs.secret, said.encode(), sha256).hex()[:32]


async def seen_account(
    store: PeopleStore, account_id: str, version: int, caller: Caller
) -> tuple[People, str, Account, Standing]:
    """The account, locked, if it is still what the caller saw, and this caller's to change.

    Raises AccountUnknownError, AccountChangedError.
    """
    people, person, account = await lock_account(store, account_id)
    if person.standing is None:
        raise AccountUnknownError
    at = person.standing.home or person.standing.released_from
    if caller.role in _OWN_SCHOOL_ONLY and at != caller.school:
        raise AccountUnknownError
    ensure_seen(account, version)
    return people, person.key, account, person.standing
