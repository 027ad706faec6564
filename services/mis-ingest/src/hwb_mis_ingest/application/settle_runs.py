"""Mark runs settled when identity says that all their changes are applied or parked."""

from collections.abc import Sequence

import structlog

from hwb_mis_ingest.application.ports import Runs
from hwb_mis_ingest.metrics import RUNS_SETTLED
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RunSettled

log = structlog.get_logger("hwb_mis_ingest.settle_runs")


async def settle_runs(runs: Runs, events: Sequence[Received[RunSettled]], uow: UnitOfWork) -> None:
    """One slice of ``hwb.identity.runs``; of two words on a run the later counts."""
    settled = {event.payload.run_id: event.payload for event in events if event.payload}
    count = await runs.settle(uow.session, list(settled.values()))
    RUNS_SETTLED.inc(count)
    for run_id in settled:
        log.info("run_settled", run_id=run_id)
    if count < len(settled):
        log.warning("runs_settled_that_are_not_published", runs=len(settled) - count)
