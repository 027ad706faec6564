"""Uploads that arrive in parts: begun, continued where they stopped, and taken like any other."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from hwb_mis_ingest.adapters.session_table import SessionTable
from hwb_mis_ingest.application.receive_upload import Upload
from hwb_mis_ingest.application.resume_upload import (
    PART_BYTES,
    Announced,
    ResumeDesk,
    UploadSession,
)
from hwb_mis_ingest.entrypoints.callers import Sender
from hwb_mis_ingest.entrypoints.intake import (
    Intake,
    answer_of,
    body_of,
    problem_of,
    request_digest,
)
from hwb_mis_ingest.entrypoints.replies import Receipt
from hwb_mis_ingest.errors import too_large
from hwb_mis_ingest.session_errors import UploadPartWrongError, UploadSessionUnknownError
from hwb_mis_ingest.settings import Settings
from hwb_runtime.auth import Caller
from hwb_runtime.commands import IdempotencyKey, KeyUsedError, Reply, command_once, name_of
from hwb_runtime.database import Session
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.problems import ProblemError
from hwb_runtime.texts import A_NUMBER, Instant, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork

CREATED = 201

Offset = Annotated[
    int,
    Header(
        alias="Upload-Offset",
        ge=0,
        le=2**53,
        description="Where the part begins: the offset that the session had.",
    ),
]
_PART = {"schema": {"type": "string", "format": "binary", "maxLength": PART_BYTES}}


class SessionWanted(BaseModel):
    """An upload before it is sent: its length in bytes, its digest, and when it was exported."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"length": 8_400_000, "sha256": "0" * 64}]}
    )

    length: Annotated[int, Field(ge=1, le=2**53), A_NUMBER]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    extracted_at: Instant | None = None


class SessionShown(BaseModel):
    """``offset`` bytes are kept for good; the next part must have ``part_bytes``, 0 for none.

    ``taken``: the run is there; finish gives its receipt.
    """

    session_id: str
    school: str
    length: int
    offset: int
    part_bytes: int
    taken: bool


def add_session_routes(app: FastAPI, intake: Intake, desk: ResumeDesk) -> None:
    """Add the routes to the application of ``make_api``."""
    _add_begin(app, intake, desk)
    _add_parts(app, intake, desk)
    _add_finish(app, intake, desk)


def _add_begin(app: FastAPI, intake: Intake, desk: ResumeDesk) -> None:
    settings: Settings = intake.platform.settings

    @app.post(
        "/v1/schools/{school}/upload-sessions",
        status_code=CREATED,
        responses={
            200: {"model": SessionShown, "description": "Begun before; go on at its offset"},
            **also_answers(413, 429),
        },
        summary="Begin an upload in parts, or find it again",
    )
    async def begin(
        school: SchoolNumber,
        wanted: SessionWanted,
        caller: Sender,
        idempotency_key: IdempotencyKey,
        response: Response,
    ) -> SessionShown:
        """A session is known by its Idempotency-Key: who has lost everything else finds it."""
        if wanted.length > settings.max_upload_bytes:
            raise problem_of(too_large(f"It has more than {settings.max_upload_bytes} bytes."))
        announced = Announced(
            school=school,
            caller=name_of(caller),
            key=idempotency_key,
            length=wanted.length,
            sha256=wanted.sha256,
            extracted_at=wanted.extracted_at,
        )
        found = await desk.begun(announced.caller, announced.key)
        if found is None:
            await intake.ensure_pace(caller, school, what="upload session")
            found = await desk.begin(announced)
        else:
            response.status_code = 200
        if not found.is_of(announced):
            raise KeyUsedError
        response.headers["Location"] = f"/v1/schools/{school}/upload-sessions/{found.session_id}"
        return _shown(found)

    @app.get(
        "/v1/schools/{school}/upload-sessions/{session_id}", summary="How far an upload has come"
    )
    async def session(school: SchoolNumber, session_id: UUID, caller: Sender) -> SessionShown:
        """Only whoever began it sees it."""
        found = await desk.look(str(session_id), school=school, caller=name_of(caller))
        return _shown(found)


def _add_parts(app: FastAPI, intake: Intake, desk: ResumeDesk) -> None:
    settings: Settings = intake.platform.settings

    @app.patch(
        "/v1/schools/{school}/upload-sessions/{session_id}",
        responses=also_answers(408, 409, 413),
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/octet-stream": _PART}}
        },
        summary="Send the next part of an upload",
    )
    async def append(
        school: SchoolNumber,
        session_id: UUID,
        request: Request,
        caller: Sender,
        upload_offset: Offset,
    ) -> SessionShown:
        """What is answered is kept; a part whose connection broke is not, and is sent again."""
        mine = name_of(caller)
        one = await desk.look(str(session_id), school=school, caller=mine)
        part = await body_of(
            request,
            most=PART_BYTES,
            seconds=settings.max_receive_seconds,
            beyond=UploadPartWrongError(found=PART_BYTES + 1, wanted=one.next_part),
        )
        found = await desk.append(
            str(session_id), school=school, caller=mine, start=upload_offset, part=part
        )
        return _shown(found)


def _add_finish(app: FastAPI, intake: Intake, desk: ResumeDesk) -> None:
    @app.post(
        "/v1/schools/{school}/upload-sessions/{session_id}/finish",
        status_code=202,
        response_model=Receipt,
        responses=also_answers(400, 409, 413, 429),
        summary="Have an upload in parts taken, once all of it is there",
    )
    async def finish(school: SchoolNumber, session_id: UUID, caller: Sender) -> Response:
        """Judged and answered as an upload in one piece; asked again, the answer is the same.

        An upload that is refused is forgotten, with its session.
        """
        mine = name_of(caller)
        one, data = await desk.whole(str(session_id), school=school, caller=mine)
        if data is None:
            return await _first_receipt(intake, one, caller)
        await intake.ensure_pace(caller, school)
        upload = Upload(school, data, one.extracted_at, caller.subject)

        async def forget_parts(session: Session) -> None:
            await SessionTable(session).set_taken(one.session_id)

        try:
            return await intake.take(upload, key=one.key, caller=caller, then=forget_parts)
        except ProblemError:
            await desk.drop(one)
            raise


async def _first_receipt(intake: Intake, one: UploadSession, caller: Caller) -> Response:
    async def effect(_: UnitOfWork) -> Reply:
        raise UploadSessionUnknownError(one.session_id)

    reply = await command_once(
        intake.platform.units_of_work,
        key=one.key,
        caller=caller,
        request=request_digest(one.school, one.extracted_at, bytes.fromhex(one.sha256)),
        effect=effect,
    )
    return answer_of(reply)


def _shown(one: UploadSession) -> SessionShown:
    return SessionShown(
        session_id=one.session_id,
        school=one.school,
        length=one.length,
        offset=one.received,
        part_bytes=one.next_part,
        taken=one.taken,
    )
