"""The account that a command is about, locked with the person who has it."""

from hwb_identity.application.ports import PeopleStore
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Account, Person
from hwb_identity.errors import AccountChangedError, AccountUnknownError


async def lock_account(store: PeopleStore, account_id: str) -> tuple[People, Person, Account]:
    """Whose it is, now that nobody else changes it.

    Raises AccountUnknownError; so it is where the account was closed while the lock was awaited.
    """
    key = await store.key_of_account(account_id)
    people = await store.lock({key} if key else ())
    person = people.person_of(key) if key else None
    if person is None or person.account is None or person.account.account_id != account_id:
        raise AccountUnknownError
    return people, person, person.account


def ensure_seen(account: Account, version: int) -> None:
    """Raise AccountChangedError where the account is no longer what the caller saw."""
    if account.version != version:
        raise AccountChangedError(account.version)
