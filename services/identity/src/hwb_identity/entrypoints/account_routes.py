"""Accounts over HTTP: listed, searched, one by one; names by POST, because addresses are logged."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.adapters.account_reader import AccountReader, Filter
from hwb_identity.domain.person import Person
from hwb_identity.entrypoints.cursors import CursorText, account_before, cursor_after
from hwb_identity.entrypoints.history_routes import AsOf, account_as_of
from hwb_identity.entrypoints.models import (
    SCHOOL_ROLES,
    AccountPage,
    AccountShown,
    account_shown,
)
from hwb_identity.entrypoints.versions import etag_of
from hwb_identity.errors import AccountUnknownError, NameWithoutSchoolError
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.platform import Platform
from hwb_runtime.texts import A_NUMBER, Known, PlainText, SchoolNumber
from hwb_schemas.words import AccountRole, AccountStatus, Role

READERS = (
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.TEACHER,
    Role.LOCAL_AUTHORITY,
    Role.SERVICE_DESK,
    Role.OPERATOR,
    Role.SERVICE,
)
Reader = Annotated[Caller, caller_with(*READERS)]
Beginning = Annotated[PlainText, Field(min_length=2)]
KnownRole = Annotated[AccountRole, Known()]
KnownStatus = Annotated[AccountStatus, Known()]
Limit = Annotated[int, Field(ge=1, le=1000), A_NUMBER]


class AccountsWanted(BaseModel):
    """Which accounts; what is left out does not narrow.

    ``sign_in_name`` is how it begins. ``display_name`` is how a forename or surname begins, at one
    school. ``class`` is a class key. ``cursor`` is the ``next`` of the page before.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    school: SchoolNumber | None = None
    year_group: PlainText | None = None
    class_: Annotated[PlainText | None, Field(alias="class")] = None
    role: KnownRole | None = None
    status: KnownStatus | None = None
    sign_in_name: Beginning | None = None
    display_name: Beginning | None = None
    cursor: CursorText | None = None
    limit: Limit = 100


def add_accounts(api: FastAPI, platform: Platform) -> None:
    """Add the operations to the API."""

    @api.get("/v1/accounts", tags=["accounts"])
    async def accounts(
        caller: Reader,
        school: SchoolNumber | None = None,
        year_group: PlainText | None = None,
        class_: Annotated[PlainText | None, Query(alias="class", description="A class key")] = None,
        role: KnownRole | None = None,
        status: KnownStatus | None = None,
        cursor: CursorText | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> AccountPage:
        """Accounts that the caller may see, by id; released ones are listed where they left."""
        wanted = AccountsWanted(
            school=school,
            year_group=year_group,
            class_=class_,
            role=role,
            status=status,
            cursor=cursor,
            limit=limit,
        )
        return await _page(platform, wanted, caller)

    @api.post("/v1/accounts/search", tags=["accounts"])
    async def search(wanted: AccountsWanted, caller: Reader) -> AccountPage:
        """The same list, also by how a sign-in name or somebody's name begins."""
        return await _page(platform, wanted, caller)

    @api.get("/v1/accounts/{account_id}", tags=["accounts"])
    async def account(
        account_id: UUID, caller: Reader, response: Response, as_of: AsOf = None
    ) -> AccountShown:
        """One account; its ETag is its version. With ``as_of``: what it was at that instant."""
        if as_of is not None:
            return await account_as_of(platform, account_id, as_of, caller)
        async with platform.database.transaction() as session:
            found = await AccountReader(session).account(str(account_id))
        if found is None or not _may_see(caller, found[0]):
            raise AccountUnknownError
        shown = account_shown(*found, refs=platform.person_refs, caller=caller)
        response.headers["ETag"] = etag_of(shown.version)
        return shown


async def _page(platform: Platform, wanted: AccountsWanted, caller: Caller) -> AccountPage:
    school = _school_asked(caller, wanted.school)
    if wanted.display_name is not None and school is None:
        raise NameWithoutSchoolError
    narrowed = Filter(
        school=school,
        authority=caller.authority if caller.role is Role.LOCAL_AUTHORITY else None,
        year_group=wanted.year_group,
        class_key=wanted.class_,
        role=wanted.role,
        status=wanted.status,
        sign_in_name=wanted.sign_in_name,
        display_name=wanted.display_name,
    )
    this_list = repr(narrowed)
    after = account_before(wanted.cursor, of_list=this_list)
    async with platform.database.transaction() as session:
        found = await AccountReader(session).accounts(narrowed, after=after, limit=wanted.limit + 1)
    items = [
        account_shown(one, at, refs=platform.person_refs, caller=caller)
        for one, at in found[: wanted.limit]
    ]
    more = len(found) > wanted.limit
    return AccountPage(
        items=items,
        next=cursor_after(items[-1].account_id, of_list=this_list) if more else None,
    )


def _school_asked(caller: Caller, school: str | None) -> str | None:
    """The school to list: a school's own staff need not name it."""
    if caller.role in SCHOOL_ROLES:
        school = school or caller.school
    if school is not None:
        ensure_school(caller, school)
    return school


def _may_see(caller: Caller, person: Person) -> bool:
    standing = person.standing
    if standing is None:
        return False
    schools = {standing.home, standing.released_from, *standing.other_schools} - {None}
    national = caller.may_see_school("")
    return national or any(school and caller.may_see_school(school) for school in schools)
