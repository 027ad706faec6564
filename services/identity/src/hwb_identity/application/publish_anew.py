"""Publish what accounts are once more, under the versions that they have.

A subscriber drops what is not above the version that it has, so this changes nothing for those who
have it; who lost it, and the log itself, are made right (docs/adr/0012).
"""

import asyncio
import time
from collections.abc import Sequence

from hwb_identity.application.changes import ACCOUNTS, account_json, event_value, type_of
from hwb_identity.application.ports import OpenPeople, PeopleStore
from hwb_identity.domain.person import Person
from hwb_runtime.errors import TransientError
from hwb_runtime.outbox import waiting_events
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.refs import PersonRefs

BATCH = 1000
LOOK_EVERY_SECONDS = 0.2
PATIENCE_SECONDS = 120.0


class NobodyRelaysError(TransientError):
    """Events wait in the outbox and none is sent: start a worker, or look at why it cannot send."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} events wait in the outbox and none is sent: is a worker up?")


class PublishAnew:
    """Walks through everybody; never fills the outbox beyond its limit."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        open_people: OpenPeople,
        refs: PersonRefs,
        *,
        outbox_max_events: int,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._units_of_work = units_of_work
        self._open_people = open_people
        self._refs = refs
        self._most = outbox_max_events
        self._patience = patience_seconds

    async def __call__(self) -> int:
        """Publish every account; gives how many. Raises NobodyRelaysError."""
        published, after = 0, ""
        while True:
            await self._room()
            async with self._units_of_work.begin() as uow:
                store = self._open_people(uow)
                people = await store.lock_after(after, limit=BATCH)
                if not people.stored:
                    return published
                after = max(people.stored)
                published += await self.publish(list(people.stored.values()), store, uow)

    async def publish(self, persons: Sequence[Person], store: PeopleStore, uow: UnitOfWork) -> int:
        """Publish the last change of these persons, who are locked, again; gives how many."""
        found = [one for one in persons if one.account is not None]
        ids = [one.account.account_id for one in found if one.account]
        last = await store.last_changes(ids)
        for person in found:
            value = self.json_of(person)
            account = person.account
            if account is None:
                continue
            change, changed_at = last[account.account_id]
            event = event_value(change, account.version, value, changed_at.isoformat())
            uow.publish_json(ACCOUNTS, account.account_id, type_of(change), event)
        return len(found)

    def json_of(self, person: Person) -> bytes:
        """An account's JSON as its events have it."""
        account, standing = person.account, person.standing
        if account is None or standing is None:
            raise AssertionError("an account that is not there has no JSON")
        refs = [self._refs.of(key) for key in person.keys]
        return account_json(
            account, standing, account.sign_in_name, refs, person.retention, person.decisions
        )

    async def _room(self) -> None:
        """Wait until the outbox has room; raises NobodyRelaysError where it stays as full."""
        fewest: int | None = None
        since = time.monotonic()
        while True:
            async with self._units_of_work.begin() as uow:
                waiting = await waiting_events(uow.session)
            if waiting + BATCH <= self._most:
                return
            if fewest is None or waiting < fewest:
                fewest, since = waiting, time.monotonic()
            if time.monotonic() - since > self._patience:
                raise NobodyRelaysError(waiting)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
