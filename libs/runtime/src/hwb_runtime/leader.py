"""One leader per service, by a PostgreSQL advisory lock on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hwb_runtime import metrics
from hwb_runtime.database import Database, Session

LOCK = 0x4877_6201
TRY_AGAIN_SECONDS = 0.5


@asynccontextmanager
async def leadership(database: Database) -> AsyncIterator[Session]:
    """Wait until this process leads; the session holds the lock, and whoever loses it must end.

    Everything that only a leader may do last (deleting delivered rows) goes over this session, so
    that a leader whose lock is lost cannot do it.
    """
    async with database.dedicated() as session:
        while True:
            row = await session.fetch_one("SELECT pg_try_advisory_lock(%s)", (LOCK,))
            if row and row[0]:
                break
            await asyncio.sleep(TRY_AGAIN_SECONDS)
        metrics.LEADER.set(1)
        try:
            yield session
        finally:
            metrics.LEADER.set(0)
