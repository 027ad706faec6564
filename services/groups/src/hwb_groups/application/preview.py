"""What would become of a school's groups, by the very handlers of the events, and then undone.

The caller gives a unit of work that is never committed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hwb_groups.application.accounts import FollowAccounts
from hwb_groups.application.classes import FollowClasses
from hwb_groups.application.ports import GroupsOf
from hwb_groups.domain.group import Group, Wish
from hwb_groups.domain.membership import MemberRole
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import AccountChanged, ClassChanged

CLASSES, ACCOUNTS = "hwb.mis.classes", "hwb.identity.accounts"


@dataclass(frozen=True, slots=True)
class GroupWouldBe:
    """A group whose members would change: role by account id, None for who would leave."""

    group: Group
    members: Mapping[str, MemberRole | None]


@dataclass(frozen=True)
class PreviewGroups:
    """Lets the handlers of both topics do their work, and compares."""

    groups_of: GroupsOf
    follow_classes: FollowClasses
    follow_accounts: FollowAccounts

    async def __call__(
        self,
        school: str,
        classes: Sequence[ClassChanged],
        accounts: Sequence[AccountChanged],
        uow: UnitOfWork,
    ) -> list[GroupWouldBe]:
        """The school's groups that would change. Within ``uow`` it is all done."""
        groups = self.groups_of(uow.session)
        present = [
            group for group in await groups.groups_of_school(school) if group.wish is Wish.PRESENT
        ]
        ids = [group.group_id for group in present]
        before = await groups.members(ids)
        if classes:
            said = [(one.class_key, one) for one in classes]
            await self.follow_classes(_received(CLASSES, said), uow)
        if accounts:
            told = [(one.account.account_id, one) for one in accounts]
            await self.follow_accounts(_received(ACCOUNTS, told), uow)
        after = await groups.members(ids)
        changed = []
        for group in present:
            was, now = before.get(group.group_id, {}), after.get(group.group_id, {})
            members = {
                account_id: now.get(account_id)
                for account_id in sorted({*was, *now})
                if was.get(account_id) is not now.get(account_id)
            }
            if members:
                changed.append(GroupWouldBe(group, members))
        return changed


def _received(topic: str, events: Sequence[tuple[str, Any]]) -> list[Received[Any]]:
    return [
        Received(topic, 0, number, key, "", f"preview-{number}", "", None, event)
        for number, (key, event) in enumerate(events)
    ]
