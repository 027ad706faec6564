"""Take up persons for whom a day has come: nothing else will bring them back."""

import structlog

from hwb_identity.application.changes import DUE_LANE, Changes
from hwb_identity.application.ports import OpenPeople
from hwb_identity.metrics import DUE_TAKEN_UP
from hwb_runtime.crash import declare_crash_point
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.refs import PersonRefs

log = structlog.get_logger("hwb_identity.take_up_due")

declare_crash_point("due_before_commit", "persons whose day has come are evaluated, not committed")
declare_crash_point("due_after_commit", "persons whose day has come are committed")


class TakeUpDue:
    """The job that evaluates a batch of persons whose ``next_due`` has come."""

    def __init__(
        self, units_of_work: UnitsOfWork, open_people: OpenPeople, refs: PersonRefs, *, batch: int
    ) -> None:
        self._units_of_work = units_of_work
        self._open_people = open_people
        self._refs = refs
        self._batch = batch

    async def __call__(self) -> bool:
        """Take up one batch; True where another may be waiting."""
        async with self._units_of_work.bounded("due") as uow:
            store = self._open_people(uow)
            people = await store.lock_due(limit=self._batch)
            keys = list(people.stored)
            changes = Changes(uow, self._refs, lane=DUE_LANE)
            for key in keys:
                changes.note(people.evaluate_again(key), cause="due")
            if keys:
                await changes.write(people, store)
        DUE_TAKEN_UP.inc(len(keys))
        if keys:
            log.info("due_taken_up", persons=len(keys))
        return len(keys) == self._batch
