"""Classes over HTTP: found by the guide's filters, and each with its learners."""

from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel

from hwb_groups.adapters import class_views
from hwb_groups.errors import ClassUnknownError, NotYourClassError
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.database import Session
from hwb_runtime.platform import Platform
from hwb_runtime.texts import PlainText, SchoolNumber
from hwb_schemas.words import Role

Readers = Annotated[
    Caller,
    caller_with(
        Role.DIGITAL_CHAMPION,
        Role.SCHOOL_ADMINISTRATOR,
        Role.TEACHER,
        Role.LOCAL_AUTHORITY,
        Role.SERVICE_DESK,
        Role.OPERATOR,
        Role.SERVICE,
    ),
]
GroupType = Literal["teams", "classroom"]
ShownState = Literal[
    "creating", "linked", "frozen", "archiving", "archived", "restoring", "restored", "failed"
]


class GroupOfClass(BaseModel):
    """A class's Team or Classroom, in short."""

    group_id: str
    provider: GroupType
    state: ShownState


class ClassShown(BaseModel):
    """A class; ``teachers`` are account ids."""

    class_key: str
    academic_year: str
    class_code: str
    title: str
    year_group: str | None
    state: str
    learners: int
    teachers: list[str]
    groups: list[GroupOfClass]


class ClassesShown(BaseModel):
    """Newest academic year first."""

    items: list[ClassShown]


class LearnerOfClass(BaseModel):
    """A learner; ``still_here``: active, and listed at the school, as members must be."""

    account_id: str
    still_here: bool


class ClassPage(ClassShown):
    """A class with its learners.

    From the freeze of its group on, they are those whom the group keeps (``as_kept``), before they
    are those whom the MIS lists; ``without_account`` of these have no account.
    """

    learner_accounts: list[LearnerOfClass]
    without_account: int
    as_kept: bool


def add_classes(app: FastAPI, platform: Platform) -> None:
    """Add the operations to the API."""

    @app.get("/v1/schools/{school}/classes")
    async def list_classes(
        school: SchoolNumber,
        caller: Readers,
        academic_year: PlainText | None = None,
        year_group: PlainText | None = None,
        teacher: Annotated[PlainText | None, Query(description="an account id")] = None,
        group_type: GroupType | None = None,
    ) -> ClassesShown:
        """A school's classes; teachers see their own."""
        ensure_school(caller, school)
        async with platform.database.transaction() as session:
            items = await class_views.classes(
                session,
                school=school,
                academic_year=academic_year,
                year_group=year_group,
                teacher=caller.subject if caller.role is Role.TEACHER else teacher,
                group_type=group_type,
            )
        return ClassesShown(items=[ClassShown.model_validate(item) for item in items])

    @app.get("/v1/schools/{school}/class")
    async def show_class(
        school: SchoolNumber,
        caller: Readers,
        class_key: Annotated[PlainText, Query(examples=["6811234/2021-22/7A-Ma"])],
    ) -> ClassPage:
        """A class: overview, groups, and all learners; teachers see their own."""
        ensure_school(caller, school)
        async with platform.database.transaction() as session:
            found = await class_views.page(session, school=school, class_key=class_key)
            if found is None:
                raise ClassUnknownError(class_key)
            await ensure_class(session, caller, school=school, class_key=class_key)
        return ClassPage.model_validate(found)


async def ensure_class(session: Session, caller: Caller, *, school: str, class_key: str) -> None:
    """Raises where the caller may not see this class: of another school, or not the teacher's."""
    ensure_school(caller, school)
    if caller.role is Role.TEACHER and not await class_views.teaches(
        session, account_id=caller.subject, class_key=class_key
    ):
        raise NotYourClassError
