"""What a run publishes of people and classes, and how: the same for uploads and decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hwb_mis_ingest.application.ports import ClaimedRun, ClassToKeep, Records, RecordToKeep
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
from hwb_schemas.words import RunChange

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
class Publication:
    """Everything that one run publishes."""

    sayings: Sequence[Saying]
    classes: Sequence[ClassToKeep]


async def publish_all(
    uow: UnitOfWork, records: Records, run: ClaimedRun, what: Publication
) -> None:
    """Write the events, and keep the records and classes as last published."""
    wording = RecordWording(run)
    for one in what.sayings:
        uow.publish_json(
            CHANGES_TOPIC,
            wording.key(one.record),
            RECORD_CHANGED,
            wording.value(one.record, one.changed),
            cause=run.traceparent,
        )
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
