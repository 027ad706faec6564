"""Take up waiting runs: some of different schools at once, those of one school in order."""

import asyncio
import time

import structlog

from hwb_mis_ingest.application.ports import ClaimedRun, Runs
from hwb_mis_ingest.application.publish_run import RunPublisher
from hwb_mis_ingest.errors import internal_fault
from hwb_mis_ingest.metrics import RUN_SECONDS
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.errors import TransientError
from hwb_runtime.outbox import waiting_events
from hwb_runtime.unit_of_work import UnitsOfWork

log = structlog.get_logger("hwb_mis_ingest.work_runs")

COMMITTED = declare_crash_point("run_committed", "a run is published and committed")
FAILURES_BEFORE_REFUSAL = 3


class RunWork:
    """The worker's job: publishes what waits."""

    def __init__(
        self,
        units_of_work: UnitsOfWork,
        runs: Runs,
        publisher: RunPublisher,
        *,
        at_once: int,
        outbox_max_events: int,
    ) -> None:
        self._units_of_work = units_of_work
        self._runs = runs
        self._publisher = publisher
        self._at_once = at_once
        self._outbox_max_events = outbox_max_events
        self._is_busy = False

    async def run_once(self) -> bool:
        """Publish up to ``at_once`` runs; True when there was one.

        While none waits, one look is enough.
        """
        number = self._at_once if self._is_busy else 1
        tries = [asyncio.create_task(self._publish_next()) for _ in range(number)]
        await asyncio.wait(tries)
        published = [one.result() for one in tries]
        self._is_busy = any(published)
        return self._is_busy

    async def _publish_next(self) -> bool:
        began = time.monotonic()
        run: ClaimedRun | None = None
        try:
            async with self._units_of_work.begin() as uow:
                run = await self._runs.claim_next(uow.session)
                if run is None:
                    return False
                if await waiting_events(uow.session) > self._outbox_max_events:
                    return False
                await self._publisher.publish(uow, run)
        except TransientError:
            raise
        except Exception as error:
            if run is not None:
                await self._count_failure(run, error)
            raise
        crash_point(COMMITTED, in_hand=1)
        RUN_SECONDS.observe(time.monotonic() - began)
        return True

    async def _count_failure(self, run: ClaimedRun, error: Exception) -> None:
        """A run that ends the worker again and again is set aside, so that the others go on."""
        async with self._units_of_work.begin() as uow:
            failures = await self._runs.failed(uow.session, run.run_id)
            log.error(
                "run_failed",
                run_id=run.run_id,
                school=run.school,
                failures=failures,
                error=type(error).__name__,
            )
            if failures >= FAILURES_BEFORE_REFUSAL:
                fault = internal_fault()
                await self._runs.set_aside(
                    uow.session, run.run_id, code=fault.code, says=fault.detail
                )
                self._publisher.announce_refusal(uow, run, fault)
