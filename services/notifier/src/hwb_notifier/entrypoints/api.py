"""The Service Desk API: cases and how far the mails about them are."""

import base64
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, Field

from hwb_notifier.application.decide_case import DecideCase
from hwb_notifier.application.desk import Desk
from hwb_notifier.application.find_cases import FindCases
from hwb_notifier.application.mail_ports import MailState
from hwb_notifier.application.ports import CaseFilter, ListedCase
from hwb_notifier.application.take_bounces import TakeBounces
from hwb_notifier.domain.case import CaseState
from hwb_notifier.domain.decision import CHOICES, Choice, place_of
from hwb_notifier.domain.step import Step, What
from hwb_notifier.entrypoints.bounce_routes import add_bounce_route
from hwb_notifier.entrypoints.desk_routes import add_desk_routes, etag_of
from hwb_notifier.errors import CaseUnknownError, CursorInvalidError
from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.platform import Platform
from hwb_runtime.texts import Known, PlainText, SchoolNumber
from hwb_schemas.words import CaseKind, Role

CursorText = Annotated[str, Field(max_length=600, pattern=r"^[A-Za-z0-9_=-]+$")]
Reader = Annotated[
    Caller,
    caller_with(
        Role.SERVICE_DESK,
        Role.OPERATOR,
        Role.SERVICE,
        Role.LOCAL_AUTHORITY,
        Role.DIGITAL_CHAMPION,
        Role.SCHOOL_ADMINISTRATOR,
    ),
]


class MailOut(BaseModel):
    """How far the mail about a case's last opening is; in a digest it has that one's Message-ID.

    ``undelivered_to`` could not be reached, so that the Service Desk was written to.
    """

    message_id: str
    state: MailState
    failures: int = Field(description="tries that failed, in a row")
    reason: str | None = Field(description="why the last try failed")
    sent_at: datetime | None
    addressee: str = Field(description="service_desk, school/<number> or authority/<code>")
    undelivered_to: str | None


class CaseOut(BaseModel):
    """A case as it stands; ``opening`` counts how often it was opened.

    ``assigned_to`` is shown to the Service Desk and operators alone.
    """

    case_key: str
    kind: CaseKind
    state: CaseState
    school: str | None
    facts: dict[str, str]
    opening: int
    raised_by: str
    raised_at: datetime
    resolved_at: datetime | None
    mail: MailOut | None
    assigned_to: str | None
    etag: str = Field(description="what assigning and resolving build on")


class StepOut(BaseModel):
    """What somebody did about the case, and why; ``value`` is to whom, or what was decided."""

    what: What
    value: str | None
    reason: str
    role: Role
    subject: str
    at: datetime
    opening: int


class ToDecide(BaseModel):
    """A decision that the case waits for; ``owner`` shows at ``see`` on what."""

    choices: list[Choice]
    owner: str
    see: str


class CaseShown(CaseOut):
    """A case, with what its handlers read besides: the steps, and what is to be decided.

    At most the newest 200 steps, oldest first.
    """

    steps: list[StepOut]
    to_decide: ToDecide | None


class CasePage(BaseModel):
    """A page, newest first; ``next`` is the cursor of the next one."""

    items: list[CaseOut]
    next: str | None


def create_case_api(
    platform: Platform, find: FindCases, desk: Desk, decide: DecideCase, bounces: TakeBounces
) -> FastAPI:
    """The application."""
    app = create_api(
        platform,
        title="Hwb notifier",
        description="Cases for the Service Desk, schools and authorities.",
    )

    @app.get("/v1/cases", operation_id="listCases")
    async def list_cases(
        caller: Reader,
        state: CaseState | None = None,
        school: SchoolNumber | None = None,
        kind: Annotated[CaseKind, Known()] | None = None,
        cursor: CursorText | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> CasePage:
        """Cases that you may read, newest first."""
        if school is not None:
            ensure_school(caller, school)
        wanted = CaseFilter(
            state=state,
            kinds=None if kind is None else [kind],
            school=school,
            after=None if cursor is None else _read_cursor(cursor),
        )
        found = await find.page(caller, wanted, limit=limit + 1)
        page = found[:limit]
        more = _cursor(page[-1]) if len(found) > limit else None
        return CasePage(items=[_out(one) for one in page], next=more)

    @app.get("/v1/cases/{case_key:path}", operation_id="getCase")
    async def get_case(caller: Reader, case_key: PlainText, response: Response) -> CaseShown:
        """One case; its key may contain slashes."""
        found = await find.one(caller, case_key)
        if found is None:
            raise CaseUnknownError
        response.headers["ETag"] = etag_of(found.case)
        steps = await find.steps(caller, case_key)
        return CaseShown(
            **_out(found).model_dump(),
            steps=[_step(one) for one in steps],
            to_decide=_to_decide(found),
        )

    add_desk_routes(app, platform, desk, decide)
    add_bounce_route(app, platform, bounces)
    return app


def _out(found: ListedCase) -> CaseOut:
    case, mail = found.case, found.mail
    return CaseOut(
        case_key=case.case_key,
        kind=case.kind,
        state=case.state,
        school=case.school,
        facts=dict(case.facts),
        opening=case.opening,
        raised_by=case.raised_by,
        raised_at=case.raised_at,
        resolved_at=case.resolved_at,
        mail=None
        if mail is None
        else MailOut(
            message_id=mail.message_id,
            state=mail.state,
            failures=mail.failures,
            reason=mail.reason,
            sent_at=mail.sent_at,
            addressee=mail.addressee,
            undelivered_to=mail.undelivered_to,
        ),
        assigned_to=case.assigned_to,
        etag=etag_of(case),
    )


def _step(step: Step) -> StepOut:
    return StepOut(
        what=step.what,
        value=step.value,
        reason=step.reason,
        role=Role(step.role),
        subject=step.subject,
        at=step.at,
        opening=step.opening,
    )


def _to_decide(found: ListedCase) -> ToDecide | None:
    place = place_of(found.case)
    if place is None or found.case.state is not CaseState.OPEN:
        return None
    owner, see = place
    return ToDecide(choices=list(CHOICES[found.case.kind]), owner=owner, see=see)


def _cursor(last: ListedCase) -> str:
    text = f"{last.case.raised_at.isoformat()} {last.case.case_key}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        moment, _, case_key = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        raised_at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise CursorInvalidError from error
    if raised_at.tzinfo is None or not case_key or "\0" in case_key:
        raise CursorInvalidError
    return raised_at, case_key
