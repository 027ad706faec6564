"""A slice takes what waits of a topic, over its partitions and in time."""

from collections.abc import Sequence

import pytest

from hwb_runtime.events import StoredRecord
from hwb_runtime.kafka.gathering import Fetched, Gathering

EVERY = 0.25


def fetched(partition: int, first: int, last: int, *, topic: str = "words") -> Fetched:
    records = [
        StoredRecord(topic, partition, offset, b"key", b"{}", [])
        for offset in range(first, last + 1)
    ]
    return Fetched(records, event=None)


def parts(slice_: Sequence[Fetched]) -> list[tuple[int, int, int]]:
    return [(one.place[1], one.records[0].offset, one.records[-1].offset) for one in slice_]


@pytest.fixture
def gathering() -> Gathering:
    return Gathering(slice_records=100, gather_seconds=EVERY)


def test_what_comes_after_a_pause_is_taken_at_once(gathering: Gathering) -> None:
    gathering.put(fetched(0, 0, 0))
    assert gathering.ripe_in(10.0) == 0.0
    assert parts(gathering.take(10.0)) == [(0, 0, 0)]
    assert gathering.ripe_in(10.0) is None


def test_what_comes_soon_after_waits_for_company_of_every_partition(gathering: Gathering) -> None:
    gathering.put(fetched(0, 0, 0))
    first = gathering.take(10.0)
    gathering.done(first)
    gathering.put(fetched(1, 0, 4))
    gathering.put(fetched(0, 1, 2))
    assert gathering.take(10.1) == []
    assert gathering.ripe_in(10.1) == pytest.approx(EVERY - 0.1)
    assert parts(gathering.take(10.0 + EVERY)) == [(1, 0, 4), (0, 1, 2)]


def test_a_full_slice_waits_for_nothing_and_is_not_overfilled(gathering: Gathering) -> None:
    gathering.put(fetched(0, 0, 0))
    gathering.take(10.0)
    gathering.put(fetched(1, 0, 59))
    gathering.put(fetched(2, 0, 59))
    assert parts(gathering.take(10.01)) == [(1, 0, 59)]
    assert parts(gathering.take(10.02)) == [(2, 0, 59)], "half of a slice is enough"
    gathering.put(fetched(3, 0, 48))
    assert gathering.take(10.03) == []
    gathering.put(fetched(4, 0, 500))
    assert parts(gathering.take(10.03)) == [(3, 0, 48)]
    assert parts(gathering.take(10.04)) == [(4, 0, 500)], "one fetch alone may be larger"


def test_what_a_full_slice_leaves_is_of_other_partitions_and_begins_beside_it(
    gathering: Gathering,
) -> None:
    for first in (0, 25, 50):
        for partition in (0, 1, 2):
            gathering.put(fetched(partition, first, first + 24))
    assert parts(gathering.take(10.0)) == [(0, 0, 24), (0, 25, 49), (0, 50, 74), (1, 0, 24)]
    assert parts(gathering.take(10.0)) == [(2, 0, 24), (2, 25, 49), (2, 50, 74)]
    assert gathering.take(11.0) == [], "what is left waits for the partition that is worked on"


def test_records_of_a_busy_partition_wait_in_order_and_hold_up_no_other(
    gathering: Gathering,
) -> None:
    gathering.put(fetched(0, 0, 9))
    busy = gathering.take(10.0)
    for one in (fetched(0, 10, 19), fetched(1, 0, 9), fetched(0, 20, 29)):
        gathering.put(one)
    assert parts(gathering.take(11.0)) == [(1, 0, 9)]
    assert gathering.take(12.0) == []
    assert gathering.ripe_in(12.0) is None, "time alone brings nothing"
    gathering.done(busy)
    assert parts(gathering.take(12.0)) == [(0, 10, 19), (0, 20, 29)]


def test_topics_take_turns_and_never_share_a_slice(gathering: Gathering) -> None:
    for first in (0, 100):
        for topic in ("words", "runs"):
            gathering.put(fetched(0, first, first + 99, topic=topic))
    taken = []
    while slice_ := gathering.take(10.0):
        taken.append({one.place[0] for one in slice_})
        gathering.done(slice_)
    assert taken == [{"words"}, {"runs"}, {"words"}, {"runs"}]


def test_it_counts_what_waits(gathering: Gathering) -> None:
    gathering.put(fetched(0, 0, 9))
    gathering.put(fetched(1, 0, 4))
    assert gathering.records == 15
    gathering.take(10.0)
    assert gathering.records == 0
