"""Changed records a second, from the first byte of an upload to the last account event seen."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from hwb_rehearsal.broker import start_broker
from hwb_rehearsal.broker.records import TopicWatch
from hwb_rehearsal.snapshots.forms import oneroster_zip
from hwb_rehearsal.stack import Postgres, Stack, StackOptions
from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.schools import Size
from hwb_rehearsal.world.wales import Roll, Wales, build_wales
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import Role

MAY = datetime(2022, 5, 3, 8, tzinfo=UTC)
RUN_WEEK = datetime(2022, 8, 16, 8, tzinfo=UTC)
WARM_UP = 5_000
UPLOADS_AT_ONCE = 6
SETTLE_SECONDS = 600.0
POLL_SECONDS = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Phase:
    """One wave of uploads: how many records changed, and how long until everyone could know."""

    records: int
    seconds: float


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """A first provisioning and a rollover that changes everyone, and what they took."""

    first: Phase
    rollover: Phase
    peak_memory: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Changed records per second over both."""
        records = self.first.records + self.rollover.records
        return records / (self.first.seconds + self.rollover.seconds)

    def details(self) -> dict[str, float]:
        """Every value, for the report."""
        return {
            "value": round(self.rate, 1),
            "first_records": self.first.records,
            "first_seconds": round(self.first.seconds, 2),
            "rollover_records": self.rollover.records,
            "rollover_seconds": round(self.rollover.seconds, 2),
        }


async def run_end_to_end(
    *,
    root: Path,
    learners: int,
    calendar: RolloverCalendar,
    postgres: Postgres,
    say: Say,
) -> EndToEnd:
    """Play both waves on a fresh broker, fresh databases and every service.

    Before each wave, other schools with ``WARM_UP`` learners send theirs: on the night of a
    rollover no broker and no service has just been started.
    """
    wales = build_wales(seed=1, size=Size(learners + WARM_UP))
    after = roll_over(wales).rolls
    first = {number: _body(roll, "2021-22", MAY) for number, roll in wales.rolls.items()}
    second = {number: _body(roll, "2022-23", RUN_WEEK) for number, roll in after.items()}
    early = _schools_with(wales, WARM_UP)
    quiet = lambda _: None  # noqa: E731 - the same broker and server as said above
    with start_broker(say=quiet) as broker:
        async with Stack.start(
            root,
            register=wales.register(),
            calendar=calendar,
            now=MAY,
            options=StackOptions(broker=broker, postgres=postgres, say=quiet),
        ) as stack:
            one = await _wave_after_others(stack, first, early)
            say(f"{learners:,} learners, first provisioning: {_line(one)}")
            stack.clock.move_to(RUN_WEEK)
            two = await _wave_after_others(stack, second, early)
            say(f"{learners:,} learners, rollover: {_line(two)}")
            return EndToEnd(one, two, stack.peak_memory())


def _schools_with(wales: Wales, learners: int) -> frozenset[str]:
    """Schools that have at most so many learners between them."""
    chosen, left = set(), learners
    for number, roll in wales.rolls.items():
        if len(roll.learners) <= left:
            chosen.add(number)
            left -= len(roll.learners)
    return frozenset(chosen)


async def _wave_after_others(
    stack: Stack, bodies: Mapping[str, bytes], early: frozenset[str]
) -> Phase:
    await _wave(stack, {number: body for number, body in bodies.items() if number in early})
    return await _wave(
        stack, {number: body for number, body in bodies.items() if number not in early}
    )


def _line(phase: Phase) -> str:
    rate = phase.records / phase.seconds
    return f"{phase.records:,} records in {phase.seconds:.1f} s, {rate:,.0f} a second"


def _body(roll: Roll, academic_year: str, extracted_at: datetime) -> bytes:
    return oneroster_zip(roll.snapshot(academic_year, extracted_at))


async def _wave(stack: Stack, bodies: Mapping[str, bytes]) -> Phase:
    watch = TopicWatch(stack.broker.address, "hwb.identity.accounts")
    waiting = asyncio.Semaphore(UPLOADS_AT_ONCE)
    async with contextlib.AsyncExitStack() as open_clients:
        client = await open_clients.enter_async_context(
            stack.client("mis-ingest", Role.SERVICE, timeout=SETTLE_SECONDS)
        )
        open_clients.enter_context(watch.listening())
        started = time.monotonic()

        async def push(school: str, body: bytes) -> str:
            async with waiting:
                answer = await client.post(
                    f"/v1/schools/{school}/uploads",
                    content=body,
                    headers={"Idempotency-Key": f"bench-{school}-{stack.clock.now:%Y%m%d}"},
                )
            answer.raise_for_status()
            return str(answer.json()["run_id"])

        pushed = await asyncio.gather(*(push(*upload) for upload in bodies.items()))
        runs = zip(bodies, pushed, strict=True)
        records = 0
        for school, run_id in runs:
            records += await _settled(stack, client, school, run_id)
        await stack.until(
            lambda: asyncio.to_thread(watch.has_seen_all), "all account events were seen", 60.0
        )
        return Phase(records, watch.last_at - started)


async def _settled(stack: Stack, client: httpx.AsyncClient, school: str, run_id: str) -> int:
    """Wait for a run; gives its changed records."""

    async def counts() -> dict[str, int] | None:
        answer = await client.get(f"/v1/schools/{school}/runs/{run_id}")
        answer.raise_for_status()
        run = answer.json()
        found: dict[str, int] = run["counts"]
        return found if run["status"] == "settled" else None

    what = f"run {run_id} of school {school} settles"
    found = await stack.until(counts, what, SETTLE_SECONDS, every=POLL_SECONDS)
    return found["changes"] if found else 0
