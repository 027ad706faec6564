"""A part of the stack is started again when it ends by itself, and ends when it is told to."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from tests.support.waiting import until

from hwb_rehearsal.stack import StackError, StackProcess

PROGRAM = """
import os, time
print("armed" if os.environ.get("HWB_CRASH_AT") else "plain", flush=True)
if os.environ.get("HWB_CRASH_AT"):
    os._exit(9)
time.sleep(600)
"""


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[StackProcess]:
    process = StackProcess(
        name="part",
        command=[sys.executable, "-c", PROGRAM],
        environment=dict(os.environ),
        log=tmp_path / "part.log",
        ready_url=None,
    )
    yield process
    await process.stop()


async def test_a_killed_process_is_started_again(process: StackProcess) -> None:
    await process.start()
    killed = process.kill()
    await until(lambda: process.restarts == 1 and process.pid is not None, "it runs again")
    assert process.pid != killed


async def test_a_process_that_crashed_at_a_point_is_started_again_without_it(
    process: StackProcess,
) -> None:
    await process.start(environment={"HWB_CRASH_AT": "identity.slice_received"})
    await until(
        lambda: process.log.exists() and process.log.read_text().split() == ["armed", "plain"],
        "it runs again without the point",
    )
    assert process.restarts == 1


async def test_a_stopped_process_stays_ended(process: StackProcess) -> None:
    await process.start()
    await process.stop()
    assert process.pid is None
    with pytest.raises(StackError, match="not running"):
        process.kill()


async def test_peak_memory_is_kept_over_restarts(process: StackProcess) -> None:
    await process.start()
    await until(lambda: process.peak_memory_mb > 1, "its memory is known")
    before = process.peak_memory_mb
    await process.stop()
    assert process.peak_memory_mb >= before


async def test_a_part_that_never_answers_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = StackProcess(
        name="identity api",
        command=[sys.executable, "-c", "import sys; sys.exit('no database')"],
        environment=dict(os.environ),
        log=tmp_path / "api.log",
        ready_url="http://127.0.0.1:1/readyz",
    )
    await process.start()
    try:
        with pytest.raises(StackError, match=r"(?s)identity api is not ready.*no database"):
            await process.until_ready(1.5)
    finally:
        await process.stop()


async def test_nothing_of_the_stack_is_left(process: StackProcess) -> None:
    await process.start()
    pid = process.pid
    assert pid is not None
    await process.stop()
    assert not psutil.pid_exists(pid)
