"""Previews over HTTP: which members of groups a run would add and remove. Nothing is changed."""

from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from hwb_groups.application.preview import GroupWouldBe, PreviewGroups
from hwb_groups.errors import OtherSchoolsClassError
from hwb_runtime.auth import ensure_school
from hwb_runtime.platform import Platform
from hwb_runtime.previews import LOCK_SECONDS, MOST_EVENTS, Previewer
from hwb_runtime.texts import SchoolNumber
from hwb_schemas.events import AccountChanged, ClassChanged


class EventsToPreview(BaseModel):
    """Events as ``hwb.mis.classes`` and ``hwb.identity.accounts`` would carry them."""

    model_config = ConfigDict(extra="forbid")

    school: SchoolNumber
    classes: Annotated[list[ClassChanged], Field(max_length=MOST_EVENTS)]
    accounts: Annotated[list[AccountChanged], Field(max_length=MOST_EVENTS)]


class MemberWouldBe(BaseModel):
    """A member who is added or gets another role; ``role`` is null for one who is removed."""

    account_id: str
    role: Literal["teacher", "learner"] | None


class GroupChangeWouldBe(BaseModel):
    """A Team or Classroom and its members who would change."""

    group_id: str
    provider: Literal["teams", "classroom"]
    class_key: str
    title: str
    members: list[MemberWouldBe]


class GroupsPreview(BaseModel):
    """The school's groups that would change."""

    groups: list[GroupChangeWouldBe]


def add_previews(app: FastAPI, platform: Platform, preview: PreviewGroups) -> None:
    """Add the operation to the API."""

    @app.post("/v1/previews")
    async def previews(asked: EventsToPreview, caller: Previewer) -> GroupsPreview:
        """What these events would do to the members of the school's groups; nothing is done."""
        ensure_school(caller, asked.school)
        if any(
            one.school != asked.school or not one.class_key.startswith(f"{asked.school}/")
            for one in asked.classes
        ):
            raise OtherSchoolsClassError
        async with platform.units_of_work.never_committed(lock_seconds=LOCK_SECONDS) as uow:
            found = await preview(asked.school, asked.classes, asked.accounts, uow)
        return GroupsPreview(groups=[_shown(one) for one in found])


def _shown(one: GroupWouldBe) -> GroupChangeWouldBe:
    return GroupChangeWouldBe.model_validate(
        {
            "group_id": one.group.group_id,
            "provider": one.group.provider.value,
            "class_key": one.group.class_key,
            "title": one.group.title,
            "members": [
                {"account_id": account_id, "role": role.value if role else None}
                for account_id, role in one.members.items()
            ],
        }
    )
