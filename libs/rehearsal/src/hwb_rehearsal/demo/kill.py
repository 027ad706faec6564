"""Kills a worker with SIGKILL while it has work in hand, and measures what came again after it.

What is in hand is read from the worker's own log: a slice received and not yet applied. The worker
is paused for the look, so that what is seen is still true when it is killed.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

TOPIC = "hwb.mis.changes"
LOOK_EVERY = 0.002
Slice = tuple[str, int, int, int]  # topic, partition, first offset, last offset


@dataclass(frozen=True, slots=True)
class Fault:
    """One kill: records behind, received and not committed, and received again afterwards."""

    what: str
    service: str
    pid: int
    lag: int
    in_flight: int
    redelivered: int

    @property
    def is_real(self) -> bool:
        """Whether there was work behind, in hand, and coming again."""
        return min(self.lag, self.in_flight, self.redelivered) > 0

    def as_json(self) -> dict[str, str | int]:
        """The fault as ``report.json`` has it."""
        return asdict(self)


class WorkerLog:
    """Reads a worker's log as it grows, and knows which slices are in hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0
        self._rest = b""
        self.in_hand: dict[Slice, int] = {}
        self.received: list[Slice] = []
        self.applied: dict[int, int] = {}

    def look(self) -> None:
        """Read what was written since."""
        with self._path.open("rb") as log:
            log.seek(self._at)
            text = log.read()
        self._at += len(text)
        *lines, self._rest = (self._rest + text).split(b"\n")
        for line in lines:
            if b'"slice_' in line:
                self._take(line)

    def _take(self, line: bytes) -> None:
        with contextlib.suppress(orjson.JSONDecodeError):
            entry = orjson.loads(line)
            if entry.get("topic") != TOPIC or "parts" not in entry:
                return
            for partition, first, last in entry["parts"]:
                described = (TOPIC, partition, first, last)
                if entry["event"] == "slice_received":
                    self.in_hand[described] = last - first + 1
                    self.received.append(described)
                elif entry["event"] == "slice_applied":
                    self.in_hand.pop(described, None)
                    self.applied[partition] = last + 1


async def kill_in_hand(
    *,
    service: str,
    pid: Callable[[], int | None],
    kill: Callable[[], int],
    log: Path,
    ends: Callable[[], Mapping[int, int]],
) -> Fault:
    """Wait until the worker has a slice in hand, kill it, and wait for those records to come again.

    ``ends`` gives the next offset of each partition, in the broker's word. Runs until it has
    happened: give it a limit of time.
    """
    while True:
        watched = WorkerLog(log)
        killed = await _kill_once(watched, pid, kill)
        lost = dict(watched.in_hand)
        end = await asyncio.to_thread(ends)
        lag = sum(
            end[partition] - watched.applied.get(partition, first)
            for _, partition, first, _ in _first_of_each(lost)
        )
        redelivered = await _come_again(watched, lost)
        if redelivered:
            return Fault(
                what="killed with SIGKILL while it had work in hand",
                service=service,
                pid=killed,
                lag=lag,
                in_flight=sum(lost.values()),
                redelivered=redelivered,
            )


async def _kill_once(
    watched: WorkerLog, pid: Callable[[], int | None], kill: Callable[[], int]
) -> int:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        watched.look()
        running = pid()
        if not watched.in_hand or running is None:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(running, signal.SIGSTOP)
            watched.look()
            if watched.in_hand:
                return kill()
            os.kill(running, signal.SIGCONT)


def _first_of_each(slices: Mapping[Slice, int]) -> list[Slice]:
    """The earliest slice of each partition."""
    earliest: dict[int, Slice] = {}
    for described in sorted(slices):
        earliest.setdefault(described[1], described)
    return list(earliest.values())


async def _come_again(watched: WorkerLog, lost: Mapping[Slice, int]) -> int:
    """How many of the lost records the next worker receives, once it has passed all of them."""
    watched.in_hand.clear()
    seen = len(watched.received)
    wanted = {partition: last for _, partition, _, last in sorted(lost)}
    while True:
        await asyncio.sleep(10 * LOOK_EVERY)
        watched.look()
        again = watched.received[seen:]
        if all(watched.applied.get(partition, 0) > last for partition, last in wanted.items()):
            return sum(_overlap(described, again) for described in lost)


def _overlap(lost: Slice, again: list[Slice]) -> int:
    _, partition, first, last = lost
    offsets: set[int] = set()
    for _, where, begins, ends in again:
        if where == partition:
            offsets.update(range(max(first, begins), min(last, ends) + 1))
    return len(offsets)
