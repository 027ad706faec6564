"""``hwb.identity.accounts`` as it lies at the broker, for comparison with the database."""

from collections.abc import AsyncIterator, Sequence

from hwb_identity.application.changes import ACCOUNTS
from hwb_runtime.topic_log import TopicLog


class AccountLog:
    """The topic from its first record to its end."""

    def __init__(self, topic_log: TopicLog) -> None:
        self._topic_log = topic_log

    async def records(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Account id and JSON value (None: a tombstone) of all records, in each account's order."""
        async for records in self._topic_log.records(ACCOUNTS):
            yield records
