"""One side of a comparison: a warm process that is let go, and says when it ended."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwb_rehearsal.broker.child import dies_with_parent

END_SECONDS = 180.0
REST_SECONDS = 2.0
"""How long a side is left alone once it is ready, until it polls in vain."""


class SideError(Exception):
    """A side of the benchmark ended without a result; its last words are in the message."""


@dataclass(frozen=True, slots=True)
class Timed:
    """How many records in which time."""

    records: int
    seconds: float

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds

    @property
    def line(self) -> str:
        """The same for people."""
        return f"{self.records:,} records in {self.seconds:.2f} s, {self.rate:,.0f} a second"


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    """Stop a process while its topic is loaded, so that no side has fetched anything before."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def run_side(
    command: Sequence[str], *, log: Path, environment: dict[str, str], load: Callable[[], None]
) -> Timed:
    """Start a process; once it says ``ready``, load the topic behind its back and let it go.

    Raises SideError with the end of its log.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
    assert process.stdout is not None  # noqa: S101 - for mypy: it was asked for above
    started = 0.0
    try:
        async with asyncio.timeout(END_SECONDS):
            # A library may greet the terminal first: only our own two lines count.
            async for line in process.stdout:
                if line.strip() == b"ready":
                    await asyncio.sleep(REST_SECONDS)
                    with paused(process.pid):
                        await asyncio.to_thread(load)
                        started = time.monotonic()
                elif line.startswith(b'{"records"'):
                    figures = json.loads(line)
                    return Timed(figures["records"], figures["ended"] - started)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    raise SideError(f"{' '.join(command[1:3])} gave no figures: {_end_of(log)}")


async def run_to_end(command: Sequence[str], *, log: Path, within: float) -> Timed:
    """Like ``figures_of``, of a process whose figures are how many records in which time."""
    figures = await figures_of(command, log=log, within=within)
    return Timed(figures["records"], figures["seconds"])


async def figures_of(command: Sequence[str], *, log: Path, within: float) -> dict[str, Any]:
    """Run a process that times itself and says its figures in JSON, within so many seconds.

    Raises SideError with the end of its log.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
    try:
        async with asyncio.timeout(within):
            said, _ = await process.communicate()
    except TimeoutError as error:
        message = f"{' '.join(command[1:3])} did not end within {within:.0f} s: {_end_of(log)}"
        raise SideError(message) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    for line in said.splitlines():
        if line.startswith(b'{"records"'):
            figures: dict[str, Any] = json.loads(line)
            return figures
    raise SideError(f"{' '.join(command[1:3])} gave no figures: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]
