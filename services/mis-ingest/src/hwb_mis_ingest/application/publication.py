"""What a run publishes of people and classes, and how: the same for uploads and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hwb_mis_ingest.application.ports import (
    ClaimedRun,
    ClassToKeep,
    KeptBackToSay,
    Records,
    RecordToKeep,
)
from hwb_mis_ingest.application.wording import (
    CHANGES_TOPIC,
    CLASS_CHANGED,
    CLASSES_TOPIC,
    RECORD_CHANGED,
    RecordWording,
    class_value,
)
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RunChanged, RunCounts
from hwb_schemas.words import RecordKind, RunChange

RUNS_TOPIC = "hwb.mis.runs"


class Saying(NamedTuple):
    """A word as it is published and kept.

    ``is_new`` where nothing was published of the person before; ``state_only`` where all but the
    state stays as it was, the digest too.
    """

    record: RecordToKeep
    changed: tuple[str, ...]
    is_new: bool = False
    state_only: bool = False


@dataclass(frozen=True, slots=True)
class KeptBackNews:
    """What a run says anew of rows that are kept back, for diagnosis only.

    ``again`` are the records of those who are kept back no longer and of whom the run says nothing
    else, as they were published; ``over`` is everybody who is kept back no longer.
    """

    rows: Sequence[KeptBackToSay] = ()
    again: Sequence[RecordToKeep] = ()
    over: Sequence[tuple[RecordKind, str]] = ()

    def __len__(self) -> int:
        return len(self.rows) + len(self.again)


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that one run publishes."""

    sayings: Sequence[Saying]
    classes: Sequence[ClassToKeep]
    kept_back: KeptBackNews = KeptBackNews()

    @property
    def changes(self) -> int:
        """How many events it makes on ``hwb.mis.changes``."""
        return len(self.sayings) + len(self.kept_back)


async def publish_all(
    uow: UnitOfWork, records: Records, run: ClaimedRun, what: Publication
) -> None:
    """Write the events, and keep the records and classes as last published."""
    wording = RecordWording(run)
    for one in what.sayings:
        uow.publish_json(
            CHANGES_TOPIC,
            wording.key(one.record.kind, one.record.code),
            RECORD_CHANGED,
            wording.value(one.record, one.changed),
            cause=run.traceparent,
        )
    await _publish_kept_back(uow, records, run, what.kept_back)
    new = [one.record for one in what.sayings if one.is_new]
    gone = [one.record for one in what.sayings if one.state_only]
    changed = [one.record for one in what.sayings if not (one.is_new or one.state_only)]
    if new:
        await records.add_new(uow.session, run.school, run.run_seq, new)
    if changed:
        await records.replace(uow.session, run.school, run.run_seq, changed)
    if gone:
        states = [(one.kind, one.code, one.state) for one in gone]
        await records.set_states(uow.session, run.school, run.run_seq, states)
    for change in what.classes:
        uow.publish_json(
            CLASSES_TOPIC,
            change.class_key,
            CLASS_CHANGED,
            class_value(run, change),
            cause=run.traceparent,
        )
    if what.classes:
        await records.keep_classes(uow.session, run.school, run.run_seq, what.classes)


async def _publish_kept_back(
    uow: UnitOfWork, records: Records, run: ClaimedRun, news: KeptBackNews
) -> None:
    """What is published of people and how far stays as it is: none of it is a word on them."""
    wording = RecordWording(run)
    for row in news.rows:
        value = wording.value_kept_back(row)
        key = wording.key(row.kind, row.code)
        uow.publish_json(CHANGES_TOPIC, key, RECORD_CHANGED, value, cause=run.traceparent)
    for record in news.again:
        value = wording.value(record, ())
        key = wording.key(record.kind, record.code)
        uow.publish_json(CHANGES_TOPIC, key, RECORD_CHANGED, value, cause=run.traceparent)
    if news.rows:
        await records.keep_back(uow.session, run.school, news.rows)
    if news.over:
        await records.forget_kept_back(uow.session, run.school, news.over)


def announce(
    uow: UnitOfWork,
    run: ClaimedRun,
    change: RunChange,
    *,
    counts: RunCounts | None = None,
    reason: str | None = None,
) -> None:
    """Say what happened to a run."""
    uow.publish(
        RUNS_TOPIC,
        run.school,
        RunChanged(
            change=change,
            run_id=run.run_id,
            school=run.school,
            run_seq=run.run_seq,
            received_at=run.received_at,
            counts=counts or RunCounts(),
            reason=reason,
        ),
        cause=run.traceparent,
    )
