"""What was in hand at a kill, and what came again, is read from the worker's own log."""

import asyncio
from pathlib import Path

import orjson
import pytest

from hwb_rehearsal.demo.kill import WorkerLog, kill_in_hand


def line(event: str, partition: int, first: int, last: int) -> bytes:
    said = {
        "event": event,
        "topic": "hwb.mis.changes",
        "records": last - first + 1,
        "parts": [(partition, first, last)],
    }
    return orjson.dumps(said) + b"\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "identity-worker.log"
    path.write_bytes(line("slice_received", 0, 0, 9))
    return path


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as log:
        log.write(b"".join(lines))


def test_a_slice_is_in_hand_between_received_and_applied(log: Path) -> None:
    watched = WorkerLog(log)
    append(log, line("slice_received", 1, 5, 7), b"not json\n", b'{"event": "slice_')
    watched.look()
    assert watched.in_hand == {("hwb.mis.changes", 1, 5, 7): 3}
    append(log, b'other"}\n', line("slice_applied", 1, 5, 7))
    watched.look()
    assert watched.in_hand == {}
    assert watched.applied == {1: 8}


async def test_the_worker_is_killed_only_with_work_in_hand_and_what_comes_again_is_counted(
    log: Path,
) -> None:
    worker = await asyncio.create_subprocess_exec("sleep", "60")
    looking = asyncio.Event()

    def pid() -> int:
        looking.set()
        return worker.pid

    def kill() -> int:
        worker.kill()
        return worker.pid

    killing = asyncio.create_task(
        kill_in_hand(
            service="identity",
            pid=pid,
            kill=kill,
            log=log,
            ends=lambda: {1: 20},
        )
    )
    await looking.wait()
    append(log, line("slice_received", 1, 5, 7))
    assert await asyncio.wait_for(worker.wait(), 60) == -9
    append(log, line("slice_received", 1, 5, 19), line("slice_applied", 1, 5, 19))
    fault = await asyncio.wait_for(killing, 60)
    assert (fault.lag, fault.in_flight, fault.redelivered) == (15, 3, 3)
    assert fault.is_real
