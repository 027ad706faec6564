"""Compare every account with what the log says last of it: what a new subscriber would believe."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import orjson

from hwb_identity.application.changes import ACCOUNTS, DUE_LANE, Changes
from hwb_identity.application.ports import AccountLog, OpenPeople
from hwb_identity.application.publish_anew import (
    LOOK_EVERY_SECONDS,
    PATIENCE_SECONDS,
    NobodyRelaysError,
    PublishAnew,
)
from hwb_identity.domain.account_log import Fault, Kept, Logged, fault_between, version_to_publish
from hwb_identity.domain.person import Person
from hwb_runtime.outbox import newest_row, rows_left
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.refs import PersonRefs

LOOKED_AT_ONCE = 1000
MENDED_AT_ONCE = 100


class CompareLog:
    """Reads the database, then the whole log; what was changed in between is looked at again."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        open_people: OpenPeople,
        account_log: AccountLog,
        publish_anew: PublishAnew,
        refs: PersonRefs,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._units_of_work = units_of_work
        self._open_people = open_people
        self._log = account_log
        self._anew = publish_anew
        self._refs = refs
        self._patience = patience_seconds

    async def find(self) -> list[str]:
        """What does not agree, one line each, by account id; nothing is changed.

        Raises NobodyRelaysError where events wait that no relay sends.
        """
        return [f"account {account_id}: {fault}" for account_id, fault, _ in await self._faults()]

    async def mend(self) -> list[str]:
        """The same, and what is missing on the log is published."""
        faults = await self._faults()
        for start in range(0, len(faults), MENDED_AT_ONCE):
            await self._publish(faults[start : start + MENDED_AT_ONCE])
        return [f"account {account_id}: {fault}" for account_id, fault, _ in faults]

    async def _faults(self) -> list[tuple[str, Fault, Logged | None]]:
        kept = await self._kept()
        await self._until_sent()
        logged = await self._logged()
        suspects = [
            account_id
            for account_id in sorted(kept.keys() | logged.keys())
            if fault_between(kept.get(account_id), logged.get(account_id))
        ]
        found = []
        for start in range(0, len(suspects), LOOKED_AT_ONCE):
            some = suspects[start : start + LOOKED_AT_ONCE]
            now = await self._kept(some)
            for account_id in some:
                fault = fault_between(now.get(account_id), logged.get(account_id))
                unchanged = now.get(account_id) == kept.get(account_id)
                if fault and (unchanged or fault is Fault.AHEAD):
                    found.append((account_id, fault, logged.get(account_id)))
        return found

    async def _kept(self, account_ids: Sequence[str] | None = None) -> Mapping[str, Kept]:
        found: dict[str, Kept] = {}
        async with self._units_of_work.begin() as uow:
            async for persons in self._open_people(uow).accounts(account_ids):
                for person in persons:
                    if person.account is not None:
                        found[person.account.account_id] = self._as_kept(person)
        return found

    def _as_kept(self, person: Person) -> Kept:
        version = person.account.version if person.account else 0
        return Kept(version, _digest(orjson.loads(self._anew.json_of(person))))

    async def _until_sent(self) -> None:
        """Wait until what the database held has left the outbox."""
        async with self._units_of_work.begin() as uow:
            newest = await newest_row(uow.session)
        deadline = time.monotonic() + self._patience
        while True:
            async with self._units_of_work.begin() as uow:
                left = await rows_left(uow.session, newest)
            if not left:
                return
            if time.monotonic() > deadline:
                raise NobodyRelaysError(left)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _logged(self) -> Mapping[str, Logged]:
        found: dict[str, Logged] = {}
        async for records in self._log.records():
            for account_id, value in records:
                before = found.get(account_id)
                highest = before.highest if before else 0
                if value is None:
                    found[account_id] = Logged(None, highest, None)
                    continue
                event = orjson.loads(value)
                version = event["version"]
                digest = _digest(event["account"])
                found[account_id] = Logged(version, max(version, highest), digest)
        return found

    async def _publish(self, faults: Sequence[tuple[str, Fault, Logged | None]]) -> None:
        async with self._units_of_work.begin() as uow:
            store = self._open_people(uow)
            keys = {one: await store.key_of_account(one) for one, _, _ in faults}
            people = await store.lock({key for key in keys.values() if key is not None})
            changes = Changes(uow, self._refs, lane=DUE_LANE)
            same: list[Person] = []
            for account_id, fault, logged in faults:
                person = people.now.get(keys[account_id] or "")
                if person is None or person.account is None:
                    _bury(account_id, fault, uow)
                    continue
                version = version_to_publish(fault, self._as_kept(person), logged)
                if version == person.account.version:
                    same.append(person)
                else:
                    changes.note(people.raise_version(person.key, version), cause="reconcile")
            await changes.write(people, store)
            await self._anew.publish(same, store, uow)


def _bury(account_id: str, fault: Fault, uow: UnitOfWork) -> None:
    if fault is Fault.ORPHAN:
        uow.publish_tombstone(ACCOUNTS, account_id)


def _digest(account: object) -> bytes:
    """What two JSON objects have in common only if they say the same, in whatever order."""
    return blake2b(orjson.dumps(account, option=orjson.OPT_SORT_KEYS), digest_size=8).digest()
