"""Say when a run is settled: all its changes are applied, or parked where a person sees them."""

from collections.abc import Sequence

import structlog

from hwb_identity.application.ports import OpenRuns, PublishedRun, RunStanding
from hwb_identity.metrics import RUNS_SETTLED, UNSETTLED
from hwb_runtime.crash import declare_crash_point
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.events import RunChanged, RunSettled
from hwb_schemas.words import RunChange

log = structlog.get_logger("hwb_identity.settle_runs")

RUNS = "hwb.identity.runs"

declare_crash_point("settle_before_commit", "runs are found settled, nobody has been told")
declare_crash_point("settle_after_commit", "runs are marked as settled, their events wait")


class RememberRuns:
    """The handler of ``hwb.mis.runs``: what a published run consists of."""

    def __init__(self, open_runs: OpenRuns) -> None:
        self._open_runs = open_runs

    async def __call__(self, events: Sequence[Received[RunChanged]], uow: UnitOfWork) -> None:
        """Remember the published ones, and for diagnosis the newest word on each school's runs."""
        published = [
            PublishedRun(
                run.run_id,
                run.school,
                run.run_seq,
                run.counts.changes,
                event.traceparent,
                uow.now,
                run.counts.rejected,
                run.counts.held,
            )
            for event in events
            if (run := event.payload) is not None and run.change is RunChange.PUBLISHED
        ]
        if published:
            await self._open_runs(uow).published(published)
        newest = {
            run.school: (run.school, run.run_id, run.run_seq, run.change.value, uow.now)
            for event in events
            if (run := event.payload) is not None and run.change is not RunChange.UNKNOWN
        }
        if newest:
            await self._open_runs(uow).heard(list(newest.values()))


class SettleRuns:
    """The job that publishes ``run settled``, once a run."""

    def __init__(self, units_of_work: UnitsOfWork, open_runs: OpenRuns) -> None:
        self._units_of_work = units_of_work
        self._open_runs = open_runs

    async def __call__(self) -> bool:
        """Settle what can be settled; never more to do at once."""
        async with self._units_of_work.bounded("settle") as uow:
            runs = self._open_runs(uow)
            unsettled = await runs.unsettled()
            UNSETTLED.set(len(unsettled))
            if not unsettled:
                return False
            parked = await runs.parked_by_run()
            done = [
                run for run in unsettled if run.applied + parked.get(run.run_id, 0) >= run.changes
            ]
            for run in done:
                event = _settled(run, parked.get(run.run_id, 0), uow)
                uow.publish(RUNS, run.school, event, cause=run.traceparent)
            if done:
                await runs.settle([run.run_id for run in done], uow.now)
        RUNS_SETTLED.inc(len(done))
        for run in done:
            log.info("run_settled", run_id=run.run_id, school=run.school)
        return False


def _settled(run: RunStanding, parked: int, uow: UnitOfWork) -> RunSettled:
    return RunSettled(
        run_id=run.run_id,
        school=run.school,
        run_seq=run.run_seq,
        applied=run.applied,
        pending=run.pending,
        parked=parked,
        settled_at=uow.now,
    )
