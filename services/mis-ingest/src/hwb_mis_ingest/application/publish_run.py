"""Publish a run: judge its rows, compare them with what was last published, say what is new.

Everything of a run is one transaction: the comparison, the new last published records, the report,
the events, and the deletion of the upload.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson
import structlog

from hwb_mis_ingest.application.cases import keep_case
from hwb_mis_ingest.application.ports import (
    ClaimedRun,
    ClassToKeep,
    PublishedClass,
    Records,
    RecordToKeep,
    Runs,
    StagedPerson,
    UploadReader,
)
from hwb_mis_ingest.application.receive_upload import RUNS_TOPIC
from hwb_mis_ingest.application.wording import (
    CHANGES_TOPIC,
    CLASS_CHANGED,
    CLASSES_TOPIC,
    RECORD_CHANGED,
    ClassWording,
    RecordWording,
    digest_of,
)
from hwb_mis_ingest.domain.difference import Word, words_of_run
from hwb_mis_ingest.domain.snapshot import (
    NobodyThereError,
    Snapshot,
    WrongSchoolError,
    assemble,
)
from hwb_mis_ingest.errors import UploadRefusedError, nobody_there, wrong_school
from hwb_mis_ingest.metrics import REJECTED_ROWS, RUNS_PUBLISHED
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RunChanged, RunCounts
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import CaseKind, ClassState, RecordKind, RecordState, RunChange

log = structlog.get_logger("hwb_mis_ingest.publish_run")

CLAIMED = declare_crash_point("run_claimed", "a run is claimed, its upload is not yet read")
COMPARED = declare_crash_point(
    "run_compared", "a run is compared with the last published records, nothing is written"
)
WRITTEN = declare_crash_point(
    "run_written", "a run's records and events are written, not committed"
)


class Prepared(NamedTuple):
    """A snapshot with the JSON and digest of every good row, by the same index as its people."""

    snapshot: Snapshot
    bodies: list[bytes]
    digests: list[str]


@dataclass(frozen=True, slots=True)
class RunPublisher:
    """Publishes claimed runs."""

    runs: Runs
    records: Records
    reader: UploadReader
    refs: PersonRefs

    async def publish(self, uow: UnitOfWork, run: ClaimedRun) -> None:
        """Publish the run, or mark it refused where only reading it whole showed why."""
        uow.in_hand += 1
        crash_point(CLAIMED, in_hand=1)
        data = await self.runs.upload(uow.session, run.run_id)
        classes = await self.records.classes(uow.session, run.school)
        try:
            prepared = await asyncio.to_thread(self._prepare, data, run.school, classes)
        except UploadRefusedError as error:
            await self.refuse(uow, run, error)
            return
        del data
        snapshot = prepared.snapshot
        words = await self._compare(uow, run, prepared)
        crash_point(COMPARED, in_hand=1)
        await self._publish_people(uow, run, prepared, words)
        class_changes = await self._publish_classes(uow, run, snapshot, classes)
        missing = sum(1 for word in words if word.state is RecordState.MISSING)
        learners = sum(1 for person in snapshot.people if person.kind is RecordKind.LEARNER)
        counts = RunCounts(
            learners=learners,
            staff=len(snapshot.people) - learners,
            classes=len(snapshot.classes),
            rejected=snapshot.rejected_rows,
            missing=missing,
            changes=len(words),
            class_changes=class_changes,
        )
        await self.runs.publish(
            uow.session,
            run.run_id,
            published_at=uow.now,
            counts=counts,
            rejections=snapshot.rejections,
        )
        self._announce(uow, run, RunChange.PUBLISHED, counts=counts)
        await keep_case(
            uow, self.records, run, kind=CaseKind.REJECTED_ROWS, count=snapshot.rejected_rows
        )
        still_missing = await self.records.count_missing(uow.session, run.school)
        await keep_case(uow, self.records, run, kind=CaseKind.RECORD_MISSING, count=still_missing)
        crash_point(WRITTEN, in_hand=1)
        RUNS_PUBLISHED.inc()
        for rejection in snapshot.rejections:
            REJECTED_ROWS.labels(rejection.reason.value).inc()
        log.info(
            "run_published",
            run_id=run.run_id,
            school=run.school,
            rejected=counts.rejected,
            missing=counts.missing,
            changes=counts.changes,
            class_changes=counts.class_changes,
        )

    async def refuse(self, uow: UnitOfWork, run: ClaimedRun, error: UploadRefusedError) -> None:
        """Mark the run refused; nothing it says is published."""
        await self.runs.refuse(uow.session, run.run_id, code=error.code, says=error.detail)
        self.announce_refusal(uow, run, error)

    def announce_refusal(self, uow: UnitOfWork, run: ClaimedRun, error: UploadRefusedError) -> None:
        """Tell everyone that a run is refused."""
        self._announce(uow, run, RunChange.REFUSED, reason=error.code)
        log.warning("run_refused", run_id=run.run_id, school=run.school, reason=error.code)

    def _prepare(self, data: bytes, school: str, classes: Sequence[PublishedClass]) -> Prepared:
        current = {one.local_id: one.class_key for one in classes if one.current}
        try:
            snapshot = assemble(self.reader.open(data), school=school, published_classes=current)
        except WrongSchoolError as error:
            raise wrong_school(error.school, error.found) from error
        except NobodyThereError as error:
            raise nobody_there() from error
        bodies = [orjson.dumps(person.record) for person in snapshot.people]
        return Prepared(snapshot, bodies, [digest_of(body) for body in bodies])

    async def _compare(self, uow: UnitOfWork, run: ClaimedRun, prepared: Prepared) -> list[Word]:
        people = prepared.snapshot.people
        await self.records.stage(
            uow.session,
            (
                StagedPerson(person.kind.value, person.code, person.state.value, digest)
                for person, digest in zip(people, prepared.digests, strict=True)
            ),
        )
        differing = await self.records.differing(uow.session, run.school)
        former_upns = [
            stated for index in differing if (stated := people[index].former_upn) is not None
        ]
        return words_of_run(
            people=people,
            differing=differing,
            vanished=await self.records.vanished(uow.session, run.school, former_upns),
            shield=prepared.snapshot.shield,
            birth_date_unsure=prepared.snapshot.birth_date_unsure,
        )

    async def _publish_people(
        self, uow: UnitOfWork, run: ClaimedRun, prepared: Prepared, words: Sequence[Word]
    ) -> None:
        wording = RecordWording(run)
        new: list[RecordToKeep] = []
        changed: list[RecordToKeep] = []
        gone: list[tuple[str, str, str]] = []
        for word in words:
            if word.stated is None:
                body = orjson.dumps(word.record)
                gone.append((word.kind.value, word.code, word.state.value))
            else:
                body, kept = _to_keep(word, prepared)
                (new if word.is_new else changed).append(kept)
            uow.publish_json(
                CHANGES_TOPIC,
                wording.key(word),
                RECORD_CHANGED,
                wording.value(word, body),
                cause=run.traceparent,
            )
        if new:
            await self.records.add_new(uow.session, run.school, run.run_seq, new)
        if changed:
            await self.records.replace(uow.session, run.school, run.run_seq, changed)
        if gone:
            await self.records.set_states(uow.session, run.school, run.run_seq, gone)

    async def _publish_classes(
        self,
        uow: UnitOfWork,
        run: ClaimedRun,
        snapshot: Snapshot,
        published: Sequence[PublishedClass],
    ) -> int:
        """Publish what is new of classes; gives how many were."""
        wording = ClassWording(run, self.refs)
        before = {one.class_key: one for one in published}
        unsure = {local_id for one in snapshot.classes.values() for _, local_id in one.unsure}
        codes: Mapping[tuple[RecordKind, str], str] = {}
        if unsure:
            codes = await self.records.codes_of(uow.session, run.school, sorted(unsure))
        kept = []
        for key, one in snapshot.classes.items():
            body = wording.body(one, codes)
            digest = digest_of(body)
            last = before.get(key)
            if last is None or not last.current or last.digest != digest:
                state = ClassState.CURRENT
                kept.append(ClassToKeep(key, one.local_id, state.value, digest, body))
        gone = [
            one
            for one in published
            if one.current
            and one.class_key not in snapshot.classes
            and one.class_key not in snapshot.rejected_class_keys
        ]
        if gone:
            keys = [one.class_key for one in gone]
            bodies = await self.records.class_bodies(uow.session, run.school, keys)
            state = ClassState.WITHDRAWN
            kept += [
                ClassToKeep(
                    one.class_key, one.local_id, state.value, one.digest, bodies[one.class_key]
                )
                for one in gone
            ]
        for change in kept:
            uow.publish_json(
                CLASSES_TOPIC,
                change.class_key,
                CLASS_CHANGED,
                wording.value(change.class_key, ClassState(change.state), change.body),
                cause=run.traceparent,
            )
        if kept:
            await self.records.keep_classes(uow.session, run.school, run.run_seq, kept)
        return len(kept)

    def _announce(
        self,
        uow: UnitOfWork,
        run: ClaimedRun,
        change: RunChange,
        *,
        counts: RunCounts | None = None,
        reason: str | None = None,
    ) -> None:
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


def _to_keep(word: Word, prepared: Prepared) -> tuple[bytes, RecordToKeep]:
    """The JSON of a word on a stated row and what is kept of it.

    Where we added something to what the school stated, the digest is still that of its row: the
    same upload again must find nothing new.
    """
    index = word.stated or 0
    person = prepared.snapshot.people[index]
    body, digest = prepared.bodies[index], prepared.digests[index]
    if word.record is not person.record:
        body = orjson.dumps(word.record)
        if word.derived_former_upn is None:
            digest = digest_of(body)
        else:
            digest = digest_of(orjson.dumps({**word.record, "former_upn": None}))
    return body, RecordToKeep(
        word.kind.value,
        word.code,
        word.state.value,
        digest,
        person.local_id,
        word.derived_former_upn,
        body,
    )
