"""The Service Desk's part of the API: comment, assign, resolve and decide a case."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Header, Request
from pydantic import BaseModel, ConfigDict, Field

from hwb_notifier.application.decide_case import DecideCase
from hwb_notifier.application.desk import Desk
from hwb_notifier.application.find_cases import HANDLERS
from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.decision import Choice, Decision
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import Note, PlainText
from hwb_runtime.unit_of_work import UnitOfWork

Handler = Annotated[Caller, caller_with(*HANDLERS)]
Reason = Annotated[Note, Field(min_length=3, description="Kept with the person's id.")]
CaseSeen = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[0-9]{1,9}"$',
        description="The ETag of the case as it was seen.",
        examples=['"1"'],
    ),
]
MatterSeen = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"([0-9]{1,9}\.[0-9]{1,9}|[0-9a-f]{64})"$',
        description="What the decision builds on, as the owner showed it: of a staff transfer the"
        " ETag of the request, of a held run the digest of the list, in quotation marks.",
        examples=['"3.1"'],
    ),
]


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Comment(_Command):
    """A note for whoever works on the case; schools do not read it."""

    text: Reason


class Assignment(_Command):
    """``to`` is a person's subject, as in his or her token; null gives the case back."""

    to: PlainText | None
    reason: Reason


class Resolution(_Command):
    """Why nothing is to be done any more."""

    reason: Reason


class Deciding(_Command):
    """What is decided, and why.

    ``previous_account_id`` names the account to be kept where a transfer's request does not;
    ``run_id`` the held run that was looked at where it is a later one than the case names.
    """

    decision: Choice
    reason: Reason
    previous_account_id: UUID | None = None
    run_id: UUID | None = None


class CaseNow(BaseModel):
    """The case after the step; the ETag is what the next one builds on."""

    case_key: str
    state: CaseState
    assigned_to: str | None
    etag: str


class Decided(BaseModel):
    """``answer`` is the owner's own; its event resolves the case within seconds."""

    case_key: str
    decision: Choice
    owner: str
    answer: dict[str, Any]


Effect = Callable[[UnitOfWork], Awaitable[Case]]


def add_desk_routes(app: FastAPI, platform: Platform, desk: Desk, decide: DecideCase) -> None:
    """Add the operations to the API."""

    async def step(caller: Caller, key: str, request: str, effect: Effect) -> CaseNow:
        async def now(uow: UnitOfWork) -> Reply:
            return Reply(200, _now(await effect(uow)).model_dump(mode="json"))

        answer = await command_once(
            platform.units_of_work, key=key, caller=caller, request=request.encode(), effect=now
        )
        return CaseNow(**answer.body)

    @app.post("/v1/cases/{case_key:path}/comment", operation_id="commentOnCase")
    async def comment(
        case_key: PlainText, said: Comment, caller: Handler, idempotency_key: IdempotencyKey
    ) -> CaseNow:
        """Add a note to a case, open or resolved."""
        return await step(
            caller,
            idempotency_key,
            f"comment {case_key} {said.model_dump_json()}",
            lambda uow: desk.comment(uow, caller, case_key, text=said.text),
        )

    @app.post("/v1/cases/{case_key:path}/assign", operation_id="assignCase")
    async def assign(
        case_key: PlainText,
        wanted: Assignment,
        caller: Handler,
        idempotency_key: IdempotencyKey,
        if_match: CaseSeen,
    ) -> CaseNow:
        """Give an open case to a person, or back."""
        seen = _version(if_match)
        return await step(
            caller,
            idempotency_key,
            f"assign {case_key} {seen} {wanted.model_dump_json()}",
            lambda uow: desk.assign(
                uow, caller, case_key, to=wanted.to, reason=wanted.reason, seen=seen
            ),
        )

    @app.post("/v1/cases/{case_key:path}/resolve", operation_id="resolveCase")
    async def resolve(
        case_key: PlainText,
        wanted: Resolution,
        caller: Handler,
        idempotency_key: IdempotencyKey,
        if_match: CaseSeen,
    ) -> CaseNow:
        """Close an open case by hand; one that ends with a decision is decided instead.

        The service that raised it is not told: it goes on looking, and raises the case again once
        its cause has gone and come back.
        """
        seen = _version(if_match)
        return await step(
            caller,
            idempotency_key,
            f"resolve {case_key} {seen} {wanted.model_dump_json()}",
            lambda uow: desk.resolve(uow, caller, case_key, reason=wanted.reason, seen=seen),
        )

    @app.post(
        "/v1/cases/{case_key:path}/decide",
        operation_id="decideCase",
        responses=also_answers(429),
    )
    async def decide_case(
        case_key: PlainText,
        wanted: Deciding,
        caller: Handler,
        idempotency_key: IdempotencyKey,
        if_match: MatterSeen,
        request: Request,
    ) -> Decided:
        """Approve or refuse a staff transfer, approve or discard a held run.

        It is passed on to the service that owns the matter, with your own token and key; what that
        one answers to a refusal is given as it is.
        """
        decision = Decision(
            choice=wanted.decision,
            reason=wanted.reason,
            seen=if_match.strip('"'),
            previous_account_id=_text(wanted.previous_account_id),
            run_id=_text(wanted.run_id),
        )
        token = request.headers["Authorization"]
        reply = await decide(caller, case_key, decision, key=idempotency_key, token=token)
        return Decided(**reply.body)


def etag_of(case: Case) -> str:
    """What a step builds on."""
    return f'"{case.version}"'


def _version(if_match: str) -> int:
    return int(if_match.strip('"'))


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _now(case: Case) -> CaseNow:
    return CaseNow(
        case_key=case.case_key,
        state=case.state,
        assigned_to=case.assigned_to,
        etag=etag_of(case),
    )
