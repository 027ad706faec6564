"""A group's life: what it is, what is wished for it, and which operation comes next."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from uuid import UUID, uuid5

from hwb_groups.domain.failure import FailureCode
from hwb_schemas.words import Provider

_GROUP_IDS = UUID("5d2b6a52-6f2c-4b53-9d6b-0f6f9d1a7a10")


class GroupState(StrEnum):
    """Where a group stands. No group at all is "none"."""

    CREATING = "creating"
    LINKED = "linked"
    FROZEN = "frozen"
    ARCHIVING = "archiving"
    ARCHIVED = "archived"
    RESTORING = "restoring"
    RESTORED = "restored"


class Wish(StrEnum):
    """What a group shall come to."""

    PRESENT = "present"
    ARCHIVED = "archived"
    RESTORED = "restored"


class Action(StrEnum):
    """One operation at the provider."""

    CREATE = "create"
    ROSTER = "roster"
    ARCHIVE = "archive"
    RESTORE = "restore"


class Lane(IntEnum):
    """Who goes first: a restore overtakes any number of queued archives (DESIGN 6)."""

    RESTORE = 0
    RESTORE_POLL = 1
    CREATE = 3
    BULK_POLL = 5
    ROSTER = 7
    BULK = 9


INTERACTIVE = Lane.RESTORE_POLL
"""Lanes up to this one have provider slots kept free for them."""

FULL_SHARE = Lane.CREATE
"""Lanes up to this one may use the whole of a provider's quota, the others only a part."""

_LANES = {
    Action.CREATE: Lane.CREATE,
    Action.ROSTER: Lane.ROSTER,
    Action.ARCHIVE: Lane.BULK,
    Action.RESTORE: Lane.RESTORE,
}


@dataclass(frozen=True, slots=True)
class Group:
    """A Team or Classroom as this service knows it.

    ``generation`` rises with every new wish. ``roster_wanted`` rises whenever the members that the
    group should have change; ``roster_done`` is the one that the provider has. ``parked`` is the
    operation that failed for good under the present wish and waits for a person; ``reason`` is why.
    """

    group_id: str
    provider: Provider
    provider_id: str | None
    class_key: str
    school: str
    academic_year: str
    class_code: str
    title: str
    state: GroupState
    wish: Wish
    generation: int
    linked: bool
    roster_wanted: int
    roster_done: int
    parked: Action | None = None
    reason: FailureCode | None = None


def group_id_of(class_key: str, provider: Provider) -> str:
    """The id of a class's Team or Classroom: asked for twice, it is the same group."""
    return str(uuid5(_GROUP_IDS, f"{provider.value}/{class_key}"))


def external_key_of(class_key: str, provider: Provider) -> str:
    """How the provider knows the class until it is unlinked.

    Teams: educationClass.externalId. Classroom: a domain alias, which may hold no odd characters.
    """
    if provider is Provider.CLASSROOM:
        return f"d:hwb-{sha256(class_key.encode()).hexdigest()[:32]}"
    return class_key


def lane_of(action: Action) -> Lane:
    """The lane that a new operation waits in."""
    return _LANES[action]


def polling_lane_of(action: Action) -> Lane:
    """The lane in which an operation waits for the provider to finish."""
    return Lane.RESTORE_POLL if action is Action.RESTORE else Lane.BULK_POLL


def next_action(group: Group) -> Action | None:
    """What has to be done now so that the group comes to what is wished; None if nothing.

    A wish that changed while an older operation ran is served when that one ends, because this is
    asked again then. What failed for good is not tried again until the wish changes or somebody
    asks; a failed roster holds up neither archive nor restore.
    """
    action = _towards_the_wish(group)
    return None if action is not None and action is group.parked else action


def _towards_the_wish(group: Group) -> Action | None:
    if group.provider_id is None or group.state is GroupState.CREATING:
        return Action.CREATE
    if group.wish is Wish.RESTORED:
        return None if group.state is GroupState.RESTORED else Action.RESTORE
    if group.state is GroupState.ARCHIVED:
        return None
    if group.roster_done < group.roster_wanted and group.parked is not Action.ROSTER:
        return Action.ROSTER
    return Action.ARCHIVE if group.wish is Wish.ARCHIVED else None


def may_be_restored(group: Group) -> bool:
    """Whether there is an archived group, or one on its way to it, to bring back."""
    return group.wish is Wish.ARCHIVED or group.wish is Wish.RESTORED


def is_archived(group: Group) -> bool:
    """Whether people find the group closed."""
    return group.state in {GroupState.ARCHIVED, GroupState.RESTORING}
