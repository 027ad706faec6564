"""Non-MIS and governor accounts over HTTP: View Users > View Non-MIS and View Governors."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.adapters.manual_store import ManualStore
from hwb_identity.application.manual_accounts import ManualAccounts, ManualAccountWanted
from hwb_identity.entrypoints.versions import SeenVersion, etag_of
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.clock import civil_date
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, PlainText, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import AccountRole, AccountStatus, Role

Champion = Annotated[Caller, caller_with(Role.DIGITAL_CHAMPION)]
Reviewer = Annotated[
    Caller, caller_with(Role.DIGITAL_CHAMPION, Role.SERVICE_DESK, Role.LOCAL_AUTHORITY)
]
Confirmer = Literal["headteacher", "clerk_to_the_governing_body"]
ByHandRole = Literal["non_mis", "governor"]


class Wanted(BaseModel):
    """Whom it is for, who answers for it, and why. ``ends_on`` is the first day without it."""

    model_config = ConfigDict(extra="forbid")

    role: ByHandRole
    forename: PlainText
    surname: PlainText
    owner: PlainText
    reason: Annotated[Note, Field(min_length=3)]
    ends_on: date | None = None


class Made(BaseModel):
    """The new account."""

    account_id: UUID


class Extension(BaseModel):
    """Another end date; null for none."""

    model_config = ConfigDict(extra="forbid")

    ends_on: date | None


class Extended(BaseModel):
    """The account's entity tag after it."""

    account_id: UUID
    etag: str


class Review(BaseModel):
    """The account is still required; of a governor, with whom that was confirmed."""

    model_config = ConfigDict(extra="forbid")

    confirmed_with: Confirmer | None = None


class Reviewed(BaseModel):
    """The account that was looked at."""

    account_id: UUID


class ManualShown(BaseModel):
    """One line of the review. ``review_due``: nobody has looked at it this summer."""

    account_id: UUID
    display_name: str
    sign_in_name: str
    status: AccountStatus
    etag: str
    owner: str
    reason: str
    ends_on: date | None
    ended: bool
    created_at: datetime
    reviewed_at: datetime | None
    confirmed_with: Confirmer | None
    review_due: bool


class ReviewList(BaseModel):
    """Those not looked at for the longest time first."""

    items: list[ManualShown]


def add_manual_accounts(api: FastAPI, platform: Platform, accounts: ManualAccounts) -> None:
    """Add the operations to the API."""

    @api.post("/v1/schools/{school}/manual-accounts", status_code=201, tags=["by hand"])
    async def create(
        school: SchoolNumber, wanted: Wanted, caller: Champion, idempotency_key: IdempotencyKey
    ) -> Made:
        """Make an account for somebody who is not in the MIS."""
        ensure_school(caller, school)
        role = AccountRole(wanted.role)
        asked = ManualAccountWanted(school=school, **wanted.model_dump(exclude={"role"}), role=role)

        async def effect(uow: UnitOfWork) -> Reply:
            return Reply(201, {"account_id": await accounts.create(asked, caller, uow)})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"create {school} {wanted.model_dump_json()}".encode(),
            effect=effect,
        )
        return Made(**reply.body)

    @api.get("/v1/schools/{school}/manual-accounts", tags=["by hand"])
    async def review_list(
        school: SchoolNumber,
        role: ByHandRole,
        caller: Reviewer,
        expiring_within_weeks: Annotated[
            int | None, Query(ge=1, le=52, description="Only those that end so soon", examples=[8])
        ] = None,
    ) -> ReviewList:
        """The end-of-year review: every account that was made by hand, or those that end soon."""
        ensure_school(caller, school)
        async with platform.database.transaction() as session:
            rows = await ManualStore(session).at_school(school, role)
        today = civil_date(platform.clock.now())
        if expiring_within_weeks is not None:
            until = today + timedelta(weeks=expiring_within_weeks)
            rows = [row for row in rows if row.ends_on is not None and today < row.ends_on <= until]
        since = platform.calendar.groups_freeze
        items = [
            ManualShown(
                **row._asdict(),
                etag=etag_of(row.version),
                ended=row.ends_on is not None and row.ends_on <= today,
                review_due=row.reviewed_at is None or civil_date(row.reviewed_at) < since,
            )
            for row in rows
        ]
        return ReviewList(items=items)

    @api.post("/v1/accounts/{account_id}/extend", tags=["by hand"])
    async def extend(
        account_id: UUID,
        wanted: Extension,
        caller: Champion,
        idempotency_key: IdempotencyKey,
        version: SeenVersion,
    ) -> Extended:
        """Give an account that was made by hand another end date."""

        async def effect(uow: UnitOfWork) -> Reply:
            after = await accounts.extend(str(account_id), version, wanted.ends_on, caller, uow)
            return Reply(200, {"account_id": str(account_id), "etag": etag_of(after)})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"extend {account_id} {version} {wanted.ends_on}".encode(),
            effect=effect,
        )
        return Extended(**reply.body)

    @api.post("/v1/accounts/{account_id}/review", tags=["by hand"])
    async def review(
        account_id: UUID,
        wanted: Review,
        caller: Champion,
        idempotency_key: IdempotencyKey,
        version: SeenVersion,
    ) -> Reviewed:
        """Say that the account, as it was seen, is still required; else deactivate it."""

        async def effect(uow: UnitOfWork) -> Reply:
            await accounts.review(str(account_id), version, wanted.confirmed_with, caller, uow)
            return Reply(200, {"account_id": str(account_id)})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"review {account_id} {version} {wanted.confirmed_with}".encode(),
            effect=effect,
        )
        return Reviewed(**reply.body)
