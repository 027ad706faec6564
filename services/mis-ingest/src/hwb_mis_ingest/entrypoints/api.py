"""The HTTP API: take uploads, show runs, reports and the provisioning status."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Header, Query, Request, Response

from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.adapters.standing_table import StandingTable
from hwb_mis_ingest.application.clients import ClientDesk
from hwb_mis_ingest.application.decide import DecisionDesk
from hwb_mis_ingest.application.preview_run import Preview, PreviewDesk
from hwb_mis_ingest.application.receive_upload import Upload, UploadDesk
from hwb_mis_ingest.application.resume_upload import ResumeDesk
from hwb_mis_ingest.domain.pace import Pace
from hwb_mis_ingest.entrypoints.callers import Reader, Sender
from hwb_mis_ingest.entrypoints.client_routes import add_client_routes
from hwb_mis_ingest.entrypoints.decision_routes import add_decision_routes
from hwb_mis_ingest.entrypoints.intake import FILE_BODY, Intake, body_of, problem_of
from hwb_mis_ingest.entrypoints.replies import Receipt, Report, Run, Runs
from hwb_mis_ingest.entrypoints.reports import as_json, as_sheet, report_row
from hwb_mis_ingest.entrypoints.session_routes import add_session_routes
from hwb_mis_ingest.entrypoints.status_routes import add_status_routes
from hwb_mis_ingest.errors import UnknownRunError, UploadRefusedError
from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, Callers
from hwb_runtime.commands import IdempotencyKey
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import Instant, SchoolNumber

ExtractedAt = Annotated[
    Instant | None,
    Header(
        alias="Hwb-Extracted-At",
        description="When the data was exported from the MIS. An older export than the last one "
        "taken is refused.",
    ),
]


def make_api(
    platform: Platform,
    desk: UploadDesk,
    resuming: ResumeDesk,
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
    intake = Intake(platform, desk, pace)

    @app.post(
        "/v1/schools/{school}/uploads",
        status_code=202,
        response_model=Receipt,
        responses=also_answers(408, 413, 429),
        openapi_extra=FILE_BODY,
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
        await intake.ensure_pace(caller, school)
        data = await body_of(
            request, most=settings.max_upload_bytes, seconds=settings.max_receive_seconds
        )
        upload = Upload(school, data, extracted_at, caller.subject)
        return await intake.take(upload, key=idempotency_key, caller=caller)

    add_session_routes(app, intake, resuming)
    _add_runs(app, platform, views)
    add_status_routes(app, platform, views, StandingTable())
    add_client_routes(app, platform, clients)

    async def preview_of(school: str, request: Request, caller: Caller) -> Preview:
        await intake.ensure_pace(caller, school, what="preview")
        data = await body_of(
            request, most=settings.max_upload_bytes, seconds=settings.max_receive_seconds
        )
        try:
            return await previews.preview(school, data, caller=request.headers["Authorization"])
        except UploadRefusedError as error:
            raise problem_of(error) from error

    add_decision_routes(app, platform, desk=decisions, views=views, preview_of=preview_of)
    return app


def _add_runs(app: FastAPI, platform: Platform, views: RunViews) -> None:
    @app.get("/v1/schools/{school}/runs", summary="A school's runs, newest first")
    async def runs(
        school: SchoolNumber,
        _caller: Reader,
        before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Runs:
        """What the school sent and what became of it."""
        async with platform.database.transaction() as session:
            found = await views.runs_of(session, school, before=before, limit=limit)
        following = found[-1]["run_seq"] if len(found) == limit else None
        return Runs.model_validate({"items": found, "next": following})

    @app.get("/v1/schools/{school}/runs/{run_id}", summary="One run")
    async def run(school: SchoolNumber, run_id: UUID, _caller: Reader) -> Run:
        """Its status and counts."""
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
        _caller: Reader,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
        format_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> Response:
        """Where each fault is, why the row was rejected, and what to do about it."""
        async with platform.database.transaction() as session:
            if await views.run(session, school, str(run_id)) is None:
                raise UnknownRunError(str(run_id))
            rows = await views.rejections(session, str(run_id), limit=limit)
            total = await views.count_rejections(session, str(run_id))
        found = Report(rows=[report_row(*row) for row in rows], total=total)
        return as_sheet(found, f"{school}-{run_id}.csv") if format_ == "csv" else as_json(found)
