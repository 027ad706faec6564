"""Take an upload that has arrived, however it came: in one piece or in parts."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from fastapi import Request, Response

from hwb_mis_ingest.adapters.pace_table import take_one
from hwb_mis_ingest.application.receive_upload import Upload, UploadDesk
from hwb_mis_ingest.client_errors import TooManyPreviewsError, TooManyUploadsError
from hwb_mis_ingest.domain.pace import Pace
from hwb_mis_ingest.errors import UploadRefusedError, too_large, upload_too_slow
from hwb_mis_ingest.metrics import UPLOADS_REFUSED
from hwb_runtime.auth import Caller
from hwb_runtime.commands import Reply, once
from hwb_runtime.database import Session
from hwb_runtime.platform import Platform
from hwb_runtime.problems import ProblemError

TOO_LARGE = 413
TIMED_OUT = 408
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/zip": _BINARY,
            "application/jsonl": _BINARY,
            "application/octet-stream": _BINARY,
        },
    }
}
"""How the document describes an upload in one piece, in whichever form."""

Paced = Literal["upload", "upload session", "preview"]


async def _nothing(_: Session) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Intake:
    """What every way of sending an upload ends in."""

    platform: Platform
    desk: UploadDesk
    pace: Pace

    async def ensure_pace(self, caller: Caller, school: str, *, what: Paced = "upload") -> None:
        """Raise a 429 problem where this credential does this for this school too often."""
        async with self.platform.database.transaction() as session:
            wait = await take_one(session, f"{what} {caller.subject} {school}", self.pace)
        if wait and what == "preview":
            raise TooManyPreviewsError(seconds=wait)
        if wait:
            raise TooManyUploadsError(seconds=wait)

    async def take(
        self,
        upload: Upload,
        *,
        key: str,
        caller: Caller,
        then: Callable[[Session], Awaitable[None]] = _nothing,
    ) -> Response:
        """Check it, keep it with its run, do ``then`` in the same transaction, and answer.

        Raises a ProblemError where the upload as a whole is refused.
        """
        try:
            format_ = await self.desk.check(upload)
        except UploadRefusedError as error:
            raise problem_of(error) from error

        async with self.platform.units_of_work.begin() as uow:

            async def effect() -> Reply:
                run = await self.desk.take(uow, upload, format_=format_)
                return Reply(202, _receipt(run.run_id, upload.school))

            reply = await once(
                uow,
                key=key,
                caller=caller,
                request=request_digest(
                    upload.school, upload.extracted_at, hashlib.sha256(upload.data).digest()
                ),
                effect=effect,
            )
            await then(uow.session)
        return answer_of(reply)


def answer_of(reply: Reply) -> Response:
    """The receipt of an upload, as it is sent."""
    return Response(orjson.dumps(reply.body), reply.status, media_type="application/json")


async def body_of(
    request: Request, *, most: int, seconds: float, beyond: ProblemError | None = None
) -> bytes:
    """The request's bytes, read no further than is taken; ``beyond`` says that there are more."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise beyond or problem_of(too_large(f"It has more than {most} bytes."))
                parts.append(part)
    except TimeoutError as error:
        raise problem_of(upload_too_slow(seconds), status=TIMED_OUT) from error
    return b"".join(parts)


def problem_of(error: UploadRefusedError, *, status: int = 400) -> ProblemError:
    """The answer to an upload that is refused whole, which is counted."""
    UPLOADS_REFUSED.labels(error.code).inc()
    if error.code == "too_large":
        status = TOO_LARGE
    return ProblemError(status=status, code=error.code, title=error.title, detail=error.detail)


def request_digest(school: str, extracted_at: datetime | None, sha256: bytes) -> bytes:
    """What makes two uploads the same command."""
    instant = extracted_at.astimezone(UTC).isoformat() if extracted_at else ""
    return f"{school} {instant} ".encode() + sha256


def _receipt(run_id: str, school: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "school": school,
        "status": "received",
        "links": {"run": f"/v1/schools/{school}/runs/{run_id}"},
    }
