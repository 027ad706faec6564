"""My Profile > Account Transfer: a member of staff asks to keep the previous school's account."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from hwb_identity.application.staff_transfer import StaffTransfers
from hwb_identity.entrypoints.models import (
    TransferAsked,
)
from hwb_identity.errors import AccountUnknownError
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import Role

Owner = Annotated[
    Caller, caller_with(Role.TEACHER, Role.SCHOOL_ADMINISTRATOR, Role.DIGITAL_CHAMPION)
]


class OwnTransfer(BaseModel):
    """The DfES number of the school whose account is to be kept."""

    model_config = ConfigDict(extra="forbid")

    previous_school: SchoolNumber
    note: Note | None = None


def add_own_transfer(api: FastAPI, platform: Platform, transfers: StaffTransfers) -> None:
    """Add the operation to the API."""

    @api.post("/v1/accounts/{account_id}/transfer", status_code=202, tags=["staff transfers"])
    async def request_own(
        account_id: UUID, wanted: OwnTransfer, caller: Owner, idempotency_key: IdempotencyKey
    ) -> TransferAsked:
        """Ask, signed in with the new account; where the calendar has no such request: refused."""
        if caller.subject != str(account_id):
            raise AccountUnknownError

        async def effect(uow: UnitOfWork) -> Reply:
            case_key = await transfers.request_own(
                str(account_id), wanted.previous_school, wanted.note, uow
            )
            return Reply(202, {"case_key": case_key})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"request own {account_id} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return TransferAsked(**reply.body)
