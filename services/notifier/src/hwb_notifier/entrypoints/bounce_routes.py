"""Where the mail system says that a mail came back."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from hwb_notifier.application.take_bounces import TakeBounces
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import PlainText
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import Role

MailSystem = Annotated[Caller, caller_with(Role.SERVICE)]


class Bounce(BaseModel):
    """What a delivery status notification says (RFC 3464), without the address and the text."""

    model_config = ConfigDict(extra="forbid")

    message_id: PlainText
    status: Annotated[
        str,
        Field(
            pattern=r"^5\.[0-9]{1,3}\.[0-9]{1,3}$",
            description="Enhanced status code (RFC 3463) of a permanent failure.",
            examples=["5.1.1"],
        ),
    ]


class BounceTaken(BaseModel):
    """How many cases go to the Service Desk because of it; 0 where it was known."""

    cases: int


def add_bounce_route(app: FastAPI, platform: Platform, bounces: TakeBounces) -> None:
    """Add the operation to the API."""

    @app.post("/v1/bounces", operation_id="reportBounce", responses=also_answers(404))
    async def report_bounce(
        bounce: Bounce, caller: MailSystem, idempotency_key: IdempotencyKey
    ) -> BounceTaken:
        """A mail came back for good: its case, or each of a digest, goes to the Service Desk."""

        async def effect(uow: UnitOfWork) -> Reply:
            cases = await bounces(uow, bounce.message_id, status=bounce.status)
            return Reply(200, {"cases": cases})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"bounce {bounce.model_dump_json()}".encode(),
            effect=effect,
        )
        return BounceTaken(**reply.body)
