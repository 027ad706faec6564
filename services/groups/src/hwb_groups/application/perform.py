"""Carries one operation a step further at the provider, reading the state before it writes.

Whatever a dead worker did is found that way, so an operation may be taken up again at any moment.
"""

import asyncio
import random
from dataclasses import dataclass

import structlog

from hwb_groups.application.errors import (
    ForbiddenError,
    LeaseLostError,
    MissingError,
    NoOwnerError,
    ProviderError,
    RefusedError,
    ThrottledError,
    UnavailableError,
)
from hwb_groups.application.outcomes import Done, Ending, Outcomes, Parked, Superseded
from hwb_groups.application.ports import (
    Breaker,
    GroupProvider,
    GroupsOf,
    NewGroup,
    OpenProvider,
    Operation,
    OperationQueue,
    Progress,
)
from hwb_groups.domain.failure import (
    POLL_SECONDS,
    STUCK_SECONDS,
    VERIFIED_AFTER_SECONDS,
    YOUNG_AGAIN_SECONDS,
    FailureCode,
    Park,
    after_failure,
    after_not_found,
)
from hwb_groups.domain.group import (
    FULL_SHARE,
    INTERACTIVE,
    Action,
    Group,
    Wish,
    external_key_of,
    lane_of,
    polling_lane_of,
)
from hwb_groups.domain.membership import MemberRole, Seat, roster_change, still_members
from hwb_groups.domain.quota import Share
from hwb_groups.metrics import OPERATIONS
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.words import Provider

log = structlog.get_logger("hwb_groups.perform")


@dataclass(frozen=True, slots=True)
class Waiting:
    """The provider works on it; ask at this place after so many provider seconds."""

    location: str
    after: float = POLL_SECONDS


@dataclass(frozen=True, slots=True)
class NotYet:
    """Made, but not to be seen for a moment."""

    after: float = YOUNG_AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Failure:
    """A real failure: it counts."""

    code: FailureCode
    provider_code: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The group is open or closed, as wanted."""


Step = Ending | Waiting | NotYet | Failure


@dataclass(frozen=True)
class Perform:
    """Does operations that were claimed."""

    units_of_work: UnitsOfWork
    groups_of: GroupsOf
    queue: OperationQueue
    breaker: Breaker
    outcomes: Outcomes
    open_provider: OpenProvider
    technical_owner: str
    time_scale: float
    lease_seconds: float

    async def __call__(self, operation: Operation) -> None:
        """One step, and what follows from it."""
        try:
            group = await self._group(operation)
            step = await self._try(operation, group)
            await self._follow(operation, step, group.provider)
        except LeaseLostError:
            log.info("operation_lost", operation_id=operation.operation_id)

    async def _group(self, operation: Operation) -> Group:
        async with self.units_of_work.reading() as session:
            group = await self.groups_of(session).seen(operation.group_id)
        if group is None:
            raise LeaseLostError
        return group

    async def _try(self, operation: Operation, group: Group) -> Step | ThrottledError:
        loop = asyncio.get_running_loop()
        kept_at = loop.time()

        async def keep() -> None:
            """Before a call: is it still ours? The dispatcher keeps it, unless all stood still."""
            nonlocal kept_at
            if loop.time() - kept_at > self.lease_seconds / 2:
                if await self.queue.keep([operation]) != 1:
                    raise LeaseLostError
                kept_at = loop.time()

        share = Share.WHOLE if operation.lane <= FULL_SHARE else Share.BULK
        provider = self.open_provider(group.provider, share=share, keep=keep)
        try:
            return await _Attempt(self, operation, group, provider).step()
        except ThrottledError as error:
            return error
        except MissingError:
            age = operation.group_age * self.time_scale
            verdict = after_not_found(age=age, attempts=operation.attempts, jitter=random.random())
            if isinstance(verdict, Park):
                return Parked(verdict.code, "not_found")
            if verdict.attempts == operation.attempts:
                return NotYet(verdict.after)
            return Failure(FailureCode.NOT_FOUND, "not_found")
        except ProviderError as error:
            return Failure(_code_of(error), error.code)

    def _excused(self, operation: Operation, failure: Failure, provider: Provider) -> bool:
        """It is the provider that is out of order: not counted, but not for ever either."""
        asked_for = (operation.asked_age or 0.0) * self.time_scale
        out_of_order = failure.code is FailureCode.UNAVAILABLE and self.breaker.is_open(provider)
        return out_of_order and asked_for < STUCK_SECONDS

    async def _follow(
        self, operation: Operation, step: Step | ThrottledError, provider: Provider
    ) -> None:
        fields = {
            "operation_id": operation.operation_id,
            "group_id": operation.group_id,
            "action": operation.action.value,
        }
        match step:
            case ThrottledError():
                await self._wait_again(operation, seconds=step.after)
            case Waiting():
                await self._put_back(
                    operation,
                    seconds=step.after / self.time_scale,
                    location=step.location,
                )
            case NotYet():
                await self._put_back(operation, seconds=step.after / self.time_scale)
            case Failure():
                attempts = operation.attempts + int(not self._excused(operation, step, provider))
                verdict = after_failure(step.code, attempts=attempts, jitter=random.random())
                log.warning(
                    "operation_failed", code=step.code.value, error=step.provider_code, **fields
                )
                if isinstance(verdict, Park):
                    await self._conclude(operation, Parked(verdict.code, step.provider_code))
                    return
                await self._put_back(
                    operation, seconds=verdict.after / self.time_scale, attempts=attempts
                )
            case Done() | Parked() | Superseded():
                await self._conclude(operation, step)

    async def _conclude(self, operation: Operation, ending: Ending) -> None:
        await self.outcomes.conclude(operation, ending)
        outcome = type(ending).__name__.lower()
        OPERATIONS.labels(operation.action.value, outcome).inc()
        log.info(
            "operation_ended",
            operation_id=operation.operation_id,
            group_id=operation.group_id,
            action=operation.action.value,
            outcome=outcome,
        )

    async def _put_back(
        self,
        operation: Operation,
        *,
        seconds: float,
        attempts: int | None = None,
        location: str | None = None,
    ) -> None:
        """Wait, after the provider has heard of it."""
        polling = location is not None
        lane = polling_lane_of(operation.action) if polling else lane_of(operation.action)
        await self.queue.put_back(
            operation,
            after=seconds,
            attempts=operation.attempts if attempts is None else attempts,
            location=location,
            asked=True,
            lane=min(lane, operation.lane) if operation.lane <= INTERACTIVE else lane,
        )

    async def _wait_again(self, operation: Operation, *, seconds: float) -> None:
        """Wait as before: nothing has come of this try."""
        await self.queue.put_back(
            operation,
            after=seconds,
            attempts=operation.attempts,
            location=operation.location,
            asked=operation.asked_age is not None,
            lane=operation.lane,
        )


def _code_of(error: ProviderError) -> FailureCode:
    match error:
        case ForbiddenError():
            return FailureCode.FORBIDDEN
        case NoOwnerError():
            return FailureCode.NO_OWNER
        case RefusedError():
            return FailureCode.REFUSED
        case _:
            return FailureCode.UNAVAILABLE


@dataclass(frozen=True)
class _Attempt:
    """One operation in hand, with the provider opened for it."""

    work: Perform
    operation: Operation
    group: Group
    provider: GroupProvider

    async def step(self) -> Step:
        match self.operation.action:
            case Action.CREATE:
                return await self._create()
            case Action.ROSTER:
                overtaken = self.group.wish is Wish.RESTORED
                return Superseded() if overtaken else await self._roster()
            case Action.ARCHIVE:
                if self.group.wish is not Wish.ARCHIVED and self.operation.asked_age is None:
                    return Superseded()
                reached = await self._change_state(archived=True)
                return Done() if isinstance(reached, Reached) else reached
            case Action.RESTORE:
                return await self._restore()

    async def _create(self) -> Step:
        new = NewGroup(
            external_key=external_key_of(self.group.class_key, self.group.provider),
            name=f"{self.group.title} ({self.group.academic_year})",
            description=f"{self.group.class_code}, {self.group.school}",
        )
        provider_id = self.group.provider_id
        if provider_id is None:
            provider_id = await self.provider.find(new.external_key)
            if provider_id is None:
                provider_id = await self.provider.create(new)
            await self._save(provider_id)
        location = self.operation.location
        if location is not None:
            progress = await self.provider.progress(location)
            if progress.failed:
                return Failure(FailureCode.OPERATION_FAILED, "create_failed")
            if not progress.finished:
                return self._wait(location)
        if await self.provider.state(provider_id) is not None:
            return Done()
        if location is not None:
            return Waiting(location, YOUNG_AGAIN_SECONDS)
        location = await self.provider.open(provider_id)
        return NotYet() if location is None else Waiting(location)

    async def _save(self, provider_id: str) -> None:
        async with self.work.units_of_work.begin() as uow:
            groups = self.work.groups_of(uow.session)
            uow.in_hand += 1
            if not await groups.save_provider_id(self.operation, provider_id):
                raise LeaseLostError

    async def _roster(self) -> Step:
        async with self.work.units_of_work.begin() as uow:
            groups = self.work.groups_of(uow.session)
            group = await groups.group(self.group.group_id)
            wanted = await groups.sign_in_names(self.group.group_id)
        if group is None:
            raise LeaseLostError
        changed, refused = await self._bring_about(wanted)
        if refused:
            return Failure(FailureCode.MEMBERS_REFUSED, f"{refused}_refused")
        return Done(changed=changed, roster_version=group.roster_wanted)

    async def _restore(self) -> Step:
        reached = await self._change_state(archived=False)
        if not isinstance(reached, Reached):
            return reached
        provider_id = self._provider_id()
        await self.provider.unlink(
            provider_id, external_key_of(self.group.class_key, self.group.provider)
        )
        changed, refused = await self._bring_about(await self._still_members())
        if refused:
            attempts = self.operation.attempts + 1
            verdict = after_failure(FailureCode.MEMBERS_REFUSED, attempts=attempts, jitter=0)
            if not isinstance(verdict, Park):
                return Failure(FailureCode.MEMBERS_REFUSED, f"{refused}_refused")
        return Done(changed=changed, refused=refused)

    async def _still_members(self) -> dict[str, MemberRole]:
        """Those kept at archiving who are still active at the school; the others are let go."""
        group_id = self.group.group_id
        async with self.work.units_of_work.begin() as uow:
            groups = self.work.groups_of(uow.session)
            await groups.group(group_id)
            kept = (await groups.members([group_id])).get(group_id, {})
            people = await groups.people(kept)
            here = still_members(kept, people, school=self.group.school)
            drop = [(group_id, account_id) for account_id in kept.keys() - here.keys()]
            await groups.change_members(put=[], drop=drop)
            uow.in_hand += len(drop)
            return await groups.sign_in_names(group_id)

    async def _bring_about(self, wanted: dict[str, MemberRole]) -> tuple[bool, int]:
        """Make the provider's members these; whether any changed, and how many were refused."""
        provider_id = self._provider_id()
        change = roster_change(
            wanted,
            await self.provider.members(provider_id),
            technical_owner=self.work.technical_owner,
        )
        for seat in change.remove:
            await self.provider.remove(provider_id, seat)
        refused = await self.provider.add(provider_id, change.add) if change.add else []
        return bool(change), len(refused)

    async def _change_state(self, *, archived: bool) -> Reached | Waiting | Parked | Failure:
        """Archive or unarchive; decided by the state, what an operation says is a hint."""
        provider_id, location = self._provider_id(), self.operation.location
        progress: Progress | None = None
        if location is not None:
            progress = await self._progress(location)
            if not progress.finished and self._asked_age() < VERIFIED_AFTER_SECONDS:
                return Waiting(location)
        found = await self.provider.state(provider_id)
        if found is None:
            raise MissingError("not_found")
        if found.archived is archived:
            return Reached()
        if location is None or progress is None:
            return await self._ask(provider_id, archived=archived)
        if not progress.finished:
            return self._wait(location)
        code = "operation_failed" if progress.failed else "operation_without_effect"
        return Failure(FailureCode.OPERATION_FAILED, code)

    async def _progress(self, location: str) -> Progress:
        try:
            return await self.provider.progress(location)
        except MissingError:  # forgotten by the provider: the state will tell
            return Progress(finished=True, failed=False)

    async def _ask(self, provider_id: str, *, archived: bool) -> Reached | Waiting:
        if archived and not await self._has_owner():
            await self._give_owner(provider_id)
        try:
            call = self.provider.archive if archived else self.provider.unarchive
            location = await call(provider_id)
        except NoOwnerError:
            if self.group.provider is Provider.TEAMS:
                await self._give_owner(provider_id)
            raise
        except MissingError as error:
            # The team is there: such a 404 has been seen while the archive went its way.
            raise UnavailableError(error.code) from error
        return Reached() if location is None else Waiting(location)

    async def _has_owner(self) -> bool:
        """Whether a teacher of the class is still there, who could be asked about it."""
        async with self.work.units_of_work.reading() as session:
            return await self.work.groups_of(session).has_owner(self.group.group_id)

    async def _give_owner(self, provider_id: str) -> None:
        """Add the technical owner, in case the provider has lost it; again does no harm."""
        owner = Seat(sign_in_name=self.work.technical_owner, role=MemberRole.TEACHER)
        if await self.provider.add(provider_id, [owner]):
            raise NoOwnerError("technical_owner_refused")

    def _wait(self, location: str) -> Waiting | Parked:
        if self._asked_age() > STUCK_SECONDS:
            return Parked(FailureCode.STUCK, "in_progress")
        return Waiting(location)

    def _asked_age(self) -> float:
        """Provider seconds since it was first asked."""
        return (self.operation.asked_age or 0.0) * self.work.time_scale

    def _provider_id(self) -> str:
        if self.group.provider_id is None:
            raise MissingError("never_created")
        return self.group.provider_id
