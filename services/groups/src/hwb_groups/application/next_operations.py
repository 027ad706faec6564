"""Queues what has to be done next for groups that have just changed."""

from collections.abc import Collection

from hwb_groups.application.ports import Groups
from hwb_groups.domain.group import next_action


async def queue_next(groups: Groups, group_ids: Collection[str], *, traceparent: str | None) -> int:
    """Queue each group's next operation, if it has one and none is there; gives their number."""
    found = await groups.groups(group_ids)
    wanted = [(group, action) for group in found if (action := next_action(group)) is not None]
    return await groups.enqueue(wanted, traceparent=traceparent) if wanted else 0
