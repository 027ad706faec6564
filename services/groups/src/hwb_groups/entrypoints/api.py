"""The HTTP API: groups to look at, to create and to restore."""

import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from hwb_groups.adapters import views
from hwb_groups.application.commands import Check, Commands, Restoring
from hwb_groups.domain.group import Group, GroupState
from hwb_groups.entrypoints.class_routes import (
    GroupType,
    Readers,
    ShownState,
    add_classes,
    ensure_class,
)
from hwb_groups.entrypoints.wording import reason_words, restore_words
from hwb_groups.errors import GroupUnknownError
from hwb_runtime.api import create_api
from hwb_runtime.auth import NATIONAL, Caller, caller_with, ensure_school
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import PlainText, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import Provider, Role

PAGE = 200
Staff = Annotated[
    Caller,
    caller_with(
        Role.DIGITAL_CHAMPION,
        Role.SCHOOL_ADMINISTRATOR,
        Role.TEACHER,
        Role.SERVICE_DESK,
        Role.OPERATOR,
    ),
]


class GroupShown(BaseModel):
    """A Team or Classroom; ``members`` does not count the technical owner."""

    group_id: str
    provider: GroupType
    provider_id: str | None
    class_key: str
    school: str
    academic_year: str
    class_code: str
    title: str
    state: ShownState
    linked: bool
    members: int
    reason: str | None
    reason_cy: str | None


class MemberShown(BaseModel):
    """A member by account id."""

    account_id: str
    role: Literal["teacher", "learner"]


class RestoreStands(BaseModel):
    """Where a restore stands, in both languages.

    ``place`` is 1 for the next or one that has begun, and 0 when it is done.
    """

    place: int
    estimate_seconds: int
    message: str
    message_cy: str


class RestoreAnswer(RestoreStands):
    """The group, and where its restore stands."""

    group_id: str
    state: ShownState


class GroupWithMembers(GroupShown):
    """With everybody in it; from the archiving on, as it was then.

    ``restore`` is null where nobody has asked for it, or where it failed.
    """

    people: list[MemberShown]
    restore: RestoreStands | None


class GroupsShown(BaseModel):
    """A page; ``next`` is the cursor of the one after it."""

    items: list[GroupShown]
    next: str | None


class GroupWanted(BaseModel):
    """From which class to make what."""

    model_config = ConfigDict(extra="forbid")

    class_key: Annotated[PlainText, Field(examples=["6811234/2021-22/7A-Ma"], min_length=3)]
    provider: GroupType


class GroupBeingCreated(BaseModel):
    """The group that is being made, or is there."""

    group_id: str
    state: ShownState


def make_api(platform: Platform, commands: Commands) -> FastAPI:
    """The application."""
    app = create_api(
        platform,
        title="Groups",
        description="Teams and Classrooms made from the classes of the schools' MIS.",
    )
    add_classes(app, platform)

    @app.get("/v1/groups")
    async def list_groups(
        caller: Readers,
        school: SchoolNumber | None = None,
        academic_year: PlainText | None = None,
        state: ShownState | None = None,
        cursor: PlainText | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = PAGE,
    ) -> GroupsShown:
        """Groups of the caller's school, authority or nation; teachers see their own."""
        if school is not None:
            ensure_school(caller, school)
        national = caller.role in NATIONAL
        of_authority = caller.role is Role.LOCAL_AUTHORITY
        own_school = None if national or of_authority else caller.school or "none"
        async with platform.database.transaction() as session:
            found = await views.groups(
                session,
                school=school or own_school,
                schools_of=(caller.authority or "none") if of_authority else None,
                academic_year=academic_year,
                state=state,
                teacher=caller.subject if caller.role is Role.TEACHER else None,
                after=cursor,
                limit=limit + 1,
            )
        page = found[:limit]
        return GroupsShown(
            items=[_shown(group, count) for group, count in page],
            next=page[-1][0].group_id if len(found) > limit else None,
        )

    @app.get("/v1/groups/{group_id}")
    async def show_group(group_id: PlainText, caller: Readers) -> GroupWithMembers:
        """One group with its members."""
        async with platform.database.transaction() as session:
            group = await views.group(session, group_id)
            if group is None:
                raise GroupUnknownError(group_id)
            await ensure_class(session, caller, school=group.school, class_key=group.class_key)
            people = await views.members(session, group_id)
            restoring = await commands.restoring(session, group)
        shown = _shown(group, len(people)).model_dump()
        return GroupWithMembers.model_validate(
            {**shown, "people": people, "restore": restoring and _stands(restoring)}
        )

    @app.post(
        "/v1/groups", status_code=202, response_model=GroupBeingCreated, responses=also_answers(404)
    )
    async def create_group(
        wanted: GroupWanted, caller: Staff, request: Request, idempotency_key: IdempotencyKey
    ) -> JSONResponse:
        """Create a class's Team or Classroom; a class has at most one of each."""

        async def effect(uow: UnitOfWork) -> Reply:
            group = await commands.create(
                uow,
                class_key=wanted.class_key,
                provider=Provider(wanted.provider),
                asked_by=caller.subject,
                check=_own_classes(uow, caller),
            )
            return Reply(202, {"group_id": group.group_id, "state": _state(group)})

        return await _command(platform, request, idempotency_key, caller, effect)

    @app.post("/v1/groups/{group_id}/restore", status_code=202, response_model=RestoreAnswer)
    async def restore_group(
        group_id: PlainText, caller: Staff, request: Request, idempotency_key: IdempotencyKey
    ) -> JSONResponse:
        """Bring an archived group back, before any archive that still waits."""

        async def effect(uow: UnitOfWork) -> Reply:
            check = _own_classes(uow, caller)
            restoring = await commands.restore(uow, group_id=group_id, check=check)
            return Reply(202, _restore_answer(restoring))

        return await _command(platform, request, idempotency_key, caller, effect)

    return app


def _own_classes(uow: UnitOfWork, caller: Caller) -> Check:
    async def check(school: str, class_key: str) -> None:
        await ensure_class(uow.session, caller, school=school, class_key=class_key)

    return check


async def _command(
    platform: Platform,
    request: Request,
    key: str,
    caller: Caller,
    effect: Callable[[UnitOfWork], Awaitable[Reply]],
) -> JSONResponse:
    asked = json.dumps([request.url.path]).encode() + await request.body()
    reply = await command_once(
        platform.units_of_work, key=key, caller=caller, request=asked, effect=effect
    )
    return JSONResponse(reply.body, reply.status)


def _state(group: Group) -> str:
    restored = group.state is GroupState.RESTORED
    return group.state.value if group.parked is None or restored else "failed"


def _shown(group: Group, members: int) -> GroupShown:
    reason, reason_cy = reason_words(group.reason)
    return GroupShown.model_validate(
        {
            "group_id": group.group_id,
            "provider": group.provider.value,
            "provider_id": group.provider_id,
            "class_key": group.class_key,
            "school": group.school,
            "academic_year": group.academic_year,
            "class_code": group.class_code,
            "title": group.title,
            "state": _state(group),
            "linked": group.linked,
            "members": members,
            "reason": reason,
            "reason_cy": reason_cy,
        }
    )


def _restore_answer(restoring: Restoring) -> dict[str, Any]:
    group = restoring.group
    return {"group_id": group.group_id, "state": _state(group), **_stands(restoring)}


def _stands(restoring: Restoring) -> dict[str, Any]:
    message, message_cy = restore_words(restoring.group, seconds=restoring.estimate_seconds)
    return {
        "place": restoring.place,
        "estimate_seconds": restoring.estimate_seconds,
        "message": message,
        "message_cy": message_cy,
    }
