"""Paces kept in PostgreSQL, so that every process of the API counts together.

They go by the server's clock: limits, like tokens, use system time and not the rehearsal's.
"""

from hwb_mis_ingest.domain.pace import Pace
from hwb_runtime.database import Session


async def take_one(session: Session, what: str, pace: Pace) -> int:
    """Count one; gives 0, or the seconds to wait where there was none left to take."""
    row = await session.fetch_one(
        """INSERT INTO pace AS p (what, level, at) VALUES (%s, %s, clock_timestamp())
           ON CONFLICT (what) DO UPDATE SET what = excluded.what
           RETURNING level, extract(epoch FROM clock_timestamp() - p.at)::float8""",
        (what, pace.at_once),
    )
    level, seconds = row or (float(pace.at_once), 0.0)
    left = pace.after(level, seconds)
    wait = pace.wait(left)
    if not wait:
        await session.execute(
            "UPDATE pace SET level = %s, at = clock_timestamp() WHERE what = %s", (left - 1, what)
        )
    return wait
