"""Compare every account with what the rules say of it today, and mend it where that is wanted."""

import structlog

from hwb_identity.application.changes import DUE_LANE, Changes
from hwb_identity.application.ports import OpenPeople, OpenRuns
from hwb_identity.domain.people import People
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.refs import PersonRefs

log = structlog.get_logger("hwb_identity.reconcile")

BATCH = 1000


class Reconcile:
    """Walks through all persons in the order of keys, a batch a transaction."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        open_people: OpenPeople,
        open_runs: OpenRuns,
        refs: PersonRefs,
    ) -> None:
        self._units_of_work = units_of_work
        self._open_people = open_people
        self._open_runs = open_runs
        self._refs = refs

    async def find(self) -> list[str]:
        """What does not agree, one line each, by account id; nothing is changed."""
        return [*await self._walk(mend=None), *await self._overdue_runs()]

    async def mend(self) -> list[str]:
        """The same, and every account is made what the rules say, with events as always."""
        return [*await self._walk(mend="reconcile"), *await self._overdue_runs()]

    async def follow_calendar(self, digest: str) -> None:
        """Evaluate everybody anew if this is another calendar than last time."""
        async with self._units_of_work.begin() as uow:
            followed = await self._open_people(uow).calendar()
        if followed == digest:
            return
        findings = await self._walk(mend="calendar")
        async with self._units_of_work.begin() as uow:
            await self._open_people(uow).keep_calendar(digest)
        log.info("calendar_followed", changed=len(findings))

    async def _walk(self, *, mend: str | None) -> list[str]:
        findings: list[str] = []
        after = ""
        while True:
            async with self._units_of_work.begin() as uow:
                store = self._open_people(uow)
                people = await store.lock_after(after, limit=BATCH)
                if not people.stored:
                    return findings
                after = max(people.stored)
                changes = Changes(uow, self._refs, lane=DUE_LANE)
                for key in people.stored:
                    evaluation = people.evaluate_again(key)
                    changes.note(evaluation, cause=mend or "reconcile")
                    finding = _difference(people, key)
                    if finding:
                        findings.append(finding)
                if mend is not None:
                    await changes.write(people, store)

    async def _overdue_runs(self) -> list[str]:
        async with self._units_of_work.begin() as uow:
            runs = self._open_runs(uow)
            parked = await runs.parked_by_run()
            return [
                f"run {run.run_id} of school {run.school} is not settled: {run.applied} applied,"
                f" {parked.get(run.run_id, 0)} parked, {run.changes} published"
                for run in await runs.unsettled()
            ]


def _difference(people: People, key: str) -> str | None:
    stored, now = people.stored[key], people.now[key]
    if stored == now:
        return None
    account_id = now.account.account_id if now.account else "(none yet)"
    if stored.standing == now.standing:
        return f"account {account_id}: next due {stored.next_due}, should be {now.next_due}"
    return f"account {account_id}: {_shown(stored.standing)}, should be {_shown(now.standing)}"


def _shown(standing: object) -> str:
    return "no account" if standing is None else str(standing)
