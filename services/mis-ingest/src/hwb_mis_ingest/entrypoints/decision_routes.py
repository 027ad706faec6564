"""The part of the API where people decide: preview, approve, discard, roll back, closing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel

from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.application.decide import Decision, DecisionDesk, Outcome
from hwb_mis_ingest.application.preview_run import Preview as PreviewFound
from hwb_mis_ingest.decision_errors import OtherSchoolNumberError
from hwb_mis_ingest.entrypoints.callers import Closer, Decider, Reader
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
from hwb_runtime.auth import Caller
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AboutRun:
    """What is decided of a run, by whom, and under which key."""

    decision: Decision
    caller: Caller
    key: str

    @property
    def names(self) -> str:
        """School and run, as they stand in the request."""
        return f"{self.decision.school} {self.decision.run_id}"


async def _about_run(
    school: SchoolNumber, run_id: UUID, caller: Decider, idempotency_key: IdempotencyKey
) -> AboutRun:
    return AboutRun(Decision(school, str(run_id), caller.subject), caller, idempotency_key)


def add_decision_routes(  # noqa: C901 - a list of routes, each short
    app: FastAPI,
    platform: Platform,
    *,
    desk: DecisionDesk,
    views: RunViews,
    preview_of: Callable[[str, Request, Caller], Awaitable[PreviewFound]],
) -> None:
    """Add the routes to the application of ``make_api``."""

    async def command(
        caller: Caller,
        key: str,
        request: str,
        effect: Callable[[UnitOfWork], Awaitable[BaseModel]],
    ) -> Response:
        async def reply(uow: UnitOfWork) -> Reply:
            return Reply(200, (await effect(uow)).model_dump(mode="json"))

        answer = await command_once(
            platform.units_of_work, key=key, caller=caller, request=request.encode(), effect=reply
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
        return preview_reply(school, await preview_of(school, request, caller), limit)

    @app.get("/v1/schools/{school}/runs/{run_id}/held", summary="The held rows of a run")
    async def held(school: SchoolNumber, run_id: UUID, _caller: Reader) -> Held:
        """Who is held and why. Approving takes the digest of this very list."""
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
    async def approve(of: Annotated[AboutRun, Depends(_about_run)], what: Digest) -> Response:
        """Publish exactly the list with this digest, as a run of its own.

        An upload that waits after a rollback is worked on next; earlier ones are discarded.
        """

        async def effect(uow: UnitOfWork) -> Approved:
            outcome = await desk.approve(uow, of.decision, digest=what.digest)
            return _approved(of.decision.run_id, outcome)

        return await command(of.caller, of.key, f"approve {of.names} {what.digest}", effect)

    @app.post(
        "/v1/schools/{school}/runs/{run_id}/discard",
        response_model=Discarded,
        summary="Discard the held rows of a run, or an upload that waits",
    )
    async def discard(of: Annotated[AboutRun, Depends(_about_run)], what: Digest) -> Response:
        """Nothing of them is published; what the next upload still says comes up again."""

        async def effect(uow: UnitOfWork) -> Discarded:
            await desk.discard(uow, of.decision, digest=what.digest)
            return Discarded(run_id=of.decision.run_id)

        return await command(of.caller, of.key, f"discard {of.names} {what.digest}", effect)

    @app.post(
        "/v1/schools/{school}/runs/{run_id}/rollback",
        response_model=RolledBack,
        summary="Undo a run",
    )
    async def roll_back(of: Annotated[AboutRun, Depends(_about_run)]) -> Response:
        """Publish the records as they were before, as a run of its own.

        Records changed since stay and are listed. The school's later uploads wait until somebody
        approves one. Rolling back twice does nothing.
        """

        async def effect(uow: UnitOfWork) -> RolledBack:
            return _rolled_back(of.decision.run_id, await desk.roll_back(uow, of.decision))

        return await command(of.caller, of.key, f"rollback {of.names}", effect)

    @app.post(
        "/v1/schools/{school}/closing",
        response_model=ClosingNoted,
        summary="Say that a school is closing",
    )
    async def closing(
        school: SchoolNumber, what: Closing, caller: Closer, idempotency_key: IdempotencyKey
    ) -> Response:
        """Approved once, by its number: from then on nobody who leaves it is held."""
        if what.school != school:
            raise OtherSchoolNumberError(school)

        async def effect(uow: UnitOfWork) -> ClosingNoted:
            noted = await desk.approve_closing(uow, school, by=caller.subject)
            return ClosingNoted(school=school, newly=noted)

        return await command(caller, idempotency_key, f"closing {school}", effect)


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
