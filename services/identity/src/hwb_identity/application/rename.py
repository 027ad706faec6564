"""Rename an account by hand: a name change in the MIS does not do it, the school decides.

Where the sign-in name changes, the one so far goes on as an alias: it still signs in, and
subscribers are told of it with the account.
"""

from dataclasses import dataclass

from hwb_identity.application.by_hand import seen_account
from hwb_identity.application.changes import COMMAND_LANE, Changes
from hwb_identity.application.ports import Decided, OpenAccessLog, OpenPasswords, OpenPeople
from hwb_identity.domain.home import Decision, DecisionKind, aliases_of
from hwb_identity.domain.names import name_stem, sign_in_name, stem_of
from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs

ACTION = "account_renamed"


@dataclass(frozen=True, slots=True)
class NewName:
    """How somebody is called now; ``signs_in_anew``: the sign-in name follows."""

    forename: str
    surname: str
    signs_in_anew: bool


@dataclass(frozen=True, slots=True)
class Named:
    """An account's names as the command left them."""

    account_id: str
    display_name: str
    sign_in_name: str
    aliases: tuple[str, ...]
    version: int


class RenameAccounts:
    """The command of a Digital Champion of the home school, or of the Service Desk."""

    def __init__(
        self,
        open_people: OpenPeople,
        open_passwords: OpenPasswords,
        open_access_log: OpenAccessLog,
        refs: PersonRefs,
    ) -> None:
        self._open_people = open_people
        self._open_passwords = open_passwords
        self._open_access_log = open_access_log
        self._refs = refs

    async def __call__(
        self,
        account_id: str,
        version: int,
        wanted: NewName,
        *,
        reason: str,
        caller: Caller,
        uow: UnitOfWork,
    ) -> Named:
        """Rename, once; nothing happens where the account is called so already.

        Raises AccountUnknownError, AccountChangedError.
        """
        store = self._open_people(uow)
        people, key, account, standing = await seen_account(store, account_id, version, caller)
        display_name = f"{wanted.forename} {wanted.surname}".strip()
        name, former = account.sign_in_name, None
        stem = name_stem(display_name)
        if wanted.signs_in_anew and stem != stem_of(name):
            where = (stem, COMMAND_LANE)
            name, former = sign_in_name(stem, (await store.take_names({where: 1}))[where][0]), name
        if (display_name, name) == (account.display_name, account.sign_in_name):
            aliases = aliases_of(people.now[key].decisions)
            return Named(account_id, display_name, name, aliases, account.version)
        decision = Decision(
            DecisionKind.RENAMED, caller.subject, uow.now.isoformat(), reason, former
        )
        evaluation = people.rename(key, decision, display_name=display_name, sign_in_name=name)
        changes = Changes(uow, self._refs, lane=COMMAND_LANE)
        changes.note(evaluation, cause=f"command:{ACTION}", decided=Decided(caller.subject, reason))
        await changes.write(people, store)
        if former is not None:
            await self._open_passwords(uow).keep_alias(former, account_id)
        await self._open_access_log(uow).note(
            ACTION,
            caller=caller,
            school=standing.home or standing.released_from,
            account_id=account_id,
        )
        aliases = aliases_of(evaluation.person.decisions)
        return Named(account_id, display_name, name, aliases, account.version + 1)
