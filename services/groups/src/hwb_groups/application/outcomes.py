"""What becomes of a group when one of its operations ends: state, events, case, next operation."""

from dataclasses import dataclass, replace

from hwb_groups.application.errors import LeaseLostError
from hwb_groups.application.ports import GroupsOf, Operation
from hwb_groups.domain.failure import FailureCode
from hwb_groups.domain.group import Action, Group, GroupState, Wish, is_archived, next_action
from hwb_runtime.cases import tell_case
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork
from hwb_schemas.events import GroupChanged
from hwb_schemas.words import CaseChange, CaseKind, GroupChange

GROUP_EVENTS = "hwb.groups.events"
CASES = "hwb.servicedesk.cases"
BEFORE_COMMIT = declare_crash_point(
    "operation_before_commit", "the provider has done it, the outcome is not committed"
)
AFTER_COMMIT = declare_crash_point("operation_after_commit", "an operation's outcome is committed")


@dataclass(frozen=True, slots=True)
class Done:
    """It is done. ``refused`` members could not be brought in; ``changed`` says that some were."""

    changed: bool = False
    refused: int = 0
    roster_version: int | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """It failed for good."""

    code: FailureCode
    provider_code: str


@dataclass(frozen=True, slots=True)
class Superseded:
    """It is no longer wished, and the provider has not heard of it."""


Ending = Done | Parked | Superseded


@dataclass(frozen=True)
class Outcomes:
    """Commits the end of an operation.

    The next one of the group begins ``pause_seconds`` later at the earliest, whoever asks for it
    and whichever worker takes it: Microsoft allows few calls a second on one team.
    """

    units_of_work: UnitsOfWork
    groups_of: GroupsOf
    pause_seconds: float

    async def conclude(self, operation: Operation, ending: Ending) -> None:
        """All in one transaction. Raises LeaseLostError, and then nothing is committed."""
        async with self.units_of_work.begin() as uow:
            groups = self.groups_of(uow.session)
            before = await groups.group(operation.group_id)
            state = {Done: "done", Parked: "parked", Superseded: "cancelled"}[type(ending)]
            code = ending.provider_code if isinstance(ending, Parked) else None
            if before is None or not await groups.finish(
                operation, state=state, error_code=code, pause_seconds=self.pause_seconds
            ):
                raise LeaseLostError
            after = _after(before, operation, ending)
            await groups.update_group(after, now=uow.now)
            count = len((await groups.members([after.group_id])).get(after.group_id, {}))
            changes = _changes(operation.action, ending)
            if isinstance(ending, Parked) and after.parked is not None:
                changes = (GroupChange.FAILED,)
                raise_case(uow, after, cause=operation.traceparent)
            elif isinstance(ending, Done) and ending.refused:
                raise_case(uow, after, cause=operation.traceparent)
            elif before.parked is not None and after.parked is None:
                resolve_case(uow, before, cause=operation.traceparent)
            for change in changes:
                _publish(uow, after, change, members=count, cause=operation.traceparent)
            if (action := next_action(after)) is not None:
                await groups.enqueue([(after, action)], traceparent=operation.traceparent)
            uow.in_hand += 1
            crash_point(BEFORE_COMMIT, in_hand=1)
        crash_point(AFTER_COMMIT, in_hand=1)


def _after(  # noqa: PLR0911 - one answer an action
    group: Group, operation: Operation, ending: Ending
) -> Group:
    if isinstance(ending, Superseded):
        return group
    if isinstance(ending, Parked):
        if operation.action is Action.ARCHIVE and group.wish is Wish.RESTORED:
            return group  # nobody wants it any more: the restore says how things stand
        return replace(group, parked=operation.action, reason=ending.code)
    group = replace(group, parked=None, reason=None)
    match operation.action:
        case Action.CREATE:
            ended = group.wish is Wish.ARCHIVED  # the year did, while it was being created
            return replace(group, state=GroupState.ARCHIVING if ended else GroupState.LINKED)
        case Action.ROSTER:
            return replace(group, roster_done=ending.roster_version or group.roster_done)
        case Action.ARCHIVE:
            kept = group.wish is Wish.ARCHIVED
            return replace(group, state=GroupState.ARCHIVED if kept else group.state)
        case Action.RESTORE:
            reason = FailureCode.MEMBERS_REFUSED if ending.refused else None
            return replace(
                group,
                state=GroupState.RESTORED,
                linked=False,
                roster_done=group.roster_wanted,
                reason=reason,
            )


def _changes(action: Action, ending: Ending) -> tuple[GroupChange, ...]:
    if not isinstance(ending, Done):
        return ()
    match action:
        case Action.CREATE:
            return (GroupChange.CREATED,)
        case Action.ROSTER:
            return (GroupChange.MEMBERSHIP_CHANGED,) if ending.changed else ()
        case Action.ARCHIVE:
            return (GroupChange.ARCHIVED,)
        case Action.RESTORE:
            return (GroupChange.RESTORED, GroupChange.UNLINKED)


def _publish(
    uow: UnitOfWork, group: Group, change: GroupChange, *, members: int, cause: str | None
) -> None:
    event = GroupChanged(
        change=change,
        group_id=group.group_id,
        provider=group.provider,
        provider_id=group.provider_id,
        class_key=group.class_key,
        school=group.school,
        academic_year=group.academic_year,
        linked=group.linked,
        archived=change is GroupChange.ARCHIVED or is_archived(group),
        members=members,
        changed_at=uow.now,
        reason=None if group.reason is None else group.reason.value,
    )
    uow.publish(GROUP_EVENTS, group.group_id, event, cause=cause)


def case_key_of(group_id: str) -> str:
    """A group has at most one open case."""
    return f"groups/operation_failed/{group_id}"


def raise_case(uow: UnitOfWork, group: Group, *, cause: str | None = None) -> None:
    """Tell the Service Desk that an operation waits for a person."""
    _case(uow, group, CaseChange.RAISED, cause)


def resolve_case(uow: UnitOfWork, group: Group, *, cause: str | None = None) -> None:
    """It succeeded, or is tried again."""
    _case(uow, group, CaseChange.RESOLVED, cause)


def _case(uow: UnitOfWork, group: Group, change: CaseChange, cause: str | None) -> None:
    facts = {
        "group_id": group.group_id,
        "provider": group.provider.value,
        "class": group.class_code,
        "academic_year": group.academic_year,
        "operation": group.parked.value if group.parked else "roster",
        "reason": group.reason.value if group.reason else "",
    }
    tell_case(
        uow,
        change,
        topic=CASES,
        case_key=case_key_of(group.group_id),
        kind=CaseKind.GROUP_OPERATION_FAILED,
        school=group.school,
        facts=facts,
        raised_by="groups",
        cause=cause,
    )
