"""What an account was, over HTTP: every change with its cause, and the state as of an instant."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict

from hwb_identity.adapters.account_reader import AccountReader
from hwb_identity.domain.history import PastChange, released_from
from hwb_identity.entrypoints.models import AccountShown
from hwb_identity.entrypoints.versions import etag_of
from hwb_identity.errors import AccountUnknownError, HistoryNotYoursError
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Instant
from hwb_schemas.words import AccountChange, Role

HISTORIANS = (Role.SERVICE_DESK, Role.OPERATOR)
AsOf = Annotated[
    Instant | None,
    Query(
        description="An instant with its offset: the account as it was then. For the Service Desk"
        " and operators.",
        examples=["2022-08-15T09:00:00Z"],
    ),
]


class HistoryShown(BaseModel):
    """One change of an account and what caused it.

    ``cause``: ``run:<run id>`` for a school's word, ``due`` for a day that came, ``calendar`` or
    ``reconcile``, ``command:<what>`` for a decision, with the person in ``by`` and the ``reason``.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 3,
                    "changed_at": "2022-07-18T10:00:00Z",
                    "change": "deactivated",
                    "cause": "command:account_deactivated",
                    "by": "dc-6602027",
                    "reason": "left the school",
                    "account": {"status": "inactive", "home_school": "6602027"},
                }
            ]
        }
    )

    version: int
    changed_at: datetime
    change: AccountChange
    cause: str
    by: str | None
    reason: str | None
    account: dict[str, Any]


class HistoryPage(BaseModel):
    """Every change of an account, oldest first."""

    items: list[HistoryShown]


def add_history(api: FastAPI, platform: Platform) -> None:
    """Add the operation to the API."""

    @api.get("/v1/accounts/{account_id}/history", tags=["accounts"])
    async def history(
        account_id: UUID, _caller: Annotated[Caller, caller_with(*HISTORIANS)]
    ) -> HistoryPage:
        """Every change of an account, with its cause: for the Service Desk and operators."""
        changes = await _changes(platform, account_id)
        return HistoryPage(items=[HistoryShown(**change._asdict()) for change in changes])


async def account_as_of(
    platform: Platform, account_id: UUID, instant: datetime, caller: Caller
) -> AccountShown:
    """The account as its last change by that instant left it.

    Raises HistoryNotYoursError, and AccountUnknownError where it was not there yet.
    """
    if caller.role not in HISTORIANS:
        raise HistoryNotYoursError
    changes = await _changes(platform, account_id, until=instant)
    last = changes[-1]
    return AccountShown(
        **last.account,
        released_from=released_from(changes),
        version=last.version,
        etag=etag_of(last.version),
        changed_at=last.changed_at,
    )


async def _changes(
    platform: Platform, account_id: UUID, *, until: datetime | None = None
) -> list[PastChange]:
    async with platform.database.transaction() as session:
        found = await AccountReader(session).history(str(account_id), until=until)
    if not found:
        raise AccountUnknownError
    return list(found)
