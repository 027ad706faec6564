"""Preview an upload: exactly what its run would do, and nothing of it is done."""

import asyncio

from hwb_mis_ingest.application.plan_run import RunPlan, RunPlanner
from hwb_runtime.platform import Platform


class PreviewDesk:
    """Plans runs that are never carried out; so many at once that memory stays bounded."""

    def __init__(self, platform: Platform, planner: RunPlanner, *, at_once: int) -> None:
        self._platform = platform
        self._planner = planner
        self._room = asyncio.Semaphore(at_once)

    async def preview(self, school: str, data: bytes) -> RunPlan:
        """The plan of this upload, were it worked on now. Raises UploadRefusedError."""
        async with self._room, self._platform.units_of_work.begin() as uow:
            return await self._planner.plan(uow.session, school=school, data=data, today=uow.today)
