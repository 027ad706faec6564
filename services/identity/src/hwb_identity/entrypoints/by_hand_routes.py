"""Deactivate and reactivate over HTTP, with the guide's question between."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.application.by_hand import ByHand, DecideByHand
from hwb_identity.entrypoints.versions import SeenVersion, etag_of
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, PlainText
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import AccountStatus, Role

Decider = Annotated[Caller, caller_with(Role.DIGITAL_CHAMPION, Role.SERVICE_DESK)]
QUESTION = "Are you sure you wish to deactivate this user account?"
QUESTION_CY = "Ydych chi'n siŵr eich bod am anactifadu'r cyfrif defnyddiwr hwn?"


class Deactivation(BaseModel):
    """``confirm`` is left out to be asked, and sent back to say yes."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Note, Field(min_length=3)]
    confirm: PlainText | None = None


class Reactivation(BaseModel):
    """Why sign-in goes on again."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Note, Field(min_length=3)]


class Decided(BaseModel):
    """``asked``: nothing was changed, send ``confirm`` back for Yes, nothing for Cancel."""

    state: Literal["asked", "done"]
    account_id: UUID
    status: AccountStatus
    etag: str
    question: str | None = None
    question_cy: str | None = None
    confirm: str | None = None


def add_decisions(api: FastAPI, platform: Platform, by_hand: DecideByHand) -> None:
    """Add the operations to the API."""

    @api.post("/v1/accounts/{account_id}/deactivate", tags=["by hand"])
    async def deactivate(
        account_id: UUID,
        wanted: Deactivation,
        caller: Decider,
        idempotency_key: IdempotencyKey,
        version: SeenVersion,
    ) -> Decided:
        """Switch sign-in off: the first request is asked, the one with ``confirm`` does it."""
        confirm = wanted.confirm
        if confirm is None:
            async with platform.units_of_work.begin() as uow:
                seen = await by_hand.ask(str(account_id), version, caller, uow)
            return _asked(seen)

        async def effect(uow: UnitOfWork) -> Reply:
            return _done(
                await by_hand.deactivate(
                    str(account_id),
                    version,
                    confirm=confirm,
                    reason=wanted.reason,
                    caller=caller,
                    uow=uow,
                )
            )

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"deactivate {account_id} {version} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return Decided(**reply.body)

    @api.post("/v1/accounts/{account_id}/reactivate", tags=["by hand"])
    async def reactivate(
        account_id: UUID,
        wanted: Reactivation,
        caller: Decider,
        idempotency_key: IdempotencyKey,
        version: SeenVersion,
    ) -> Decided:
        """Switch sign-in on again, where a school has the account."""

        async def effect(uow: UnitOfWork) -> Reply:
            return _done(
                await by_hand.reactivate(
                    str(account_id), version, reason=wanted.reason, caller=caller, uow=uow
                )
            )

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"reactivate {account_id} {version} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return Decided(**reply.body)


def _asked(seen: ByHand) -> Decided:
    return Decided(
        state="asked",
        account_id=UUID(seen.account_id),
        status=seen.status,
        etag=etag_of(seen.version),
        question=QUESTION,
        question_cy=QUESTION_CY,
        confirm=seen.confirm,
    )


def _done(after: ByHand) -> Reply:
    body = {
        "state": "done",
        "account_id": after.account_id,
        "status": after.status.value,
        "etag": etag_of(after.version),
    }
    return Reply(200, body)
