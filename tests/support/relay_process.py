"""A relay as a worker runs it, alone in a process: leads, relays, and ends when it may not."""

import asyncio
import sys

from hwb_runtime.crash import arm_crash_point
from hwb_runtime.database import Database
from hwb_runtime.kafka.relay import OutboxRelay
from hwb_runtime.leader import leadership
from hwb_schemas.topics import Topic


async def relay(database_url: str, kafka: str, topic: Topic) -> None:
    """Relay the outbox until something ends it."""
    async with (
        Database.open(database_url, connections=1) as database,
        leadership(database) as leader,
    ):
        sender = OutboxRelay(kafka, service=topic.owner, topics=[topic], max_unread=None)
        while True:
            if not await sender.run_once(leader):
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    spec = Topic.model_validate_json(sys.argv[3])
    arm_crash_point(spec.owner)
    asyncio.run(relay(sys.argv[1], sys.argv[2], spec))
