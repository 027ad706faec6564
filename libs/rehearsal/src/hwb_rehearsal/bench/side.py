"""One side of a comparison: a warm process that is let go, and says when it began and ended."""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwb_rehearsal.broker.child import dies_with_parent

END_SECONDS = 600.0


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


async def run_side(command: Sequence[str], *, log: Path, environment: dict[str, str]) -> Timed:
    """Start a process, let it go once it says ``ready``, and take its figures.

    Raises SideError with the end of its log.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
    assert process.stdin is not None  # noqa: S101 - for mypy: both were asked for above
    assert process.stdout is not None  # noqa: S101
    try:
        async with asyncio.timeout(END_SECONDS):
            # A library may greet the terminal first: only our own two lines count.
            async for line in process.stdout:
                if line.strip() == b"ready":
                    process.stdin.write(b"go\n")
                    await process.stdin.drain()
                elif line.startswith(b'{"records"'):
                    figures = json.loads(line)
                    return Timed(figures["records"], figures["ended"] - figures["started"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    raise SideError(f"{' '.join(command[1:3])} gave no figures: {_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]
