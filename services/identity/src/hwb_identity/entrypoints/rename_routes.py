"""Rename an account over HTTP, after a name change that the school decides to follow."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.application.rename import Named, NewName, RenameAccounts
from hwb_identity.entrypoints.by_hand_routes import Decider
from hwb_identity.entrypoints.versions import SeenVersion, etag_of
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, PlainText
from hwb_runtime.unit_of_work import UnitOfWork


class Renaming(BaseModel):
    """What somebody is called now, and why the account follows.

    ``sign_in_name``: ``new`` makes one of the new name and keeps the one so far as an alias, which
    still signs in; ``kept`` leaves it.
    """

    model_config = ConfigDict(extra="forbid")

    forename: Annotated[PlainText, Field(min_length=1)]
    surname: Annotated[PlainText, Field(min_length=1)]
    sign_in_name: Literal["kept", "new"]
    reason: Annotated[Note, Field(min_length=3)]


class Renamed(BaseModel):
    """The account's names now."""

    account_id: UUID
    display_name: str
    sign_in_name: str
    aliases: list[str]
    etag: str


def add_renaming(api: FastAPI, platform: Platform, rename: RenameAccounts) -> None:
    """Add the operation to the API."""

    @api.post("/v1/accounts/{account_id}/rename", tags=["by hand"])
    async def rename_account(
        account_id: UUID,
        wanted: Renaming,
        caller: Decider,
        idempotency_key: IdempotencyKey,
        version: SeenVersion,
    ) -> Renamed:
        """Give an account another name: a name change in the MIS does not do it by itself."""
        new = NewName(wanted.forename, wanted.surname, wanted.sign_in_name == "new")

        async def effect(uow: UnitOfWork) -> Reply:
            named = await rename(
                str(account_id), version, new, reason=wanted.reason, caller=caller, uow=uow
            )
            return Reply(200, _body(named))

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"rename {account_id} {version} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return Renamed(**reply.body)


def _body(named: Named) -> dict[str, object]:
    return {
        "account_id": named.account_id,
        "display_name": named.display_name,
        "sign_in_name": named.sign_in_name,
        "aliases": list(named.aliases),
        "etag": etag_of(named.version),
    }
