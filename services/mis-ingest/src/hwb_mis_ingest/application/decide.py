"""What people decide of runs: approve, discard, roll back, and that a school is closing.

All of it happens under the lock of the school, so that no upload is worked on meanwhile. What is
approved or rolled back is published as a run of its own: the sequence of a school's word goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import structlog

from hwb_mis_ingest.application.cases import keep_cases
from hwb_mis_ingest.application.guard_ports import (
    HeldList,
    Holds,
    Reversal,
    RunToDecide,
    Seasons,
)
from hwb_mis_ingest.application.keep_back import held_no_longer
from hwb_mis_ingest.application.plan_run import rules_for
from hwb_mis_ingest.application.ports import ClaimedRun, Records, Runs
from hwb_mis_ingest.application.publication import (
    KeptBackNews,
    Publication,
    announce,
    publish_all,
)
from hwb_mis_ingest.decision_errors import (
    LaterUploadWaitsError,
    NothingToDecideError,
    NotPublishedError,
    OtherListError,
    TooLongAgoError,
)
from hwb_mis_ingest.errors import UnknownRunError
from hwb_runtime.files import SchoolRegister
from hwb_runtime.tracing import next_traceparent
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import RunCounts
from hwb_schemas.words import CaseKind, RecordKind, RecordState, RunChange

log = structlog.get_logger("hwb_mis_ingest.decide")

APPROVAL, ROLLBACK = "approval", "rollback"


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decides. ``by`` is the caller's subject."""

    school: str
    run_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``run_id`` is the run that the decision made, None where it made none."""

    run_id: str | None
    changes: int = 0
    class_changes: int = 0
    discarded: Sequence[str] = ()
    reversal: Reversal | None = None


@dataclass(frozen=True, slots=True)
class DecisionDesk:
    """Carries decisions out."""

    runs: Runs
    records: Records
    holds: Holds
    seasons: Seasons
    calendar: RolloverCalendar
    register: SchoolRegister
    rollback_for: timedelta

    async def approve(self, uow: UnitOfWork, decision: Decision, *, digest: str) -> Outcome:
        """Publish exactly the held rows with this digest, or let a waiting upload go on."""
        run = await self._run(uow, decision)
        if run.status == "waiting":
            return await self._release(uow, decision, run, digest)
        held = await self._open_list(uow, decision, run, digest)
        made = await self._new_run(uow, decision, APPROVAL)
        people = [(RecordKind(one.saying.record.kind), one.saying.record.code) for one in held.rows]
        await self.seasons.forget(uow.session, decision.school, people)
        what = Publication(
            [one.saying for one in held.rows], held.classes, KeptBackNews(over=people)
        )
        await self.holds.settle_hold(
            uow.session, run.run_id, hold="approved", by=decision.by, at=uow.now
        )
        announce(uow, _claimed(decision.school, run), RunChange.APPROVED)
        outcome = await self._publish(uow, made, what)
        await keep_cases(uow, self.records, made, {CaseKind.RUN_HELD: 0})
        log.info(
            "run_approved", made_run_id=made.run_id, school=decision.school, run_id=decision.run_id
        )
        return outcome

    async def discard(self, uow: UnitOfWork, decision: Decision, *, digest: str) -> Outcome:
        """Forget the held rows, or the waiting upload; what is still so comes up again."""
        run = await self._run(uow, decision)
        if run.status == "waiting":
            _require(digest, run.digest)
            await self.holds.discard_upload(uow.session, run.run_id, by=decision.by, at=uow.now)
        else:
            await self._open_list(uow, decision, run, digest)
            await self.holds.settle_hold(
                uow.session, run.run_id, hold="discarded", by=decision.by, at=uow.now
            )
        claimed = _claimed(decision.school, run)
        announce(uow, claimed, RunChange.DISCARDED)
        await keep_cases(uow, self.records, claimed, {CaseKind.RUN_HELD: 0})
        log.info("run_discarded", school=decision.school, run_id=decision.run_id)
        return Outcome(run_id=None)

    async def roll_back(self, uow: UnitOfWork, decision: Decision) -> Outcome:
        """Publish the records as they were before the run, save those changed since.

        Twice does nothing: the second time gives the run of the first.
        """
        run = await self._run(uow, decision)
        if run.rolled_back_by is not None:
            return Outcome(run_id=run.rolled_back_by)
        if run.status not in {"published", "settled"}:
            raise NotPublishedError(run.run_id, run.status)
        if run.published_at is None or uow.now - run.published_at > self.rollback_for:
            raise TooLongAgoError(run.run_id, days=self.rollback_for.days)
        reversal = await self.holds.reversal(uow.session, decision.school, run.run_seq)
        made = await self._new_run(uow, decision, ROLLBACK)
        back = [
            (RecordKind(one.record.kind), one.record.code) for one in reversal.publication.sayings
        ]
        await self.seasons.forget(uow.session, decision.school, back)
        await self.holds.supersede(uow.session, decision.school)
        await self.holds.rolled_back(uow.session, run.run_id, by_run=made.run_id)
        announce(uow, _claimed(decision.school, run), RunChange.ROLLED_BACK, reason=made.run_id)
        no_longer = await held_no_longer(uow.session, self.records, decision.school, said=back)
        undone = replace(reversal.publication, kept_back=no_longer)
        outcome = await self._publish(uow, made, undone)
        await keep_cases(uow, self.records, made, {CaseKind.RUN_HELD: 0})
        log.info(
            "run_rolled_back",
            made_run_id=made.run_id,
            school=decision.school,
            run_id=decision.run_id,
        )
        return Outcome(made.run_id, outcome.changes, outcome.class_changes, reversal=reversal)

    async def approve_closing(self, uow: UnitOfWork, school: str, *, by: str) -> bool:
        """The school is closing: that its people leave is explained. False where it was noted."""
        noted = await self.holds.approve_closing(uow.session, school, by=by, at=uow.now)
        if noted:
            log.info("closing_approved", school=school)
        return noted

    async def _run(self, uow: UnitOfWork, decision: Decision) -> RunToDecide:
        await self.holds.lock_school(uow.session, decision.school)
        run = await self.holds.run(uow.session, decision.school, decision.run_id)
        if run is None:
            raise UnknownRunError(decision.run_id)
        return run

    async def _open_list(
        self, uow: UnitOfWork, decision: Decision, run: RunToDecide, digest: str
    ) -> HeldList:
        if run.hold != "open":
            raise NothingToDecideError(run.run_id, why=run.hold)
        _require(digest, run.hold_digest)
        if await self.holds.is_waiting(uow.session, decision.school):
            raise LaterUploadWaitsError
        return await self.holds.held(uow.session, run.run_id)

    async def _release(
        self, uow: UnitOfWork, decision: Decision, run: RunToDecide, digest: str
    ) -> Outcome:
        """One waiting upload goes on; those before it are discarded, those after it follow."""
        _require(digest, run.digest)
        earlier = await self.holds.earlier_waiting(uow.session, decision.school, run.run_seq)
        for one in earlier:
            await self.holds.discard_upload(uow.session, one.run_id, by=decision.by, at=uow.now)
            announce(uow, _claimed(decision.school, one), RunChange.DISCARDED)
        await self.holds.release_waiting(uow.session, decision.school)
        announce(uow, _claimed(decision.school, run), RunChange.APPROVED)
        log.info("upload_approved", school=decision.school, run_id=decision.run_id)
        return Outcome(run_id=None, discarded=[one.run_id for one in earlier])

    async def _new_run(self, uow: UnitOfWork, decision: Decision, format_: str) -> ClaimedRun:
        run_id, traceparent = str(uuid4()), next_traceparent()
        run_seq = await self.holds.add_decided(
            uow.session,
            decision.school,
            run_id=run_id,
            format_=format_,
            of_run=decision.run_id,
            by=decision.by,
            at=uow.now,
            traceparent=traceparent,
        )
        return ClaimedRun(run_id, decision.school, run_seq, uow.now, traceparent)

    async def _publish(self, uow: UnitOfWork, run: ClaimedRun, what: Publication) -> Outcome:
        announce(uow, run, RunChange.RECEIVED)
        await publish_all(uow, self.records, run, what)
        rules = rules_for(run.school, uow.today, self.calendar, self.register, is_closing=False)
        await self.seasons.look_at_end_of_year(
            uow.session, run.school, rules.season, rules.top_year_groups
        )
        states = [one.record.state for one in what.sayings]
        counts = RunCounts(
            missing=states.count(RecordState.MISSING.value),
            changes=what.changes,
            kept_back=len(what.kept_back),
            class_changes=len(what.classes),
        )
        await self.runs.publish(
            uow.session, run.run_id, published_at=uow.now, counts=counts, rejections=()
        )
        announce(uow, run, RunChange.PUBLISHED, counts=counts)
        still_missing = await self.records.count_missing(uow.session, run.school)
        await keep_cases(uow, self.records, run, {CaseKind.RECORD_MISSING: still_missing})
        return Outcome(run.run_id, counts.changes, counts.class_changes)


def _require(digest: str, expected: str | None) -> None:
    if digest != expected:
        raise OtherListError


def _claimed(school: str, run: RunToDecide) -> ClaimedRun:
    return ClaimedRun(run.run_id, school, run.run_seq, run.received_at, run.traceparent)
