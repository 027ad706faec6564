"""Which of the fetched records are the next slice: everything of a topic that waits, in time.

A transaction costs the same for 30 events as for 300, and a topic's twelve partitions bring a few
each. So a slice takes what waits of all of them; a topic's next one begins a moment later, unless
it is half full by then. What comes after a pause is taken at once (docs/adr/0016).
"""

from collections import deque
from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

from hwb_runtime.events import RawRecord

Place = tuple[str, int]


class Fetched(NamedTuple):
    """Consecutive records of one partition, and whom to tell when they are applied."""

    records: Sequence[RawRecord]
    event: Any

    @property
    def place(self) -> Place:
        """Topic and partition."""
        return self.records[0].topic, self.records[0].partition


class Gathering:
    """What waits to be applied.

    slice_records: most records of a slice, unless one fetch alone has more.
    gather_seconds: from the beginning of a topic's slice to that of its next, if less than half of
        one waits before.
    """

    def __init__(self, *, slice_records: int, gather_seconds: float) -> None:
        self._slice_records = slice_records
        self._gather_seconds = gather_seconds
        self._waiting: dict[str, deque[Fetched]] = {}
        self._busy: set[Place] = set()
        self._ripe_at: dict[str, float] = {}
        self.records = 0

    def put(self, fetched: Fetched) -> None:
        """Let these records wait behind what waits of their partition."""
        self._waiting.setdefault(fetched.place[0], deque()).append(fetched)
        self.records += len(fetched.records)

    def take(self, now: float) -> list[Fetched]:
        """The next slice, all of one topic; its partitions are busy until ``done``. Maybe none."""
        for topic in list(self._waiting):
            chosen, is_enough = self._next_of(topic)
            if chosen and (is_enough or now >= self._ripe_at.get(topic, now)):
                self._remove(topic, chosen)
                self._ripe_at[topic] = now + self._gather_seconds
                return chosen
        return []

    def done(self, slice_: Sequence[Fetched]) -> None:
        """Let its partitions be taken from again."""
        self._busy.difference_update(one.place for one in slice_)

    def ripe_in(self, now: float) -> float | None:
        """Seconds until there may be a slice by time alone; None where time alone brings none."""
        moments = [
            self._ripe_at.get(topic, now) - now
            for topic, waiting in self._waiting.items()
            if any(one.place not in self._busy for one in waiting)
        ]
        return max(min(moments), 0.0) if moments else None

    def _next_of(self, topic: str) -> tuple[list[Fetched], bool]:
        # Partition by partition, the longest waiting first: what a full slice leaves is of other
        # partitions, so that the slices beside it have something to do.
        free: dict[Place, list[Fetched]] = {}
        for one in self._waiting[topic]:
            if one.place not in self._busy:
                free.setdefault(one.place, []).append(one)
        chosen: list[Fetched] = []
        size = 0
        for one in chain.from_iterable(free.values()):
            size += len(one.records)
            if chosen and size > self._slice_records:
                return chosen, True
            chosen.append(one)
        return chosen, 2 * size >= self._slice_records

    def _remove(self, topic: str, chosen: Sequence[Fetched]) -> None:
        taken = {id(one) for one in chosen}
        left = deque(one for one in self._waiting[topic] if id(one) not in taken)
        del self._waiting[topic]
        if left:
            self._waiting[topic] = left  # behind the other topics, whose turn it is
        self._busy.update(one.place for one in chosen)
        self.records -= sum(len(one.records) for one in chosen)
