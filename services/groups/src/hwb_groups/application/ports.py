"""What the application needs from outside: the providers, and the rows of one transaction."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hwb_groups.domain.breaker import Gate
from hwb_groups.domain.group import Action, Group, Lane
from hwb_groups.domain.membership import MemberRole, Person, Seat
from hwb_groups.domain.quota import Share
from hwb_groups.domain.restore_estimate import Standing
from hwb_runtime.database import Session
from hwb_schemas.words import Provider


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What a provider is told about a group to be made."""

    external_key: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Found:
    """A group as the provider has it."""

    provider_id: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What a provider says of something that it was asked to do: a hint, never the proof."""

    finished: bool
    failed: bool


class GroupProvider(Protocol):
    """Microsoft Graph or Google Classroom, on behalf of one operation.

    Every method may raise a ``ProviderError`` of ``application.errors``. What is asked twice does
    no harm: ``add`` takes members who are there, ``remove`` those who are not, ``create`` gives
    the group that has the external key.
    """

    async def find(self, external_key: str) -> str | None:
        """The provider's id of the group that has this key."""

    async def create(self, group: NewGroup) -> str:
        """Make it, as far as that it can be found by its key; gives its id."""

    async def open(self, provider_id: str) -> str | None:
        """Make it usable, with the technical owner; gives where to ask for the progress."""

    async def state(self, provider_id: str) -> Found | None:
        """How it stands; None where the provider does not know it (or not yet)."""

    async def members(self, provider_id: str) -> list[Seat]:
        """Everybody in it, the technical owner included."""

    async def add(self, provider_id: str, seats: Sequence[Seat]) -> list[Seat]:
        """Add these; gives those whom the provider refused."""

    async def remove(self, provider_id: str, seat: Seat) -> None:
        """Remove one."""

    async def archive(self, provider_id: str) -> str | None:
        """Close it; gives where to ask for the progress, None where it is done at once."""

    async def unarchive(self, provider_id: str) -> str | None:
        """Open it again; like ``archive``."""

    async def progress(self, location: str) -> Progress:
        """What has become of it."""

    async def unlink(self, provider_id: str, external_key: str) -> None:
        """Clear the key, so that nothing made later collides with it."""


class OpenProvider(Protocol):
    """Gives a provider on behalf of one operation; ``keep`` is awaited before every call."""

    def __call__(
        self, provider: Provider, *, share: Share, keep: Callable[[], Awaitable[None]]
    ) -> GroupProvider: ...


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation in hand.

    In system seconds: ``asked_age`` since the provider may first have heard of it (None: never),
    ``group_age`` since the group was asked for.
    """

    operation_id: int
    group_id: str
    action: Action
    generation: int
    lane: Lane
    lease: str
    attempts: int
    location: str | None
    asked_age: float | None
    group_age: float
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as the MIS last had it."""

    class_key: str
    school: str
    academic_year: str
    class_code: str
    title: str
    year_group: str | None
    current: bool
    teachers: tuple[str, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Somebody whom the MIS lists in a group's class."""

    group_id: str
    person_ref: str
    role: MemberRole


class Groups(Protocol):
    """Groups, their members and their operations, within one transaction."""

    async def lock_membership(self) -> None:
        """Keep account changes out while a roster changes; ended by the transaction."""

    async def share_membership(self) -> None:
        """Keep roster changes out while accounts change; ended by the transaction."""

    async def class_for_update(self, class_key: str) -> ClassRow | None: ...

    async def group(self, group_id: str) -> Group | None:
        """Locked until the transaction ends."""

    async def seen(self, group_id: str) -> Group | None:
        """As it is committed now; not locked."""

    async def groups(self, group_ids: Collection[str]) -> list[Group]:
        """Locked in the order of their ids."""

    async def groups_of_school(self, school: str) -> list[Group]: ...

    async def groups_of_classes(self, class_keys: Collection[str]) -> list[Group]:
        """Locked in the order of their ids."""

    async def insert_group(self, group: Group, *, asked_by: str, now: datetime) -> None: ...

    async def update_group(self, group: Group, *, now: datetime) -> None: ...

    async def people_of(self, person_refs: Collection[str]) -> list[Person]: ...

    async def people(self, account_ids: Collection[str]) -> list[Person]: ...

    async def rosters(self, group_ids: Collection[str]) -> list[RosterEntry]: ...

    async def replace_rosters(
        self, group_ids: Collection[str], entries: Collection[RosterEntry]
    ) -> None: ...

    async def following(self, person_refs: Collection[str]) -> list[RosterEntry]:
        """Where these person_refs are listed, in groups that are wished to be present."""

    async def members(self, group_ids: Collection[str]) -> dict[str, dict[str, MemberRole]]:
        """By group, then account."""

    async def change_members(
        self,
        *,
        put: Collection[tuple[str, str, MemberRole]],
        drop: Collection[tuple[str, str]],
    ) -> None:
        """Rows of group, account and role to have; rows of group and account to have no more."""

    async def sign_in_names(self, group_id: str) -> dict[str, MemberRole]:
        """The members by sign-in name."""

    async def want_rosters(self, group_ids: Collection[str], *, now: datetime) -> None:
        """Count up ``roster_wanted``; a roster that was parked is tried again."""

    async def enqueue(
        self, wanted: Collection[tuple[Group, Action]], *, traceparent: str | None
    ) -> int:
        """Queue one operation a group, unless one is queued or running; gives their number.

        It is not begun while the group is to be left alone after the one before.
        """

    async def cancel_unasked(self, group_id: str, actions: Collection[Action]) -> int:
        """Cancel a queued operation of which the provider has not heard yet."""

    async def hurry(self, group_id: str, lane: Lane) -> None:
        """Move a queued operation of this group to a faster lane."""

    async def standing(self, group: Group, *, line_seconds: float) -> Standing:
        """Where the restore of this group stands; a line is looked at for so long at most."""

    async def save_provider_id(self, operation: Operation, provider_id: str) -> bool: ...

    async def finish(
        self, operation: Operation, *, state: str, error_code: str | None, pause_seconds: float
    ) -> bool:
        """End an operation; False where the lease was lost, so that nothing may be committed.

        The group is then left alone for so many system seconds.
        """

    async def freeze(self, up_to_year: str, *, now: datetime) -> int:
        """Mark linked groups up to this academic year as frozen; gives their number."""

    async def has_owner(self, group_id: str) -> bool:
        """Whether a teacher of the group is still active at its school."""

    async def wish_archived(self, group_ids: Collection[str], *, now: datetime) -> None:
        """One that is still being created goes on to be created first."""


class Breaker(Protocol):
    """Knows whether a provider is out of order as a whole."""

    def is_open(self, provider: Provider) -> bool: ...

    async def gate(self, provider: Provider) -> Gate:
        """What may be claimed of the provider's operations now."""


class OperationQueue(Protocol):
    """The queue of operations as its workers see it; each call is a transaction of its own."""

    async def claim(self, provider: Provider, *, up_to: Lane, limit: int) -> list[Operation]:
        """Take operations that are due, fastest lane first; those of dead workers as well."""

    async def keep(self, operations: Collection[Operation]) -> int:
        """Extend the leases; gives how many of them there still were."""

    async def let_go(self, operations: Collection[Operation]) -> None:
        """Give them back at once: this worker ends, another may take them up."""

    async def put_back(
        self,
        operation: Operation,
        *,
        after: float,
        attempts: int,
        location: str | None,
        asked: bool,
        lane: Lane,
    ) -> None:
        """Let it wait for so many system seconds, or the group's pause. Raises LeaseLostError."""


GroupsOf = Callable[[Session], Groups]
"""The rows of a transaction."""
