"""Apply what schools said: a slice of ``hwb.mis.changes`` becomes changes of accounts."""

from collections.abc import Iterable, Sequence

from hwb_identity.application.changes import Changes
from hwb_identity.application.doubts import Doubts
from hwb_identity.application.ports import KeptBack, OpenPeople, OpenRuns, PeopleStore
from hwb_identity.domain.doubt import Doubt
from hwb_identity.domain.enrolment import enrolment_said
from hwb_identity.domain.person import is_for_diagnosis_only
from hwb_identity.metrics import WORDS_DROPPED
from hwb_runtime.errors import PoisonError
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RecordChanged
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountRole, EnrolmentStatus, RecordKind, RecordState

ROLES = {RecordKind.LEARNER: AccountRole.LEARNER, RecordKind.STAFF: AccountRole.STAFF}


class TakeChanges:
    """The handler of ``hwb.mis.changes``."""

    def __init__(
        self,
        open_people: OpenPeople,
        open_runs: OpenRuns,
        doubts: Doubts,
        person_refs: PersonRefs,
    ) -> None:
        self._open_people = open_people
        self._open_runs = open_runs
        self._doubts = doubts
        self._refs = person_refs

    async def __call__(self, events: Sequence[Received[RecordChanged]], uow: UnitOfWork) -> None:
        """Apply a slice; raises PoisonError for a word that no rule can judge."""
        words = [(event, readable(event.payload)) for event in events]
        store = self._open_people(uow)
        people = await store.lock(keys_of((event.key, change) for event, change in words))
        changes = Changes(uow, self._refs, lane=events[0].partition)
        counts: dict[str, tuple[int, int]] = {}
        kept_back: list[tuple[str, KeptBack]] = []
        doubts: list[tuple[Doubt, str | None]] = []
        dropped = 0
        for event, change in words:
            said = enrolment_said(change, event.key)
            taken = people.take(said, ROLES[change.kind])
            if taken is None:
                if is_for_diagnosis_only(people.person_of(event.key), said):
                    kept_back.append((change.run_id, _kept_back(change, event.key)))
                else:
                    dropped += 1
                continue
            for evaluation in taken.evaluations:
                if evaluation.change is not None or evaluation.cases:
                    changes.note(
                        evaluation,
                        cause=f"run:{change.run_id}",
                        traceparent=event.traceparent,
                        lane=event.partition,
                    )
            if taken.doubt is not None:
                doubts.append((taken.doubt, event.traceparent))
            applied, pending = counts.get(change.run_id, (0, 0))
            counts[change.run_id] = (applied + 1, pending + taken.leaves_pending)
        if kept_back:
            dropped += await _keep_back(store, kept_back, counts)
        if doubts:
            await self._doubts.raise_all(doubts, uow)
        WORDS_DROPPED.inc(dropped)
        await changes.write(people, store)
        if people.withdrawn:
            await self._doubts.withdraw(people.withdrawn.values(), uow)
        await self._open_runs(uow).count(events[0].partition, counts)


def _kept_back(change: RecordChanged, key: str) -> KeptBack:
    reasons = " ".join(change.reasons)
    return KeptBack(key, change.school, change.state.value, change.run_seq, reasons)


async def _keep_back(
    store: PeopleStore,
    rows: Sequence[tuple[str, KeptBack]],
    counts: dict[str, tuple[int, int]],
) -> int:
    """Keep the newest row of each person and school; counts all and gives how many were known."""
    latest = await store.keep_back([row for _, row in rows])
    dropped = 0
    for run_id, row in rows:
        if row.run_seq <= latest.get((row.key, row.school), 0):
            dropped += 1
            continue
        latest[row.key, row.school] = row.run_seq
        applied, pending = counts.get(run_id, (0, 0))
        counts[run_id] = (applied + 1, pending)
    return dropped


def keys_of(words: Iterable[tuple[str, RecordChanged]]) -> set[str]:
    """The keys of everybody whom these words may be about."""
    keys = set()
    for key, change in words:
        keys.add(key)
        if change.record.former_upn is not None:
            keys.add(change.record.former_upn)
    return keys


def readable(change: RecordChanged | None) -> RecordChanged:
    """The word, if this version of identity knows every word in it that the rules turn on.

    Raises PoisonError.
    """
    if change is None:
        raise PoisonError("a record was deleted without a word: mis.changes has no tombstones")
    if change.kind is RecordKind.UNKNOWN:
        raise PoisonError("the kind of record is not known: deploy the newest identity, replay")
    if change.state is RecordState.UNKNOWN:
        raise PoisonError(
            "the state of the record is not known: deploy the newest identity, replay"
        )
    if change.record.enrolment_status is EnrolmentStatus.UNKNOWN:
        raise PoisonError("the enrolment status is not known: deploy the newest identity, replay")
    return change
