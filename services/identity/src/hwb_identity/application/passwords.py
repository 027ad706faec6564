"""Passwords: made when first asked for, shown until a match, then only reset (DESIGN 6).

466,000 at once would take hours of argon2id, so nobody has one until a Digital Champion or teacher
of the home school asks. No event, log line or stored answer ever holds one.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog

from hwb_identity.application.lock_account import lock_account
from hwb_identity.application.ports import (
    OpenAccessLog,
    OpenPasswords,
    OpenPeople,
    SecretKeeping,
)
from hwb_identity.domain.password import password_made
from hwb_identity.domain.person import Account, Person
from hwb_identity.errors import (
    AccountInactiveError,
    AccountUnknownError,
    PasswordNotYoursError,
    PasswordsNotSetUpError,
)
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import AccountRole, AccountStatus, Role

log = structlog.get_logger("hwb_identity.passwords")


@dataclass(frozen=True, slots=True)
class ShownPassword:
    """An account's password as its school may see it: None where it can only be reset."""

    account_id: str
    sign_in_name: str
    password: str | None
    made_at: datetime


class Passwords:
    """What a school does with passwords, each in one unit of work with the person locked."""

    def __init__(
        self,
        open_people: OpenPeople,
        open_passwords: OpenPasswords,
        open_access_log: OpenAccessLog,
        keeping: SecretKeeping | None,
    ) -> None:
        self._open_people = open_people
        self._open_passwords = open_passwords
        self._open_access_log = open_access_log
        self._keeping = keeping

    async def account_for(self, account_id: str, caller: Caller, uow: UnitOfWork) -> Account:
        """The account, locked, if this caller may see and reset its password.

        Raises AccountUnknownError, PasswordNotYoursError, AccountInactiveError.
        """
        _, person, account = await lock_account(self._open_people(uow), account_id)
        _ensure_yours(person, caller)
        return account

    async def show(self, account: Account, caller: Caller, uow: UnitOfWork) -> ShownPassword:
        """Show the password; the first to ask has it made."""
        keeping = self._set_up()
        kept = await self._open_passwords(uow).kept(account.account_id)
        if kept is None:
            return await self._make("password_made", account, caller, uow)
        await self._note("password_shown", account, caller, uow)
        password = keeping.unseal(kept.sealed, account.account_id) if kept.sealed else None
        return ShownPassword(account.account_id, account.sign_in_name, password, kept.made_at)

    async def reset(self, account: Account, caller: Caller, uow: UnitOfWork) -> None:
        """Put a new password in the old one's place; it can be shown again."""
        await self._make("password_reset", account, caller, uow)

    async def agrees(self, sign_in_name: str, password: str, uow: UnitOfWork) -> str | None:
        """The id of the active account that this name and password open, None where none does."""
        keeping = self._set_up()
        found = await self._open_passwords(uow).digest_of(sign_in_name)
        if found is None or not await keeping.agrees(password, found[1]):
            return None
        return found[0]

    async def _make(
        self, action: str, account: Account, caller: Caller, uow: UnitOfWork
    ) -> ShownPassword:
        keeping = self._set_up()
        password = password_made(secrets.choice)
        await self._open_passwords(uow).keep(
            account.account_id,
            digest=await keeping.digest(password),
            sealed=keeping.seal(password, account.account_id),
            at=uow.now,
        )
        await self._note(action, account, caller, uow)
        return ShownPassword(account.account_id, account.sign_in_name, password, uow.now)

    async def _note(self, action: str, account: Account, caller: Caller, uow: UnitOfWork) -> None:
        await self._open_access_log(uow).note(
            action, caller=caller, school=caller.school, account_id=account.account_id
        )
        log.info("password_asked_for", action=action, account_id=account.account_id)

    def _set_up(self) -> SecretKeeping:
        if self._keeping is None:
            raise PasswordsNotSetUpError
        return self._keeping


def _ensure_yours(person: Person, caller: Caller) -> None:
    standing = person.standing
    if standing is None or not {
        standing.home,
        standing.released_from,
        *standing.other_schools,
    } & {caller.school}:
        raise AccountUnknownError
    teacher_of_learner = caller.role is Role.TEACHER and person.role is AccountRole.LEARNER
    if standing.home != caller.school or not (
        caller.role is Role.DIGITAL_CHAMPION or teacher_of_learner
    ):
        raise PasswordNotYoursError
    if standing.status is not AccountStatus.ACTIVE:
        raise AccountInactiveError
