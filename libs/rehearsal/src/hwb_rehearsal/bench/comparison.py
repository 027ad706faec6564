"""Identity against the floor and against the plain way: the same topic, data and database settings.

Identity applies a first provisioning once. Each turn of each side then gets a copy of that database
and the same rollover, put on the topic anew. Every side is warm (connected, partitions assigned, at
the topic's end) and is paused while the topic is loaded, so that none has fetched anything when the
clock starts.
"""

import asyncio
import contextlib
import functools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

from hwb_rehearsal.bench.changes import CHANGES, first_provisioning, rollover
from hwb_rehearsal.bench.report import Row, compared
from hwb_rehearsal.bench.side import REST_SECONDS, SideError, Timed, paused, run_side
from hwb_rehearsal.broker import Broker
from hwb_rehearsal.broker.child import free_ports
from hwb_rehearsal.broker.records import (
    RecordToSend,
    TopicWatch,
    ends_of,
    send,
    set_group_position,
    shares_of_group,
)
from hwb_rehearsal.stack import Postgres, Stack, StackOptions
from hwb_rehearsal.stack.process import StackProcess, base_environment
from hwb_rehearsal.world.schools import Size
from hwb_rehearsal.world.wales import Wales, build_wales
from hwb_schemas.calendar import RolloverCalendar

MAY = datetime(2022, 5, 3, 8, tzinfo=UTC)
RUN_WEEK = datetime(2022, 8, 16, 8, tzinfo=UTC)
ACCOUNTS = "hwb.identity.accounts"
GROUP = "hwb-identity"
APPLY_SECONDS = 300.0
READY_SECONDS = 60.0
PLAIN_SECONDS = 15.0
PLAIN_WAY = Path("tests/bench/plain_identity.py")

Say = Callable[[str], None]


@dataclass
class Comparison:
    """A database that has applied a first provisioning, and the rollover that follows."""

    stack: Stack
    rollover: Sequence[RecordToSend]
    base: str
    """Address of the database as it was after the first provisioning."""

    async def identity(self, *, workers: int = 1) -> Timed:
        """Identity's own workers, with all rules and events, up to the last account event seen."""
        address = self.stack.broker.address
        async with self._copy() as url, self._working(url, workers) as working:
            watch = TopicWatch(address, ACCOUNTS)
            with watch.listening():
                with contextlib.ExitStack() as pauses:
                    for one in working:
                        if one.pid is None:
                            raise SideError(f"{one.name} ended. {one.log_tail()}")
                        pauses.enter_context(paused(one.pid))
                    await asyncio.to_thread(self._load)
                    ends = ends_of(address, CHANGES)
                    started = watch.last_at = time.monotonic()

                await _until_applied(self.stack, url, ends)
                await self.stack.until(
                    lambda: asyncio.to_thread(watch.has_seen_all), "all was seen", APPLY_SECONDS
                )
                ended = watch.last_at
        return Timed(len(self.rollover), ended - started)

    async def floor(self) -> Timed:
        """Consume and COPY."""
        url = self.stack.postgres.create_database("hwb_floor")
        starts = ends_of(self.stack.broker.address, CHANGES)
        command = [
            *(sys.executable, "-m", "hwb_rehearsal.bench.floor"),
            *("--kafka", self.stack.broker.address, "--database-url", url),
            *("--starts", json.dumps(starts), "--records", str(len(self.rollover))),
        ]
        log = self.stack.root / "logs" / "floor.log"
        return await run_side(command, log=log, environment={}, load=self._load)

    async def plain(self) -> Timed:
        """One event, one transaction, Faust as in its tutorial; its rate over 15 seconds."""
        address, group = self.stack.broker.address, f"plain-{uuid4().hex[:8]}"
        await asyncio.to_thread(
            set_group_position, address, group, CHANGES, ends_of(address, CHANGES)
        )
        async with self._copy() as url:
            return await run_side(
                [sys.executable, str(PLAIN_WAY)],
                log=self.stack.root / "logs" / "plain.log",
                environment={
                    **base_environment(),
                    **self.stack.environments["identity"],
                    "HWB_IDENTITY_DATABASE_URL": url,
                    "PLAIN_GROUP": group,
                    "PLAIN_RECORDS": str(len(self.rollover)),
                    "PLAIN_SECONDS": str(PLAIN_SECONDS),
                },
                load=self._load,
            )

    @contextlib.asynccontextmanager
    async def _working(self, url: str, count: int) -> AsyncIterator[list[StackProcess]]:
        """So many of identity's workers on this database, each with its share of partitions."""
        workers = [self._worker(url, port) for port in free_ports(count)]
        try:
            for one in workers:
                await one.start()
            await asyncio.gather(*(one.until_ready(READY_SECONDS) for one in workers))
            address = self.stack.broker.address
            partitions = len(ends_of(address, CHANGES))

            async def are_shared() -> bool:
                shares = await asyncio.to_thread(shares_of_group, address, GROUP, CHANGES)
                return len(shares) == count and sum(shares) == partitions and min(shares) > 0

            await self.stack.until(are_shared, f"each of {count} has its partitions", READY_SECONDS)
            await asyncio.sleep(REST_SECONDS)
            yield workers
        finally:
            await asyncio.gather(*(one.stop() for one in workers))

    def _worker(self, url: str, port: int) -> StackProcess:
        name = f"identity worker on port {port}"
        return StackProcess(
            name=name,
            command=[sys.executable, "-m", "hwb_identity.entrypoints.cli", "worker"],
            environment={
                **base_environment(),
                **self.stack.environments["identity"],
                "HWB_IDENTITY_DATABASE_URL": url,
                "HWB_IDENTITY_WORKER_PORT": str(port),
            },
            log=self.stack.root / "logs" / f"{name.replace(' ', '-')}.log",
            ready_url=f"http://127.0.0.1:{port}/readyz",
        )

    def _load(self) -> None:
        send(self.stack.broker.address, CHANGES, self.rollover)

    @contextlib.asynccontextmanager
    async def _copy(self) -> AsyncIterator[str]:
        """A copy of the database as it was after the first provisioning, dropped afterwards."""
        name = f"hwb_copy_{uuid4().hex[:8]}"
        base = urlsplit(self.base)
        admin = urlunsplit(base._replace(path="/postgres"))
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
            await connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(base.path.removeprefix("/"))
                )
            )
            url = urlunsplit(base._replace(path=f"/{name}"))
            try:
                await _begin_at(url, ends_of(self.stack.broker.address, CHANGES))
                # What the copy leaves dirty is written now and not in the middle of a turn.
                await connection.execute("CHECKPOINT")
                yield url
            finally:
                await connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextlib.asynccontextmanager
async def prepared(
    *,
    root: Path,
    learners: int,
    calendar: RolloverCalendar,
    broker: Broker,
    postgres: Postgres,
    say: Say,
) -> AsyncIterator[Comparison]:
    """Load the topic and let identity apply the first provisioning."""
    wales: Wales = build_wales(seed=1, size=Size(learners))
    first = first_provisioning(wales, received_at=MAY)
    second = rollover(wales, received_at=RUN_WEEK)
    async with Stack.start(
        root,
        register=wales.register(),
        calendar=calendar,
        now=MAY,
        options=StackOptions(services=("identity",), broker=broker, postgres=postgres, say=say),
    ) as stack:
        say(f"identity applies a first provisioning of {len(first):,} records ...")
        send(broker.address, CHANGES, first)
        base = stack.database_urls["identity"]
        ends = ends_of(broker.address, CHANGES)

        await _until_applied(stack, base, ends)
        for kind in ("api", "worker"):
            await stack.processes[f"identity {kind}"].stop()
        async with await psycopg.AsyncConnection.connect(base, autocommit=True) as connection:
            await connection.execute("VACUUM ANALYZE")
        stack.clock.move_to(RUN_WEEK)
        yield Comparison(stack, second, base)


@dataclass(frozen=True, slots=True)
class Against:
    """A row of this comparison: a side, what it is measured against, and what that is."""

    side: str
    baseline: str
    baseline_is: str


FLOOR = "librdkafka consume + COPY of the same rows, 1,000 a COPY"
ROWS = {
    "identity_vs_floor": Against("identity", "floor", FLOOR),
    "identity_vs_plain": Against(
        "identity", "plain", "one event, one transaction, Faust as in its tutorial"
    ),
    "identity_workers_1": Against("identity", "floor", FLOOR),
    "identity_workers_4": Against("four workers", "identity", "one worker on the same partitions"),
}


async def compare_identity(
    comparison: Comparison, *, wanted: Collection[str], rounds: int, say: Say
) -> list[Row]:
    """Take turns, and give the wanted ones of ``ROWS``; only the sides that they need run."""
    turns: dict[str, Callable[[], Awaitable[Timed]]] = {
        "floor": comparison.floor,
        "identity": comparison.identity,
        "four workers": functools.partial(comparison.identity, workers=4),
        "plain": comparison.plain,
    }
    rows = {name: row for name, row in ROWS.items() if name in wanted}
    needed = {side for row in rows.values() for side in (row.side, row.baseline)}
    rates: dict[str, list[float]] = {side: [] for side in turns if side in needed}
    for number in range(1, rounds + 1):
        for side, found in rates.items():
            timed = await turns[side]()
            found.append(timed.rate)
            say(f"round {number}, {side}: {timed.line}")
    return [
        compared(name, rates[row.side], rates[row.baseline], baseline_is=row.baseline_is)
        for name, row in rows.items()
    ]


async def _until_applied(stack: Stack, url: str, ends: Mapping[int, int]) -> None:
    """Wait until identity has applied and sent all; one connection, so that asking costs little."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:

        async def is_applied() -> bool:
            cursor = await connection.execute(
                "SELECT partition, next_offset FROM consumer_offset WHERE topic = %s", (CHANGES,)
            )
            if dict(await cursor.fetchall()) != ends:
                return False
            cursor = await connection.execute("SELECT count(*) FROM outbox")
            return await cursor.fetchone() == (0,)

        await stack.until(is_applied, "identity has applied all", APPLY_SECONDS)


async def _begin_at(url: str, positions: Mapping[int, int]) -> None:
    """Let whoever works on this database begin at these offsets of the changes."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for partition, offset in positions.items():
            await connection.execute(
                "UPDATE consumer_offset SET next_offset = %s WHERE topic = %s AND partition = %s",
                (offset, CHANGES, partition),
            )


__all__ = ["ROWS", "Comparison", "SideError", "compare_identity", "prepared"]
