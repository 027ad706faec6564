"""The account of a command is looked up before it is locked: much may happen in between."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from tests.support.calendars import CALENDAR_2022

from hwb_identity.application.lock_account import lock_account
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Account, Person, person_new
from hwb_identity.errors import AccountUnknownError
from hwb_schemas.words import AccountRole

LOOKED_UP, SINCE = "R201100018042", "T20110001804V"


class StoreWhere:
    """The account was held by one row; when it is locked, the row's key leads to this person."""

    def __init__(self, person: Person | None) -> None:
        self._person = person

    async def key_of_account(self, _: str) -> str:
        return LOOKED_UP

    async def lock(self, keys: Iterable[str]) -> People:
        assert set(keys) == {LOOKED_UP}
        return People(
            [self._person] if self._person else [],
            {LOOKED_UP: self._person.key} if self._person else {},
            calendar=CALENDAR_2022,
            today=date(2022, 8, 1),
            new_account_id=lambda: "new",
        )


def person_with(account_id: str) -> Person:
    account = Account(account_id, AccountRole.LEARNER, "pritcharda", "Angharad Pritchard", 1)
    return person_new(SINCE, AccountRole.LEARNER)._replace(account=account)


async def test_a_person_who_got_another_key_meanwhile_is_found() -> None:
    store: Any = StoreWhere(person_with("mine"))
    _, person, account = await lock_account(store, "mine")
    assert (person.key, account.account_id) == (SINCE, "mine")


@pytest.mark.parametrize("person", [person_with("another"), None])
async def test_an_account_that_was_closed_meanwhile_is_unknown(person: Person | None) -> None:
    store: Any = StoreWhere(person)
    with pytest.raises(AccountUnknownError):
        await lock_account(store, "mine")
