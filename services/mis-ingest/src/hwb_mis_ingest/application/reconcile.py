"""Find runs that wait for longer than they should, and take up again what can be."""

from datetime import timedelta
from typing import Protocol

from hwb_mis_ingest.application.ports import Runs
from hwb_mis_ingest.errors import INTERNAL_FAULT, overtaken
from hwb_runtime.database import Database, Session


class RunChecks(Protocol):
    """Questions about runs that may be stuck."""

    async def waiting(self, session: Session, *, longer_than: timedelta) -> list[tuple[str, str]]:
        """Run and school of runs that are received and not published."""
        ...

    async def unsettled(self, session: Session, *, longer_than: timedelta) -> list[tuple[str, str]]:
        """Run and school of runs that are published and not settled."""
        ...

    async def set_aside(self, session: Session, *, code: str) -> list[tuple[str, str, bool]]:
        """Run, school, and whether a later run of the school was published, of runs refused so."""
        ...

    async def requeue(self, session: Session, run_id: str) -> None:
        """Let a refused run be worked on again."""
        ...


async def reconcile(
    database: Database, checks: RunChecks, runs: Runs, *, fix: bool, longer_than: timedelta
) -> list[str]:
    """Findings as lines.

    ``fix`` queues runs that were set aside again, and forgets the uploads of those whose school has
    had a later run published since.
    """
    findings = []
    async with database.transaction() as session:
        for run_id, school in await checks.waiting(session, longer_than=longer_than):
            findings.append(
                f"run {run_id} of school {school} waits to be published: is a worker running, and "
                "is the outbox being relayed?"
            )
        for run_id, school in await checks.unsettled(session, longer_than=longer_than):
            findings.append(
                f"run {run_id} of school {school} is published and not settled: look at identity's "
                "lag and its parked events"
            )
        for run_id, school, is_overtaken in await checks.set_aside(session, code=INTERNAL_FAULT):
            if is_overtaken:
                if fix:
                    why = overtaken()
                    await runs.refuse(session, run_id, code=why.code, says=why.detail)
                findings.append(
                    f"run {run_id} of school {school} was set aside after failures, and a later "
                    "run was published: nothing is lost, the later one is whole"
                )
            elif fix:
                await checks.requeue(session, run_id)
                findings.append(f"run {run_id} of school {school} was set aside: queued again")
            else:
                findings.append(
                    f"run {run_id} of school {school} was set aside after failures: see run_failed "
                    "in the log, mend the cause, then reconcile --fix"
                )
    return findings
