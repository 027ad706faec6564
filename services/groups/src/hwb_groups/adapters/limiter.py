"""Lets calls go no faster than the provider allows, over all workers: buckets in PostgreSQL.

A caller reserves its turn and sleeps until it comes. 429 stops everybody for as long as the
provider says and halves the rate, which comes back by a tenth a minute (AIMD).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from hwb_groups.application.errors import ThrottledError
from hwb_groups.domain.quota import BURST_SECONDS, Kind, Share, bucket_of, rate_of
from hwb_runtime.database import Database

LONGEST_WAIT_SECONDS = 1.0
"""A longer turn is not reserved: the operation goes back to the queue and lets others pass."""
SLOWEST_FACTOR = 0.1
REGAINED_A_MINUTE = 0.1

_TAKE = """
WITH want AS (
    SELECT * FROM unnest(%(names)s::text[], %(rates)s::float[]) AS w (name, rate)
), locked AS (
    SELECT b.name, b.tokens, b.factor, b.blocked_until, b.refilled_at, w.rate,
           greatest(clock_timestamp(), b.refilled_at) AS now
    FROM bucket b JOIN want w USING (name) ORDER BY b.name FOR UPDATE OF b
), filled AS (
    SELECT name, rate, now, blocked_until,
           least(1, factor + extract(epoch FROM now - refilled_at) * %(regain)s) AS factor,
           least(greatest(1, rate * %(burst)s),
                 tokens + extract(epoch FROM now - refilled_at) * rate * factor) AS tokens
    FROM locked
), verdict AS (
    SELECT max(greatest(0, (1 - tokens) / (rate * factor),
                        CASE WHEN blocked_until > now
                             THEN extract(epoch FROM blocked_until - now) ELSE 0 END)) AS wait
    FROM filled
)
UPDATE bucket b
SET tokens = f.tokens - CASE WHEN v.wait <= %(longest)s THEN 1 ELSE 0 END,
    factor = f.factor, refilled_at = f.now
FROM filled f, verdict v WHERE b.name = f.name
RETURNING v.wait::float
"""


@dataclass
class PostgresLimiter:
    """One per process; calls of the process queue up before the database does."""

    database: Database
    time_scale: float
    _turns: dict[tuple[Kind, ...], asyncio.Lock] = field(default_factory=dict)

    async def prepare(self) -> None:
        """Make the buckets that are not there."""
        names = [bucket_of(kind, share) for kind in Kind for share in Share]
        async with self.database.transaction() as session:
            await session.execute(
                "INSERT INTO bucket (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
                (names,),
            )

    async def take(self, kinds: Sequence[Kind], share: Share) -> None:
        """Wait for a turn. Raises ThrottledError where that would take long."""
        async with self._turns.setdefault(tuple(kinds), asyncio.Lock()):
            wait = await self._reserve(kinds, share)
        if wait > LONGEST_WAIT_SECONDS:
            raise ThrottledError(wait)
        if wait > 0:
            await asyncio.sleep(wait)

    async def block(self, kinds: Sequence[Kind], *, seconds: float) -> None:
        """Stop everybody for so long; a burst of refusals halves the rate once."""
        names = [bucket_of(kind, share) for kind in kinds for share in Share]
        async with self.database.transaction() as session:
            await session.execute(
                """UPDATE bucket
                   SET factor = CASE WHEN blocked_until > clock_timestamp() THEN factor
                                     ELSE greatest(%s, factor / 2) END,
                       blocked_until = greatest(
                           blocked_until, clock_timestamp() + make_interval(secs => %s))
                   WHERE name IN (SELECT name FROM bucket WHERE name = ANY(%s)
                                  ORDER BY name FOR UPDATE)""",
                (SLOWEST_FACTOR, seconds, names),
            )

    async def _reserve(self, kinds: Sequence[Kind], share: Share) -> float:
        wanted = [(kind, Share.WHOLE) for kind in kinds]
        if share is Share.BULK:
            wanted += [(kind, Share.BULK) for kind in kinds]
        names = [bucket_of(kind, part) for kind, part in wanted]
        rates = [rate_of(kind, part, time_scale=self.time_scale) for kind, part in wanted]
        async with self.database.transaction() as session:
            row = await session.fetch_one(
                _TAKE,
                {
                    "names": names,
                    "rates": rates,
                    "regain": REGAINED_A_MINUTE / 60 * self.time_scale,
                    "burst": BURST_SECONDS,
                    "longest": LONGEST_WAIT_SECONDS,
                },
            )
        if row is None:  # the server was restarted after a crash: unlogged rows are gone
            await self.prepare()
            return await self._reserve(kinds, share)
        return float(row[0])
