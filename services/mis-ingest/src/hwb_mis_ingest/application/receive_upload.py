"""Take an upload: judged as a whole at once, kept with its run before the answer is given."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import structlog

from hwb_mis_ingest.application.ports import NewRun, Runs, UploadReader
from hwb_mis_ingest.application.publication import RUNS_TOPIC
from hwb_mis_ingest.metrics import UPLOADS
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.tracing import next_traceparent
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import RunChanged
from hwb_schemas.words import RunChange

log = structlog.get_logger("hwb_mis_ingest.receive_upload")

CHECKED = declare_crash_point(
    "upload_checked", "an upload is found good, nothing of it is stored", process="api"
)
STORED = declare_crash_point(
    "upload_stored", "an upload and its run are written, not committed", process="api"
)


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent. ``sender`` is the caller's subject; ``format`` is known once it is checked."""

    school: str
    data: bytes
    extracted_at: datetime | None
    sender: str


class UploadDesk:
    """Receives uploads; so many are checked at once that memory stays bounded."""

    def __init__(self, runs: Runs, reader: UploadReader, *, at_once: int) -> None:
        self._runs = runs
        self._reader = reader
        self._room = asyncio.Semaphore(at_once)

    async def check(self, upload: Upload) -> str:
        """The format of an upload that can be taken whole. Raises UploadRefusedError."""
        async with self._room:
            found = await asyncio.to_thread(self._reader.check, upload.data, upload.school)
        crash_point(CHECKED, in_hand=1)
        return found

    async def take(self, uow: UnitOfWork, upload: Upload, *, format_: str) -> NewRun:
        """Keep a checked upload and announce its run. Raises OutdatedExtractError."""
        run_seq = await self._runs.next_run_seq(uow.session, upload.school, upload.extracted_at)
        run = NewRun(
            run_id=str(uuid4()),
            school=upload.school,
            run_seq=run_seq,
            format=format_,
            extracted_at=upload.extracted_at,
            received_at=uow.now,
            received_from=upload.sender,
            traceparent=next_traceparent(),
            digest=hashlib.sha256(upload.data).hexdigest(),
        )
        await self._runs.add(uow.session, run, upload.data)
        uow.publish(
            RUNS_TOPIC,
            run.school,
            RunChanged(
                change=RunChange.RECEIVED,
                run_id=run.run_id,
                school=run.school,
                run_seq=run.run_seq,
                received_at=run.received_at,
            ),
            cause=run.traceparent,
        )
        crash_point(STORED, in_hand=1)
        UPLOADS.labels(format_).inc()
        log.info("run_received", run_id=run.run_id, school=run.school, run_seq=run.run_seq)
        return run
