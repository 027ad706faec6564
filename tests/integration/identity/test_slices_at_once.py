"""Slices of different partitions at once: the same persons under two keys, no deadlock lost."""

import asyncio
from datetime import date

from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_schemas.words import RecordState

LEARNERS = 60


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
