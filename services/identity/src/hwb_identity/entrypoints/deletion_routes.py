"""Deletions over HTTP: what is announced, what is held, and who lets it go on."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.adapters.deletion_store import DeletionStore
from hwb_identity.application.deletions import Deletions, DeletionsStand
from hwb_identity.entrypoints.cursors import CursorText, account_before, cursor_after
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import AccountRole, Role

Approver = Annotated[Caller, caller_with(Role.SERVICE_DESK, Role.OPERATOR)]
Reader = Annotated[
    Caller,
    caller_with(
        Role.DIGITAL_CHAMPION,
        Role.SCHOOL_ADMINISTRATOR,
        Role.LOCAL_AUTHORITY,
        Role.SERVICE_DESK,
        Role.OPERATOR,
    ),
]
ListSeen = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[0-9a-f]{64}"$',
        description="The ETag of the list that is held: the digest of its account ids.",
        examples=[f'"{"0" * 64}"'],
    ),
]


class Announced(BaseModel):
    """An account that is deleted on a day, unless a school takes it back before.

    ``kept_account_id`` is there where it was closed: the account that the person kept.
    """

    account_id: UUID
    display_name: str
    role: AccountRole
    deletes_on: date
    kept_account_id: UUID | None


class AnnouncedPage(BaseModel):
    """By account id; ``next`` is the cursor of the next page, null on the last."""

    items: list[Announced]
    next: str | None


class Held(BaseModel):
    """What is due today. ``held``: more than the calendar allows, so a person approves it first.

    ``lately`` were deleted in the last 31 days without an approval, ``accounts`` there are.
    """

    due: int
    lately: int
    accounts: int
    held: bool
    etag: str | None


class Approval(BaseModel):
    """Why the list is right."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Note, Field(min_length=3)]


class Approved(BaseModel):
    """How many deletions go on."""

    accounts: int


def add_deletions(api: FastAPI, platform: Platform, deletions: Deletions) -> None:
    """Add the operations to the API."""

    @api.get("/v1/schools/{school}/deletions", tags=["deletions"])
    async def announced(
        school: SchoolNumber,
        caller: Reader,
        cursor: CursorText | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> AnnouncedPage:
        """Accounts that will be deleted: of people who left, or closed, of people who are here."""
        ensure_school(caller, school)
        this_list = f"deletions {school}"
        after = account_before(cursor, of_list=this_list)
        async with platform.database.transaction() as session:
            store = DeletionStore(session)
            rows = await store.announced_at(school, after=after, limit=limit + 1)
        items = [Announced.model_validate(row._asdict()) for row in rows[:limit]]
        more = len(rows) > limit
        return AnnouncedPage(
            items=items,
            next=cursor_after(items[-1].account_id, of_list=this_list) if more else None,
        )

    @api.get("/v1/deletions", tags=["deletions"])
    async def due(_caller: Approver, response: Response) -> Held:
        """What is due to be deleted in the nation, and whether somebody has to approve it."""
        async with platform.units_of_work.begin() as uow:
            shown = _shown(await deletions.stand(uow))
        if shown.etag is not None:
            response.headers["ETag"] = shown.etag
        return shown

    @api.post("/v1/deletions/approval", tags=["deletions"])
    async def approve(
        wanted: Approval, caller: Approver, idempotency_key: IdempotencyKey, if_match: ListSeen
    ) -> Approved:
        """Let the very list that is held be deleted."""
        seen = if_match.strip('"')

        async def effect(uow: UnitOfWork) -> Reply:
            stand = await deletions.approve(seen, by=caller.subject, reason=wanted.reason, uow=uow)
            return Reply(200, {"accounts": stand.due.due})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"approve deletions {seen} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return Approved(**reply.body)


def _shown(stand: DeletionsStand) -> Held:
    due = stand.due
    return Held(
        due=due.due,
        lately=due.lately,
        accounts=due.accounts,
        held=stand.held,
        etag=f'"{due.digest}"' if due.digest else None,
    )
