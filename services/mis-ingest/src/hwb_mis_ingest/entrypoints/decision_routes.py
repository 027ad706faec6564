"""The part of the API where people decide: preview, approve, discard, roll back, closing."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel

from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.application.decide import Decision, DecisionDesk, Outcome
from hwb_mis_ingest.application.preview_run import Preview as PreviewFound
from hwb_mis_ingest.decision_errors import OtherSchoolNumberError
from hwb_mis_ingest.entrypoints.decision_replies import (
    Approved,
    ChangedSince,
    Closing,
    ClosingNoted,
    Digest,
    Discarded,
    Held,
    Preview,
    RolledBack,
)
from hwb_mis_ingest.entrypoints.intake import FILE_BODY
from hwb_mis_ingest.entrypoints.preview_reply import held_row, preview_reply
from hwb_mis_ingest.errors import UnknownRunError
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import Role

DECIDERS = (
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.LOCAL_AUTHORITY,
    Role.SERVICE_DESK,
    Role.OPERATOR,
)
CLOSERS = (Role.LOCAL_AUTHORITY, Role.SERVICE_DESK, Role.OPERATOR)
READERS = (*DECIDERS, Role.NETWORK_MANAGER, Role.SERVICE)

Decider = Annotated[Caller, caller_with(*DECIDERS)]
Reader = Annotated[Caller, caller_with(*READERS)]
Closer = Annotated[Caller, caller_with(*CLOSERS)]
EnsureKnown = Callable[[Caller, str], None]


def add_decision_routes(  # noqa: C901 - a list of routes, each short
    app: FastAPI,
    platform: Platform,
    *,
    desk: DecisionDesk,
    views: RunViews,
    ensure_known: EnsureKnown,
    preview_of: Callable[[str, Request, Caller], Awaitable[PreviewFound]],
) -> None:
    """Add the routes to the application of ``make_api``."""

    async def command(
        caller: Caller,
        key: str,
        request: bytes,
        effect: Callable[[UnitOfWork], Awaitable[BaseModel]],
    ) -> Response:
        async def reply(uow: UnitOfWork) -> Reply:
            return Reply(200, (await effect(uow)).model_dump(mode="json"))

        answer = await command_once(
            platform.units_of_work, key=key, caller=caller, request=request, effect=reply
        )
        return Response(orjson.dumps(answer.body), answer.status, media_type="application/json")

    @app.post(
        "/v1/schools/{school}/preview",
        responses=also_answers(408, 413, 429),
        openapi_extra=FILE_BODY,
        summary="See what an upload would do, without doing it",
    )
    async def preview(
        school: SchoolNumber,
        request: Request,
        caller: Reader,
        limit: Annotated[int, Query(ge=0, le=10_000)] = 1000,
    ) -> Preview:
        """Exactly what a run of this file would do now: records, classes, accounts and groups.

        Accounts and groups are asked of their services in your name. Where one does not answer,
        the rest is shown and `known` is false for what is missing.
        """
        ensure_known(caller, school)
        return preview_reply(school, await preview_of(school, request, caller), limit)

    @app.get("/v1/schools/{school}/runs/{run_id}/held", summary="The held rows of a run")
    async def held(school: SchoolNumber, run_id: UUID, caller: Reader) -> Held:
        """Who is held and why. Approving takes the digest of this very list."""
        ensure_known(caller, school)
        async with platform.database.transaction() as session:
            run = await views.run(session, school, str(run_id))
            if run is None:
                raise UnknownRunError(str(run_id))
            found = await desk.holds.held(session, str(run_id))
        return Held(
            run_id=str(run_id),
            state=run["hold"],
            digest=found.digest or run["digest"],
            rows=[held_row(one) for one in found.rows],
            classes=[one.class_key for one in found.classes],
        )

    @app.post(
        "/v1/schools/{school}/runs/{run_id}/approve",
        response_model=Approved,
        summary="Approve the held rows of a run, or an upload that waits after a rollback",
    )
    async def approve(
        school: SchoolNumber,
        run_id: UUID,
        what: Digest,
        caller: Decider,
        idempotency_key: IdempotencyKey,
    ) -> Response:
        """Publish exactly the list with this digest, as a run of its own.

        An upload that waits after a rollback is worked on next; earlier ones are discarded.
        """
        ensure_known(caller, school)
        decision = Decision(school, str(run_id), caller.subject)

        async def effect(uow: UnitOfWork) -> Approved:
            return _approved(str(run_id), await desk.approve(uow, decision, digest=what.digest))

        request = f"approve {school} {run_id} {what.digest}".encode()
        return await command(caller, idempotency_key, request, effect)

    @app.post(
        "/v1/schools/{school}/runs/{run_id}/discard",
        response_model=Discarded,
        summary="Discard the held rows of a run, or an upload that waits",
    )
    async def discard(
        school: SchoolNumber,
        run_id: UUID,
        what: Digest,
        caller: Decider,
        idempotency_key: IdempotencyKey,
    ) -> Response:
        """Nothing of them is published; what the next upload still says comes up again."""
        ensure_known(caller, school)
        decision = Decision(school, str(run_id), caller.subject)

        async def effect(uow: UnitOfWork) -> Discarded:
            await desk.discard(uow, decision, digest=what.digest)
            return Discarded(run_id=str(run_id))

        request = f"discard {school} {run_id} {what.digest}".encode()
        return await command(caller, idempotency_key, request, effect)

    @app.post(
        "/v1/schools/{school}/runs/{run_id}/rollback",
        response_model=RolledBack,
        summary="Undo a run",
    )
    async def roll_back(
        school: SchoolNumber, run_id: UUID, caller: Decider, idempotency_key: IdempotencyKey
    ) -> Response:
        """Publish the records as they were before, as a run of its own.

        Records changed since stay and are listed. The school's later uploads wait until somebody
        approves one. Rolling back twice does nothing.
        """
        ensure_known(caller, school)
        decision = Decision(school, str(run_id), caller.subject)

        async def effect(uow: UnitOfWork) -> RolledBack:
            return _rolled_back(str(run_id), await desk.roll_back(uow, decision))

        return await command(
            caller, idempotency_key, f"rollback {school} {run_id}".encode(), effect
        )

    @app.post(
        "/v1/schools/{school}/closing",
        response_model=ClosingNoted,
        summary="Say that a school is closing",
    )
    async def closing(
        school: SchoolNumber, what: Closing, caller: Closer, idempotency_key: IdempotencyKey
    ) -> Response:
        """Approved once, by its number: from then on nobody who leaves it is held."""
        ensure_known(caller, school)
        if what.school != school:
            raise OtherSchoolNumberError(school)

        async def effect(uow: UnitOfWork) -> ClosingNoted:
            noted = await desk.approve_closing(uow, school, by=caller.subject)
            return ClosingNoted(school=school, newly=noted)

        return await command(caller, idempotency_key, f"closing {school}".encode(), effect)


def _approved(run_id: str, outcome: Outcome) -> Approved:
    return Approved(
        run_id=run_id,
        published_as=outcome.run_id,
        changes=outcome.changes,
        class_changes=outcome.class_changes,
        discarded=list(outcome.discarded),
    )


def _rolled_back(run_id: str, outcome: Outcome) -> RolledBack:
    reversal = outcome.reversal
    return RolledBack(
        run_id=run_id,
        published_as=outcome.run_id or "",
        changes=outcome.changes,
        class_changes=outcome.class_changes,
        changed_since=[
            ChangedSince(kind=kind, local_id=local_id)
            for kind, local_id in (reversal.changed_since if reversal else ())
        ],
        classes_changed_since=list(reversal.classes_changed_since if reversal else ()),
    )
