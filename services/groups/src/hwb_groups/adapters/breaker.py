"""A breaker per provider: each worker judges its own calls, all of them heed what one has found."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import structlog

from hwb_groups.domain.breaker import (
    PROBE_SECONDS,
    WATCHED_CALLS,
    WATCHED_SECONDS,
    Gate,
    Seen,
    is_out_of_order,
    open_seconds,
)
from hwb_groups.metrics import BREAKER_OPEN
from hwb_runtime.database import Database
from hwb_schemas.words import Provider

log = structlog.get_logger("hwb_groups.breaker")


@dataclass
class PostgresBreaker:
    """One per process. While every provider is well a call costs no query.

    Open, bulk is not claimed, and failures are not counted against operations; after a while one
    operation is let through, and its first call decides.
    """

    database: Database
    time_scale: float
    _calls: dict[tuple[Provider, bool], deque[Seen]] = field(default_factory=dict)
    _open: dict[Provider, bool] = field(default_factory=dict)
    """Of a provider whose breaker is not closed: whether its writes opened it."""

    def is_open(self, provider: Provider) -> bool:
        """As far as this process knows; it asks before each claim."""
        return provider in self._open

    async def gate(self, provider: Provider) -> Gate:
        """What may be claimed now. ``ONE`` is given to one caller among all workers."""
        async with self.database.autocommit() as session:
            row = await session.fetch_one(
                """SELECT of_writes, open_until <= clock_timestamp() FROM breaker
                   WHERE provider = %s""",
                (provider.value,),
            )
            mine = (
                row
                and row[1]
                and await session.execute(
                    """UPDATE breaker
                   SET probing = true, open_until = clock_timestamp() + make_interval(secs => %s)
                   WHERE provider = %s AND open_until <= clock_timestamp()""",
                    (PROBE_SECONDS / self.time_scale, provider.value),
                )
            )
        BREAKER_OPEN.labels(provider.value).set(int(row is not None))
        if row is None:
            self._open.pop(provider, None)
            return Gate.ALL
        self._open[provider] = row[0]
        return Gate.ONE if mine else Gate.URGENT

    async def see(self, provider: Provider, *, writes: bool, target: str, failed: bool) -> None:
        """Take note of a call's end, and open or close the breaker by it."""
        now = asyncio.get_running_loop().time()
        calls = self._calls.setdefault((provider, writes), deque(maxlen=WATCHED_CALLS))
        calls.append(Seen(now, target, failed))
        while calls[0].at < now - WATCHED_SECONDS:
            calls.popleft()
        if provider in self._open:
            if self._open[provider] is writes:
                await (self._open_longer if failed else self._close)(provider)
        elif failed and is_out_of_order(calls):
            await self._begin(provider, writes=writes)

    async def _begin(self, provider: Provider, *, writes: bool) -> None:
        async with self.database.transaction() as session:
            await session.execute(
                """INSERT INTO breaker (provider, of_writes, level, open_until)
                   VALUES (%s, %s, 1, clock_timestamp() + make_interval(secs => %s))
                   ON CONFLICT DO NOTHING""",
                (provider.value, writes, open_seconds(1) / self.time_scale),
            )
        self._open[provider] = writes
        log.warning("breaker_opened", provider=provider.value, of_writes=writes)

    async def _open_longer(self, provider: Provider) -> None:
        """The probe failed. Restores fail too meanwhile: they make it no longer than it is."""
        async with self.database.transaction() as session:
            row = await session.fetch_one(
                "SELECT level, probing FROM breaker WHERE provider = %s FOR UPDATE",
                (provider.value,),
            )
            if row is None or not row[1]:
                return
            await session.execute(
                """UPDATE breaker SET level = level + 1, probing = false,
                       open_until = clock_timestamp() + make_interval(secs => %s)
                   WHERE provider = %s""",
                (open_seconds(row[0] + 1) / self.time_scale, provider.value),
            )

    async def _close(self, provider: Provider) -> None:
        async with self.database.transaction() as session:
            await session.execute("DELETE FROM breaker WHERE provider = %s", (provider.value,))
        self._open.pop(provider, None)
        for writes in (False, True):
            self._calls.pop((provider, writes), None)
        log.info("breaker_closed", provider=provider.value)
