"""Slices of different partitions at once: the same persons under two keys, no deadlock lost."""

import asyncio
from datetime import date

from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_identity.entrypoints.worker import subscriptions_of
from hwb_runtime.slices import SliceProcessor
from hwb_runtime.testing import record_of
from hwb_schemas.words import RecordState

LEARNERS = 60
TOPIC = "hwb.mis.changes"


def upn(kind: str, number: int) -> str:
    return f"{kind}2011000{number:05}"


async def test_both_halves_of_a_changed_upn_at_once_are_one_account_each(world: World) -> None:
    numbers = range(LEARNERS)
    old, new = [upn("A", n) for n in numbers], [upn("B", n) for n in numbers]
    await world.hear(*(world.word(PRIMARY, key, run_seq=1) for key in old))
    replaced = [world.word(PRIMARY, key, RecordState.REPLACED, run_seq=2) for key in old]
    stated = [
        world.word(PRIMARY, key, former=was, year="7", run_seq=2)
        for key, was in zip(reversed(new), reversed(old), strict=True)
    ]
    pending = [world.word(SECONDARY, key, run_seq=1) for key in old]
    await asyncio.gather(
        world.hear(*replaced, *pending, partition=0), world.hear(*stated, partition=1)
    )
    rows = await world.rows(
        "SELECT cardinality(keys), waiting <> '[]' FROM person WHERE account_id IS NOT NULL"
    )
    assert rows == [(2, True)] * LEARNERS
    left = [
        world.word(PRIMARY, key, RecordState.LEFT, former=was, leaving=date(2022, 7, 1), run_seq=3)
        for key, was in zip(reversed(new), reversed(old), strict=True)
    ]
    await world.hear(*left, partition=1)
    homes = await world.rows(
        "SELECT DISTINCT home_school, status FROM person WHERE account_id IS NOT NULL"
    )
    assert homes == [(SECONDARY, "active")]
    versions = await world.rows(
        "SELECT count(*) FROM account_history GROUP BY account_id HAVING count(*) <> max(version)"
    )
    assert versions == []


async def test_the_due_job_and_a_slice_may_meet(world: World) -> None:
    keys = [upn("A", n) for n in range(LEARNERS)]
    await world.hear(*(world.word(PRIMARY, key, run_seq=1) for key in keys))
    leaving = world.clock.now().date().replace(month=8, day=31)
    await world.hear(
        *(world.word(PRIMARY, key, RecordState.LEFT, leaving=leaving, run_seq=2) for key in keys)
    )
    world.move_to(leaving)
    await asyncio.gather(
        world.identity.take_up_due(),
        world.hear(*(world.word(SECONDARY, key, run_seq=1) for key in reversed(keys)), partition=1),
    )
    rows = await world.rows("SELECT DISTINCT home_school, status FROM person")
    assert rows == [(SECONDARY, "active")]
    assert await world.identity.reconcile.find() == []


async def test_names_in_one_slice_come_from_the_lane_of_each_ones_partition(world: World) -> None:
    """So a name depends on what its own partition said, and not on what came in one slice."""
    await world.hear(world.word(PRIMARY, upn("A", 0), run_seq=1), partition=0)
    await world.hear(world.word(PRIMARY, upn("A", 1), run_seq=1), partition=1)
    together = [
        record_of(event, topic=TOPIC, key=key, offset=1 + number // 2, partition=number % 2)
        for number in range(4)
        for key, event in [world.word(PRIMARY, upn("B", number), run_seq=1)]
    ]
    processor = SliceProcessor(
        world.platform.units_of_work,
        subscriptions_of(world.identity)[0],
        service="identity",
        compacted=False,
    )
    await processor.apply(sorted(together, key=lambda record: record.partition))
    rows = await world.rows("SELECT sign_in_name FROM person ORDER BY key")
    numbers = [int("".join(filter(str.isdigit, name))) for (name,) in rows]
    assert numbers == [1, 2, 17, 18, 33, 34]
