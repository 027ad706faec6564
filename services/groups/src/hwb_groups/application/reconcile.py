"""Compares what this service believes of every group with what the provider says, and can mend."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from hwb_groups.application.errors import ProviderError
from hwb_groups.application.next_operations import queue_next
from hwb_groups.application.outcomes import resolve_case
from hwb_groups.application.ports import GroupProvider, GroupsOf, OpenProvider
from hwb_groups.domain.group import Group, GroupState, Wish, external_key_of
from hwb_groups.domain.membership import MemberRole, roster_change
from hwb_groups.domain.quota import Share
from hwb_runtime.unit_of_work import UnitsOfWork

_SETTLED = {GroupState.LINKED, GroupState.FROZEN, GroupState.ARCHIVED, GroupState.RESTORED}


@dataclass(frozen=True)
class Reconcile:
    """Findings are lines with ids; mending means that the operation is queued again."""

    units_of_work: UnitsOfWork
    groups_of: GroupsOf
    open_provider: OpenProvider
    technical_owner: str

    async def findings(self) -> AsyncIterator[tuple[Group, str]]:
        """Every group that does not agree, and how."""
        for group_id in await self._group_ids():
            async with self.units_of_work.begin() as uow:
                groups = self.groups_of(uow.session)
                group = await groups.group(group_id)
                wanted = await groups.sign_in_names(group_id)
            if group is None:
                continue
            if group.parked is not None:
                yield group, f"{group_id}: {group.parked} is parked, {group.reason}"
                continue
            if group.state not in _SETTLED or group.provider_id is None:
                continue
            provider = self.open_provider(group.provider, share=Share.BULK, keep=_nothing)
            try:
                finding = await self._compare(group, group.provider_id, provider, wanted)
            except ProviderError as error:
                finding = f"cannot be compared: {error.code}"
            if finding is not None:
                yield group, f"{group_id}: {finding}"

    async def mend(self, group: Group) -> None:
        """Queue what brings the provider to what is wished."""
        async with self.units_of_work.begin() as uow:
            groups = self.groups_of(uow.session)
            present = await groups.group(group.group_id)
            if present is None:
                return
            if present.parked is not None:
                resolve_case(uow, present)
            state = present.state
            if state is GroupState.ARCHIVED:
                state = GroupState.ARCHIVING
            elif state is GroupState.RESTORED and present.parked is None:
                state = GroupState.RESTORING
            await groups.update_group(
                replace(
                    present,
                    state=state,
                    parked=None,
                    reason=None,
                    roster_wanted=present.roster_wanted + 1,
                    generation=present.generation + 1,
                ),
                now=uow.now,
            )
            await queue_next(groups, [group.group_id], traceparent=None)

    async def _compare(
        self, group: Group, provider_id: str, provider: GroupProvider, wanted: dict[str, MemberRole]
    ) -> str | None:
        found = await provider.state(provider_id)
        if found is None:
            return "the provider does not know it"
        if found.archived is not (group.state is GroupState.ARCHIVED):
            return f"is {group.state.value}, at the provider {_word(archived=found.archived)}"
        if group.wish is Wish.PRESENT:
            change = roster_change(
                wanted, await provider.members(provider_id), technical_owner=self.technical_owner
            )
            if change:
                return f"{len(change.add)} members lack, {len(change.remove)} are too many"
            key = external_key_of(group.class_key, group.provider)
            if await provider.find(key) != provider_id:
                return "the provider does not find it by its class"
        return None

    async def _group_ids(self) -> list[str]:
        async with self.units_of_work.begin() as uow:
            rows = await uow.session.fetch("SELECT group_id FROM class_group ORDER BY group_id")
        return [row[0] for row in rows]


async def _nothing() -> None:
    """There is no lease to keep."""


def _word(*, archived: bool) -> str:
    return "archived" if archived else "open"
