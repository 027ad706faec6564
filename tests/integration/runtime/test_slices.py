"""Nothing is lost, nothing is applied twice, poison is parked: on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from hwb_runtime import parked_verbs
from hwb_runtime.errors import LossError, PoisonError
from hwb_runtime.events import StoredRecord
from hwb_runtime.positions import Watermarks, position_at_assignment
from hwb_runtime.testing import outbox_of, record_of
from hwb_schemas.events import RunSettled

TOPIC = "hwb.identity.runs"


def settled(run_id: str) -> RunSettled:
    return RunSettled(
        run_id=run_id,
        school="6604027",
        run_seq=1,
        applied=1,
        pending=0,
        parked=0,
        settled_at=datetime(2022, 8, 15, tzinfo=UTC),
    )


def records(
    ids: str, *, start: int = 0, keys: str | None = None, partition: int = 0
) -> list[StoredRecord]:
    return [
        record_of(
            settled(run_id),
            topic=TOPIC,
            key=key,
            offset=start + n,
            partition=partition,
            ce_id=f"id-{run_id}",
        )
        for n, (run_id, key) in enumerate(zip(ids, keys or ids, strict=True))
    ]


async def assign(
    bench: Any,
    *,
    low: int = 0,
    high: int = 100,
    topic_id: str | None = "t1",
    partition: int = 0,
) -> int:
    async with bench.platform.database.transaction() as session:
        broker = Watermarks(topic_id=topic_id, low=low, high=high)
        return await position_at_assignment(session, TOPIC, partition, broker)


async def apply(bench: Any, slice_: Sequence[StoredRecord], **kind: Any) -> int:
    next_offsets: dict[int, int] = await bench.processor(**kind).apply(slice_)
    return next_offsets[0]


async def test_effects_position_and_caused_events_are_one_transaction(bench: Any) -> None:
    await assign(bench)
    assert await apply(bench, records("abc")) == 3
    assert await bench.applied() == ["a", "b", "c"]
    assert await bench.one("SELECT next_offset FROM consumer_offset") == 3
    published = await outbox_of(bench.platform.database)
    assert [event.key for event in published] == ["a", "b", "c"]
    assert published[0].traceparent[3:35] == f"{1:032x}", "the trace of the cause goes on"


async def test_a_slice_of_two_partitions_is_one_transaction_and_advances_each(bench: Any) -> None:
    await assign(bench)
    await assign(bench, partition=1)
    await apply(bench, records("ab"))
    both = [*records("bc", start=1), *records("x", partition=1), *records("d", start=3)]
    assert await bench.processor().apply(both) == {0: 4, 1: 1}
    assert await bench.applied() == ["a", "b", "c", "d", "x"]
    missing = [*records("e", start=4), *records("z", start=2, partition=1)]
    with pytest.raises(LossError, match=r"\[1\]: a slice begins at 2, the position is 1"):
        await bench.processor().apply(missing)
    assert await bench.applied() == ["a", "b", "c", "d", "x"], "nothing of it, of no partition"


async def test_poison_in_a_slice_of_two_partitions_is_parked_alone(bench: Any) -> None:
    await assign(bench)
    await assign(bench, partition=1)
    bench.tally.refused["b"] = PoisonError("b is not for us")
    both = [*records("ab"), *records("xy", partition=1)]
    assert await bench.processor().apply(both) == {0: 2, 1: 2}
    assert await bench.applied() == ["a", "x", "y"]
    assert await bench.one("SELECT partition FROM parked") == 0


async def test_records_below_the_position_are_dropped(bench: Any) -> None:
    await assign(bench)
    await apply(bench, records("abc"))
    assert await apply(bench, records("abcd")) == 4
    assert await bench.applied() == ["a", "b", "c", "d"]


async def test_a_slice_beyond_the_position_is_refused(bench: Any) -> None:
    await assign(bench)
    with pytest.raises(LossError, match="what lies between is missing"):
        await apply(bench, records("c", start=2))
    assert await bench.applied() == []


async def test_a_gap_is_normal_on_a_compacted_topic(bench: Any) -> None:
    await assign(bench)
    assert await apply(bench, records("c", start=2), compacted=True) == 3
    assert await bench.applied() == ["c"]


async def test_poison_is_parked_with_later_events_of_its_key_and_blocks_no_other(
    bench: Any,
) -> None:
    await assign(bench)
    bench.tally.refused["b"] = PoisonError("b is not for us")
    await apply(bench, records("abcd", keys="KLLM"))
    await apply(bench, records("efg", keys="LMK", start=4))
    assert await bench.applied() == ["a", "d", "f", "g"]
    async with bench.platform.database.transaction() as session:
        parked = await session.fetch("SELECT position, reason FROM parked ORDER BY position")
    assert parked == [
        (1, "b is not for us"),
        (2, "waits behind an earlier parked event of the same key"),
        (4, "waits behind an earlier parked event of the same key"),
    ]


async def test_bytes_that_are_no_event_are_parked_as_they_came(bench: Any) -> None:
    await assign(bench)
    junk = StoredRecord(TOPIC, 0, 0, b"\xff", b"junk\x00", [("ce_id", b"1")])
    await apply(bench, [junk, *records("b", start=1)])
    assert await bench.applied() == ["b"]
    assert bytes(await bench.one("SELECT value FROM parked")) == b"junk\x00"


async def test_the_contract_s_refusal_names_fields_and_no_values(bench: Any) -> None:
    await assign(bench)
    good = records("a")[0]
    secret = b'{"run_id": "R201100018042", "run_seq": "R201100018042"}'
    await apply(bench, [StoredRecord(TOPIC, 0, 0, b"k", secret, good.headers)])
    reason = await bench.one("SELECT reason FROM parked")
    assert "run_seq: int_parsing" in reason
    assert "R201100018042" not in reason


async def test_replay_applies_what_was_parked_in_order(bench: Any) -> None:
    await assign(bench)
    bench.tally.refused["a"] = PoisonError("not yet")
    await apply(bench, records("ab", keys="KK"))
    assert await bench.applied() == []
    bench.tally.refused.clear()
    await parked_verbs.replay_parked(bench.platform, bench.service.worker, None)
    assert await bench.one("SELECT string_agg(run_id, '' ORDER BY number) FROM tally") == "ab"
    assert await bench.one("SELECT count(*) FROM parked") == 0


async def test_one_case_tells_of_parked_events_and_is_resolved_by_the_last_replay(
    bench: Any,
) -> None:
    await assign(bench)
    bench.tally.refused["a"] = PoisonError("not yet")
    await apply(bench, records("ab", keys="KK"))
    bench.tally.refused.clear()
    await parked_verbs.replay_parked(bench.platform, bench.service.worker, None)
    cases = [
        (event.key, event.type)
        for event in await outbox_of(bench.platform.database)
        if event.topic == "hwb.servicedesk.cases"
    ]
    key = f"tally/events_parked/{TOPIC}"
    assert cases == [
        (key, "wales.hwb.tally.case.raised.v1"),
        (key, "wales.hwb.tally.case.resolved.v1"),
    ]


async def test_an_event_known_by_its_id_is_dropped_under_a_new_offset(bench: Any) -> None:
    await assign(bench)
    await apply(bench, records("aab", keys="aab"), drops_applied="by_id")
    await apply(bench, records("abc", start=3), drops_applied="by_id")
    assert await bench.applied() == ["a", "b", "c"]


async def test_a_topic_made_anew_stops_the_worker(bench: Any) -> None:
    await assign(bench)
    with pytest.raises(LossError, match="deleted and made again"):
        await assign(bench, topic_id="t2")


async def test_records_gone_before_they_were_applied_stop_the_worker(bench: Any) -> None:
    await assign(bench)
    await apply(bench, records("ab"))
    with pytest.raises(LossError, match="records 2 to 4 are gone"):
        await assign(bench, low=5)


async def test_a_broker_that_ends_before_the_position_stops_the_worker(bench: Any) -> None:
    await assign(bench)
    await apply(bench, records("ab"))
    with pytest.raises(LossError, match="the broker ends at 1"):
        await assign(bench, high=1)


async def test_a_partition_seen_for_the_first_time_starts_at_its_first_record(bench: Any) -> None:
    assert await assign(bench, low=7, high=9) == 7


async def test_a_paused_worker_s_slice_is_applied_once(bench: Any) -> None:
    """Two workers with the same slice: the locked position lets only one of them apply it."""
    import asyncio

    await assign(bench)
    slice_ = records("abcde")
    await asyncio.gather(apply(bench, slice_), apply(bench, slice_))
    assert await bench.applied() == ["a", "b", "c", "d", "e"]
