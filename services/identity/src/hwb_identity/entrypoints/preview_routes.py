"""Previews over HTTP: what a school's words would do to accounts. Nothing is changed."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from hwb_identity.application.diagnose import TOLD_OF_OTHER_SCHOOLS
from hwb_identity.application.preview import PreviewWords, WouldChange
from hwb_identity.errors import WordNotReadableError
from hwb_runtime.auth import ensure_school
from hwb_runtime.errors import PoisonError
from hwb_runtime.platform import Platform
from hwb_runtime.previews import LOCK_SECONDS, MOST_EVENTS, Previewer
from hwb_runtime.texts import SchoolNumber
from hwb_schemas.events import RecordChanged
from hwb_schemas.refs import PersonRefs, staff_key
from hwb_schemas.words import AccountChange, AccountRole, AccountStatus, RecordKind


class WordsToPreview(BaseModel):
    """Words of one school, as ``hwb.mis.changes`` would carry them."""

    model_config = ConfigDict(extra="forbid")

    school: SchoolNumber
    words: Annotated[list[RecordChanged], Field(max_length=MOST_EVENTS)]


class AccountWouldBe(BaseModel):
    """An account as it would be.

    Of another school nothing is said but that the account is at one: ``elsewhere``. Local
    Authorities and the Service Desk read which. ``sign_in_name`` is empty where the run would
    choose it, and the id of a new account is made up.
    """

    account_id: str
    role: AccountRole
    version: int
    status: AccountStatus
    sign_in_name: str
    home_school: str | None
    elsewhere: bool
    other_schools: list[str]
    year_group: str | None
    classes: list[str]
    person_refs: list[str]


class ChangeWouldBe(BaseModel):
    """What the word with this number, counted from 0, would do to an account."""

    number: int
    change: AccountChange
    is_new: bool
    account: AccountWouldBe


class AccountsPreview(BaseModel):
    """In the order of the words. ``pending`` and ``doubtful`` are numbers of words."""

    changes: list[ChangeWouldBe]
    pending: list[int]
    doubtful: list[int]


def add_previews(api: FastAPI, platform: Platform, preview: PreviewWords) -> None:
    """Add the operation to the API."""
    refs = platform.person_refs

    @api.post("/v1/previews", tags=["previews"])
    async def previews(asked: WordsToPreview, caller: Previewer) -> AccountsPreview:
        """What these words would do to accounts if they were said now, by the rules themselves.

        Words are of one school, which the caller must be allowed to see.
        """
        ensure_school(caller, asked.school)
        words = [(_key(word, asked.school), word) for word in asked.words]
        try:
            async with platform.units_of_work.never_committed(lock_seconds=LOCK_SECONDS) as uow:
                found = await preview(words, uow)
        except PoisonError as error:
            raise WordNotReadableError(error.reason) from error
        only = None if caller.role in TOLD_OF_OTHER_SCHOOLS else asked.school
        return AccountsPreview(
            changes=[
                ChangeWouldBe(
                    number=one.number,
                    change=one.change,
                    is_new=one.is_new,
                    account=_account(one, refs, only),
                )
                for one in found.changes
            ],
            pending=list(found.pending),
            doubtful=list(found.doubtful),
        )


def _key(word: RecordChanged, school: str) -> str:
    """Taken from the record, so that nobody asks about another school's staff."""
    if word.school != school:
        raise WordNotReadableError("it is of another school")
    if word.kind is RecordKind.STAFF and word.record.staff_code:
        return staff_key(school, word.record.staff_code)
    if word.kind is RecordKind.LEARNER and word.record.upn:
        return word.record.upn
    raise WordNotReadableError("it names nobody")


def _account(would: WouldChange, refs: PersonRefs, only: str | None) -> AccountWouldBe:
    """``only`` is the one school of which the caller may read."""
    account, standing = would.person.account, would.person.standing
    if account is None or standing is None:
        raise AssertionError("a change of an account that is not there")
    is_shown = only is None or standing.home in (None, only)
    return AccountWouldBe(
        account_id=account.account_id,
        role=account.role,
        version=account.version,
        status=standing.status,
        sign_in_name=account.sign_in_name,
        home_school=standing.home if is_shown else None,
        elsewhere=not is_shown,
        other_schools=[one for one in standing.other_schools if only in (None, one)],
        year_group=standing.year_group if is_shown else None,
        classes=list(standing.classes) if is_shown else [],
        person_refs=[refs.of(key) for key in would.person.keys],
    )
