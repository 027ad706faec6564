"""What identity's API takes and answers."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.domain.home import aliases_of
from hwb_identity.domain.person import Person
from hwb_identity.entrypoints.versions import etag_of
from hwb_runtime.auth import Caller
from hwb_runtime.texts import Note, PlainText, SchoolNumber
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import AccountRole, AccountStatus, Role

SCHOOL_ROLES = frozenset({Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR, Role.TEACHER})


class AccountShown(BaseModel):
    """An account as its event has it, with what a list needs beside it."""

    account_id: UUID
    role: AccountRole
    status: AccountStatus
    sign_in_name: str
    aliases: list[str] = []
    display_name: str
    home_school: str | None
    released_from: str | None
    other_schools: list[str]
    year_group: str | None
    classes: list[str]
    person_refs: list[str]
    version: int
    etag: str
    changed_at: datetime


class AccountPage(BaseModel):
    """Accounts by id; ``next`` is the cursor of the next page, null on the last."""

    items: list[AccountShown]
    next: str | None


class PendingShown(BaseModel):
    """A learner for whom a school waits. ``held_by`` is for authorities and the Service Desk."""

    person_ref: str
    since: date
    says: str
    says_cy: str
    held_by: str | None = None


class PendingPage(BaseModel):
    """All learners for whom a school waits."""

    items: list[PendingShown]


class TransferWanted(BaseModel):
    """A member of staff wants to keep the account of the previous school."""

    model_config = ConfigDict(extra="forbid")

    school: SchoolNumber
    staff_code: PlainText
    previous_school: SchoolNumber
    previous_staff_code: PlainText | None = None
    note: Note | None = None


class TransferAsked(BaseModel):
    """The case that the Service Desk decides."""

    case_key: str


class TransferDecision(BaseModel):
    """What the Service Desk decided, and why."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "refuse"]
    reason: Annotated[Note, Field(min_length=3)]
    previous_account_id: UUID | None = None


class TransferShown(BaseModel):
    """A request to keep the account of the previous school, ``account_id`` the one at the new."""

    case_key: str
    school: str
    previous_school: str
    account_id: UUID
    previous_account_id: UUID | None
    state: Literal["open", "approved", "refused"]
    etag: str


class TransferDecided(BaseModel):
    """The decided request: which account stays."""

    case_key: str
    state: Literal["approved", "refused"]


def account_shown(
    person: Person, changed_at: datetime, *, refs: PersonRefs, caller: Caller
) -> AccountShown:
    """The account as this caller may see it: a school does not read other schools' numbers."""
    account, standing = person.account, person.standing
    if account is None or standing is None:
        raise AssertionError("a list of accounts has accounts only")

    def shown(school: str | None) -> str | None:
        hidden = caller.role in SCHOOL_ROLES and school != caller.school
        return None if hidden else school

    return AccountShown(
        account_id=UUID(account.account_id),
        role=account.role,
        status=standing.status,
        sign_in_name=account.sign_in_name,
        aliases=list(aliases_of(person.decisions)),
        display_name=account.display_name,
        home_school=shown(standing.home),
        released_from=shown(standing.released_from),
        other_schools=[school for school in standing.other_schools if shown(school)],
        year_group=standing.year_group,
        classes=list(standing.classes),
        person_refs=[refs.of(key) for key in person.keys],
        version=account.version,
        etag=etag_of(account.version),
        changed_at=changed_at,
    )
