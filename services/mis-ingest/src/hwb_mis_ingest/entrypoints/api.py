"""The HTTP API: take uploads, show runs, reports and the provisioning status."""

import asyncio
import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi import Path as PathParameter
from pydantic import AwareDatetime

from hwb_mis_ingest.adapters.pace_table import take_one
from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.application.clients import ClientDesk
from hwb_mis_ingest.application.decide import DecisionDesk
from hwb_mis_ingest.application.preview_run import Preview, PreviewDesk
from hwb_mis_ingest.application.receive_upload import Upload, UploadDesk
from hwb_mis_ingest.client_errors import TooManyUploadsError
from hwb_mis_ingest.domain.pace import Pace
from hwb_mis_ingest.entrypoints.client_routes import add_client_routes
from hwb_mis_ingest.entrypoints.decision_routes import EnsureKnown, add_decision_routes
from hwb_mis_ingest.entrypoints.replies import (
    Receipt,
    Report,
    Run,
    Runs,
)
from hwb_mis_ingest.entrypoints.reports import as_json, as_sheet, report_row
from hwb_mis_ingest.entrypoints.status_routes import add_status_routes
from hwb_mis_ingest.errors import (
    UnknownRunError,
    UnknownSchoolError,
    UploadRefusedError,
    too_large,
    upload_too_slow,
)
from hwb_mis_ingest.metrics import UPLOADS_REFUSED
from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, Callers, caller_with, ensure_school
from hwb_runtime.commands import IdempotencyKey, Reply, once
from hwb_runtime.platform import Platform
from hwb_runtime.problems import PROBLEM_ANSWERS, ProblemError
from hwb_schemas.words import Role

SENDERS = (Role.NETWORK_MANAGER, Role.LOCAL_AUTHORITY, Role.SERVICE, Role.OPERATOR)
READERS = (*SENDERS, Role.SERVICE_DESK, Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR)
TOO_LARGE = 413
TIMED_OUT = 408
TOO_OFTEN = 429

SchoolNumber = Annotated[
    str, PathParameter(pattern=r"^\d{7}$", description="Seven-digit school number.")
]
Sender = Annotated[Caller, caller_with(*SENDERS)]
Reader = Annotated[Caller, caller_with(*READERS)]
ExtractedAt = Annotated[
    AwareDatetime | None,
    Header(
        alias="Hwb-Extracted-At",
        description="When the data was exported from the MIS. An older export than the last one "
        "taken is refused.",
    ),
]
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/zip": _BINARY,
            "application/jsonl": _BINARY,
            "application/octet-stream": _BINARY,
        },
    }
}


def make_api(
    platform: Platform,
    desk: UploadDesk,
    views: RunViews,
    decisions: DecisionDesk,
    previews: PreviewDesk,
    clients: ClientDesk,
    callers: Callers,
) -> FastAPI:
    """The application, wired by bootstrap."""
    app = create_api(
        platform,
        title="Hwb mis-ingest",
        description="Takes schools' MIS snapshots and shows what became of them.",
        callers=callers,
    )
    settings = platform.settings
    pace = Pace(settings.client_uploads_at_once, settings.client_uploads_per_hour)

    def ensure_known(caller: Caller, school: str) -> None:
        ensure_school(caller, school)
        if platform.register.school(school) is None:
            raise UnknownSchoolError(school)

    @app.post(
        "/v1/schools/{school}/uploads",
        status_code=202,
        response_model=Receipt,
        responses={
            **PROBLEM_ANSWERS,
            TOO_LARGE: PROBLEM_ANSWERS[400],
            TIMED_OUT: PROBLEM_ANSWERS[400],
            TOO_OFTEN: {**PROBLEM_ANSWERS[400], "description": "Too often; see Retry-After"},
        },
        openapi_extra=_UPLOAD_BODY,
        summary="Send a school's whole snapshot",
    )
    async def upload(
        school: SchoolNumber,
        request: Request,
        caller: Sender,
        idempotency_key: IdempotencyKey,
        extracted_at: ExtractedAt = None,
    ) -> Response:
        """Take OneRoster 1.1 or 1.2, Microsoft SDS v2.1 or v1, a CTF or JSON lines.

        They are told apart by their content; docs/reference/upload-format.md describes them.

        A file that cannot be taken whole is refused at once and changes nothing. Rows are judged
        later: see the run and its report.
        """
        ensure_known(caller, school)
        await _ensure_pace(platform, pace, caller, school)
        data = await _body(
            request, most=settings.max_upload_bytes, seconds=settings.max_receive_seconds
        )
        upload = Upload(school, data, extracted_at, caller.subject)
        try:
            format_ = await desk.check(upload)
        except UploadRefusedError as error:
            raise _problem(error) from error

        async with platform.units_of_work.begin() as uow:

            async def effect() -> Reply:
                run = await desk.take(uow, upload, format_=format_)
                return Reply(202, _receipt(run.run_id, school))

            reply = await once(
                uow,
                key=idempotency_key,
                caller=caller,
                request=_request_digest(upload),
                effect=effect,
            )
        return Response(orjson.dumps(reply.body), reply.status, media_type="application/json")

    _add_runs(app, platform, views, ensure_known)
    add_status_routes(app, platform, views)
    add_client_routes(app, platform, desk=clients, ensure_known=ensure_known)

    async def preview_of(school: str, request: Request) -> Preview:
        data = await _body(
            request, most=settings.max_upload_bytes, seconds=settings.max_receive_seconds
        )
        try:
            return await previews.preview(school, data, caller=request.headers["Authorization"])
        except UploadRefusedError as error:
            raise _problem(error) from error

    add_decision_routes(
        app, platform, desk=decisions, views=views, ensure_known=ensure_known, preview_of=preview_of
    )
    return app


def _add_runs(app: FastAPI, platform: Platform, views: RunViews, ensure_known: EnsureKnown) -> None:
    @app.get("/v1/schools/{school}/runs", summary="A school's runs, newest first")
    async def runs(
        school: SchoolNumber,
        caller: Reader,
        before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Runs:
        """What the school sent and what became of it."""
        ensure_known(caller, school)
        async with platform.database.transaction() as session:
            found = await views.runs_of(session, school, before=before, limit=limit)
        following = found[-1]["run_seq"] if len(found) == limit else None
        return Runs.model_validate({"items": found, "next": following})

    @app.get("/v1/schools/{school}/runs/{run_id}", summary="One run")
    async def run(school: SchoolNumber, run_id: UUID, caller: Reader) -> Run:
        """Its status and counts."""
        ensure_known(caller, school)
        async with platform.database.transaction() as session:
            found = await views.run(session, school, str(run_id))
        if found is None:
            raise UnknownRunError(str(run_id))
        return Run.model_validate(found)

    @app.get(
        "/v1/schools/{school}/runs/{run_id}/report",
        summary="The rejected rows of a run",
        response_model=Report,
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def report(
        school: SchoolNumber,
        run_id: UUID,
        caller: Reader,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
        format_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> Response:
        """Where each fault is, why the row was rejected, and what to do about it."""
        ensure_known(caller, school)
        async with platform.database.transaction() as session:
            if await views.run(session, school, str(run_id)) is None:
                raise UnknownRunError(str(run_id))
            rows = await views.rejections(session, str(run_id), limit=limit)
            total = await views.count_rejections(session, str(run_id))
        found = Report(rows=[report_row(*row) for row in rows], total=total)
        return as_sheet(found, f"{school}-{run_id}.csv") if format_ == "csv" else as_json(found)


async def _ensure_pace(platform: Platform, pace: Pace, caller: Caller, school: str) -> None:
    """Raise a 429 problem where this credential sends this school's data too often."""
    async with platform.database.transaction() as session:
        wait = await take_one(session, f"upload {caller.subject} {school}", pace)
    if wait:
        raise TooManyUploadsError(seconds=wait)


async def _body(request: Request, *, most: int, seconds: float) -> bytes:
    """The request's bytes, read no further than is taken."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _problem(too_large(f"It has more than {most} bytes."), status=TOO_LARGE)
                parts.append(part)
    except TimeoutError as error:
        raise _problem(upload_too_slow(seconds), status=TIMED_OUT) from error
    return b"".join(parts)


def _problem(error: UploadRefusedError, *, status: int = 400) -> ProblemError:
    UPLOADS_REFUSED.labels(error.code).inc()
    if error.code == "too_large":
        status = TOO_LARGE
    return ProblemError(status=status, code=error.code, title=error.title, detail=error.detail)


def _request_digest(upload: Upload) -> bytes:
    extracted_at: datetime | None = upload.extracted_at
    instant = extracted_at.isoformat() if extracted_at else ""
    return f"{upload.school} {instant} ".encode() + hashlib.sha256(upload.data).digest()


def _receipt(run_id: str, school: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "school": school,
        "status": "received",
        "links": {"run": f"/v1/schools/{school}/runs/{run_id}"},
    }
