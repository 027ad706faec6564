"""Publish a run: judge its rows, compare them with what was last published, say what is new.

Everything of a run is one transaction: the comparison, the new last published records, the report,
the events, the held rows, and the deletion of the upload.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from hwb_mis_ingest.application.cases import keep_cases
from hwb_mis_ingest.application.guard_ports import Holds, Seasons
from hwb_mis_ingest.application.plan_run import RunPlan, RunPlanner
from hwb_mis_ingest.application.ports import ClaimedRun, Records, Runs
from hwb_mis_ingest.application.publication import announce, publish_all
from hwb_mis_ingest.domain.season_guard import year_group_of
from hwb_mis_ingest.errors import UploadRefusedError
from hwb_mis_ingest.metrics import REJECTED_ROWS, ROWS_HELD, RUNS_PUBLISHED
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import CaseKind, RunChange

log = structlog.get_logger("hwb_mis_ingest.publish_run")

CLAIMED = declare_crash_point("run_claimed", "a run is claimed, its upload is not yet read")
COMPARED = declare_crash_point(
    "run_compared", "a run is compared with the last published records, nothing is written"
)
WRITTEN = declare_crash_point(
    "run_written", "a run's records and events are written, not committed"
)


@dataclass(frozen=True, slots=True)
class RunPublisher:
    """Publishes claimed runs."""

    runs: Runs
    records: Records
    holds: Holds
    seasons: Seasons
    planner: RunPlanner
    rollback_for: timedelta

    async def publish(self, uow: UnitOfWork, run: ClaimedRun) -> None:
        """Publish the run, or mark it refused where only reading it whole showed why."""
        uow.in_hand += 1
        crash_point(CLAIMED, in_hand=1)
        data = await self.runs.upload(uow.session, run.run_id)
        try:
            plan = await self.planner.plan(
                uow.session, school=run.school, data=data, today=uow.today
            )
        except UploadRefusedError as error:
            await self.refuse(uow, run, error)
            return
        del data
        crash_point(COMPARED, in_hand=1)
        await self._carry_out(uow, run, plan)
        crash_point(WRITTEN, in_hand=1)
        RUNS_PUBLISHED.inc()
        ROWS_HELD.inc(plan.counts.held)
        for rejection in plan.snapshot.rejections:
            REJECTED_ROWS.labels(rejection.reason.value).inc()
        log.info(
            "run_published",
            run_id=run.run_id,
            school=run.school,
            rejected=plan.counts.rejected,
            missing=plan.counts.missing,
            changes=plan.counts.changes,
            class_changes=plan.counts.class_changes,
            held=plan.counts.held,
        )

    async def refuse(self, uow: UnitOfWork, run: ClaimedRun, error: UploadRefusedError) -> None:
        """Mark the run refused; nothing it says is published."""
        await self.runs.refuse(uow.session, run.run_id, code=error.code, says=error.detail)
        self.announce_refusal(uow, run, error)

    def announce_refusal(self, uow: UnitOfWork, run: ClaimedRun, error: UploadRefusedError) -> None:
        """Tell everyone that a run is refused."""
        announce(uow, run, RunChange.REFUSED, reason=error.code)
        log.warning("run_refused", run_id=run.run_id, school=run.school, reason=error.code)

    async def _carry_out(self, uow: UnitOfWork, run: ClaimedRun, plan: RunPlan) -> None:
        counts = plan.counts
        await self._count(uow, run, plan)
        await publish_all(uow, self.records, run, plan.publication)
        await self.seasons.look_at_end_of_year(
            uow.session, run.school, plan.rules.season, plan.rules.top_year_groups
        )
        await self.runs.publish(
            uow.session,
            run.run_id,
            published_at=uow.now,
            counts=counts,
            rejections=plan.snapshot.rejections,
        )
        announce(uow, run, RunChange.PUBLISHED, counts=counts)
        await self.holds.supersede(uow.session, run.school)
        await self.holds.forget_before(uow.session, run.school, uow.now - self.rollback_for)
        if counts.held:
            await self.holds.hold(uow.session, run.run_id, plan.held)
            announce(uow, run, RunChange.HELD, counts=counts, reason="season_guard")
        still_missing = await self.records.count_missing(uow.session, run.school)
        await keep_cases(
            uow,
            self.records,
            run,
            {
                CaseKind.REJECTED_ROWS: counts.rejected,
                CaseKind.RECORD_MISSING: still_missing,
                CaseKind.RUN_HELD: counts.held,
            },
        )

    async def _count(self, uow: UnitOfWork, run: ClaimedRun, plan: RunPlan) -> None:
        """Keep what the season guard must know, before the records are replaced.

        In the rollover also of a run that says nothing new: so does a MIS that has not moved up.
        """
        season, taken = plan.rules.season, plan.taken
        if not season.expects_leavers and all(word.before is None for word in plan.words):
            return
        await self.seasons.keep_roll(uow.session, run.school, season)
        await self.seasons.forget(
            uow.session, run.school, [(word.kind, word.code) for word in taken.back.values()]
        )
        await self.seasons.count(
            uow.session,
            run.school,
            season.name,
            stopped={
                (word.kind, word.code): year_group_of(word) for word in taken.stopping.values()
            },
            places=sum(taken.places.values()),
        )
