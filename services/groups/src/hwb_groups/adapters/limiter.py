"""Lets calls go no faster than the provider allows, over all workers: buckets in PostgreSQL.

A caller reserves its turn and sleeps until it comes; callers of one process that wait at the same
time reserve together. Bulk work reserves only a moment ahead, so that a restore waits no longer
than that. 429 stops everybody for as long as the provider says and halves the rate, which comes
back by a tenth a minute (AIMD).

A process that is late, because something else had the processor, must not make up for it at once:
what it has sent in the provider's window is counted where it is sent, too.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from hwb_groups.application.errors import ThrottledError
from hwb_groups.domain.quota import (
    JITTER_SECONDS,
    QUOTAS,
    Allowance,
    Kind,
    Share,
    allowance_of,
    bucket_of,
    rate_of,
)
from hwb_runtime.database import Database

LONGEST_WAIT_SECONDS = 1.0
"""A longer turn is not reserved: the operation goes back to the queue and lets others pass."""
BULK_AHEAD_SECONDS = 0.25
"""Bulk work waits in the process instead, where it holds up nobody who is more urgent."""
LINE_MOVES_SECONDS = 0.01
SLOWEST_FACTOR = 0.1
REGAINED_A_MINUTE = 0.1

_TAKE = """
WITH want AS (
    SELECT * FROM unnest(%(names)s::text[], %(rates)s::float[], %(bursts)s::float[])
        AS w (name, rate, burst)
), locked AS (
    SELECT b.name, b.tokens, b.factor, b.blocked_until, b.refilled_at, w.rate, w.burst,
           greatest(clock_timestamp(), b.refilled_at) AS now
    FROM bucket b JOIN want w USING (name) ORDER BY b.name FOR UPDATE OF b
), filled AS (
    SELECT name, now,
           least(1, factor + extract(epoch FROM now - refilled_at) * %(regain)s) AS factor,
           least(burst, tokens + extract(epoch FROM now - refilled_at) * rate * factor) AS tokens,
           rate * factor AS rate,
           CASE WHEN blocked_until > now
                THEN extract(epoch FROM blocked_until - now) ELSE 0 END AS blocked
    FROM locked
), verdict AS (
    SELECT CASE WHEN max(blocked) > %(ahead)s THEN 0
                ELSE greatest(0, least(%(number)s, min(floor(tokens + rate * %(ahead)s))))
           END AS granted
    FROM filled
)
UPDATE bucket b
SET tokens = f.tokens - v.granted, factor = f.factor, refilled_at = f.now
FROM filled f, verdict v WHERE b.name = f.name
RETURNING v.granted::int, f.tokens::float, f.rate::float, f.blocked::float
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may go, in seconds from now, or that it is not reserved."""

    wait: float
    reserved: bool


@dataclass
class _Line:
    """Callers of this process who want the same buckets."""

    waiting: list[asyncio.Future[Turn]] = field(default_factory=list)
    serving: asyncio.Task[None] | None = None


@dataclass
class Window:
    """What this process has sent lately: never more than the provider allows in one window."""

    allowance: Allowance
    _sent: deque[float] = field(default_factory=deque)

    def until_free(self, now: float) -> float:
        """Seconds until one more call may be sent."""
        if len(self._sent) < self.allowance.calls:
            return 0.0
        return self._sent[0] + self.allowance.seconds + JITTER_SECONDS - now

    def sent(self, now: float) -> None:
        """One more call goes out."""
        if len(self._sent) >= self.allowance.calls:
            self._sent.popleft()
        self._sent.append(now)


@dataclass
class PostgresLimiter:
    """One per process; it uses one connection for each kind of call at most."""

    database: Database
    time_scale: float
    _lines: dict[tuple[Kind | Share, ...], _Line] = field(default_factory=dict)
    _windows: dict[Kind, Window] = field(default_factory=dict)

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
        line = self._lines.setdefault((*kinds, share), _Line())
        mine: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        line.waiting.append(mine)
        if line.serving is None or line.serving.done():
            line.serving = asyncio.create_task(self._serve(line, kinds, share))
        turn = await mine
        if not turn.reserved:
            raise ThrottledError(turn.wait)
        if turn.wait > 0:
            await asyncio.sleep(turn.wait)
        await self._pass([self._window(kind) for kind in kinds])

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

    async def reserve(self, kinds: Sequence[Kind], share: Share, number: int) -> list[Turn]:
        """So many turns, one after another."""
        wanted = [(kind, Share.WHOLE) for kind in kinds]
        if share is Share.BULK:
            wanted += [(kind, Share.BULK) for kind in kinds]
        ahead = BULK_AHEAD_SECONDS if share is Share.BULK else LONGEST_WAIT_SECONDS
        async with self.database.autocommit() as session:
            rows = await session.fetch(
                _TAKE,
                {
                    "names": [bucket_of(kind, part) for kind, part in wanted],
                    "rates": [rate_of(k, part, time_scale=self.time_scale) for k, part in wanted],
                    "regain": REGAINED_A_MINUTE / 60 * self.time_scale,
                    "bursts": [self._window(kind).allowance.burst for kind, _ in wanted],
                    "ahead": ahead,
                    "number": number,
                },
            )
        if len(rows) < len(wanted):  # the server crashed: unlogged rows are gone
            await self.prepare()
            return await self.reserve(kinds, share, number)
        granted = int(rows[0][0])
        blocked = max(row[3] for row in rows)
        waits = [
            max(0.0, blocked, *((turn - tokens) / rate for _, tokens, rate, _ in rows))
            for turn in range(1, number + 1)
        ]
        return [Turn(wait, reserved=n < granted) for n, wait in enumerate(waits)]

    async def _serve(self, line: _Line, kinds: Sequence[Kind], share: Share) -> None:
        while line.waiting:
            served, line.waiting = line.waiting, []
            try:
                turns = await self.reserve(kinds, share, len(served))
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait
                for future in served:
                    if not future.done():
                        future.set_exception(error)
                continue
            staying = []
            for future, turn in zip(served, turns, strict=True):
                if turn.reserved or turn.wait > LONGEST_WAIT_SECONDS:
                    if not future.done():
                        future.set_result(turn)
                else:
                    staying.append((future, turn.wait))
            if staying:
                line.waiting[:0] = [future for future, _ in staying]
                await asyncio.sleep(max(staying[0][1] - BULK_AHEAD_SECONDS, LINE_MOVES_SECONDS))

    async def _pass(self, windows: Sequence[Window]) -> None:
        loop = asyncio.get_running_loop()
        while (wait := max(window.until_free(loop.time()) for window in windows)) > 0:  # noqa: ASYNC110 - time alone frees it
            await asyncio.sleep(wait)
        for window in windows:
            window.sent(loop.time())

    def _window(self, kind: Kind) -> Window:
        window = self._windows.get(kind)
        if window is None:
            window = Window(allowance_of(QUOTAS[kind], time_scale=self.time_scale))
            self._windows[kind] = window
        return window
