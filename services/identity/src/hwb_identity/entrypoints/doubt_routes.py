"""One person or two, over HTTP: the Service Desk compares two accounts and decides."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.adapters.doubt_store import DoubtStore
from hwb_identity.application.doubts import Doubts, versions_of
from hwb_identity.application.ports import DoubtAsked
from hwb_identity.domain.doubt import DoubtKind
from hwb_identity.domain.person import Person
from hwb_identity.entrypoints.cursors import CursorText, cursor_after, key_before
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Note, PlainText
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import AccountStatus, Role

_LIST = "doubts"
ServiceDesk = Annotated[Caller, caller_with(Role.SERVICE_DESK)]
State = Literal["open", "same_person", "different_people", "withdrawn"]
BothSeen = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[0-9]{1,9}\.[0-9]{1,9}"$',
        description="The ETag of the question: the versions of both accounts as they were seen.",
        examples=['"3.1"'],
    ),
]


class DoubtShown(BaseModel):
    """A question that waits for an answer, unless the school has ``withdrawn`` what raised it.

    A staff code alone has no other account yet.
    """

    case_key: str
    kind: DoubtKind
    school: str
    account_id: UUID | None
    other_account_id: UUID | None
    raised_at: datetime
    state: State


class DoubtPage(BaseModel):
    """Open questions by key; ``next`` is the cursor of the next page, null on the last."""

    items: list[DoubtShown]
    next: str | None


class Side(BaseModel):
    """One of the two as it is now, for comparing: what the schools say, without UPN or code."""

    account_id: UUID | None
    display_name: str | None
    sign_in_name: str | None
    status: AccountStatus | None
    home_school: str | None
    records: list["RecordSeen"]


class RecordSeen(BaseModel):
    """What a school last said."""

    school: str
    forename: str
    surname: str
    born: str | None
    begins: str | None
    leaving: str | None
    year_group: str | None


class Comparison(DoubtShown):
    """The question with both sides; its ETag is the versions of both accounts."""

    etag: str
    sides: list[Side]


class Verdict(BaseModel):
    """``same_person`` merges them: ``kept_account_id`` stays, else the older one does."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["same_person", "different_people"]
    reason: Annotated[Note, Field(min_length=3)]
    kept_account_id: UUID | None = None


class Judged(BaseModel):
    """The question after the decision."""

    case_key: str
    state: State


def add_doubts(api: FastAPI, platform: Platform, doubts: Doubts) -> None:
    """Add the operations to the API."""

    @api.get("/v1/doubts", tags=["one person or two"])
    async def undecided(
        _caller: ServiceDesk,
        cursor: CursorText | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> DoubtPage:
        """Open questions whether two are one person."""
        after = key_before(cursor, of_list=_LIST)
        async with platform.database.transaction() as session:
            found = await DoubtStore(session).undecided(after=after, limit=limit + 1)
        items = [DoubtShown(**_shown(one)) for one in found[:limit]]
        more = cursor_after(items[-1].case_key, of_list=_LIST) if len(found) > limit else None
        return DoubtPage(items=items, next=more)

    @api.get("/v1/doubts/{case_key:path}", tags=["one person or two"])
    async def compare(case_key: PlainText, _caller: ServiceDesk, response: Response) -> Comparison:
        """One question with both accounts and what the schools say of each."""
        async with platform.units_of_work.begin() as uow:
            asked, *both = await doubts.show(case_key, uow)
        etag = f'"{versions_of(*both)}"'
        response.headers["ETag"] = etag
        sides = [_side(person) for person in both if person is not None]
        return Comparison(**_shown(asked), etag=etag, sides=sides)

    @api.post("/v1/doubts/{case_key:path}/decision", tags=["one person or two"])
    async def decide(
        case_key: PlainText,
        verdict: Verdict,
        caller: ServiceDesk,
        idempotency_key: IdempotencyKey,
        if_match: BothSeen,
    ) -> Judged:
        """Say whether the two are one person; the case is resolved with it."""
        seen = if_match.strip('"')

        async def effect(uow: UnitOfWork) -> Reply:
            kept = verdict.kept_account_id
            after = await doubts.decide(
                case_key,
                verdict.decision,
                seen=seen,
                kept_account_id=str(kept) if kept else None,
                by=caller.subject,
                reason=verdict.reason,
                uow=uow,
            )
            return Reply(200, {"case_key": case_key, "state": after.state})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"judge {case_key} {seen} {verdict.model_dump_json()}".encode(),
            effect=effect,
        )
        return Judged(**reply.body)


def _shown(asked: DoubtAsked) -> dict[str, Any]:
    doubt = asked.doubt
    return {
        "case_key": asked.case_key,
        "kind": doubt.kind,
        "school": doubt.school,
        "account_id": doubt.account_id,
        "other_account_id": doubt.other_account_id,
        "raised_at": asked.raised_at,
        "state": asked.state,
    }


def _side(person: Person) -> Side:
    account, standing = person.account, person.standing
    return Side(
        account_id=UUID(account.account_id) if account else None,
        display_name=account.display_name if account else None,
        sign_in_name=account.sign_in_name if account else None,
        status=standing.status if standing else None,
        home_school=standing.home if standing else None,
        records=[
            RecordSeen(
                school=one.school,
                forename=one.forename,
                surname=one.surname,
                born=one.born.isoformat() if one.born else None,
                begins=one.begins.isoformat() if one.begins else None,
                leaving=one.leaving.isoformat() if one.leaving else None,
                year_group=one.year_group,
            )
            for one in person.enrolments
        ],
    )
