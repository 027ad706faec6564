"""Waits for what another process brings about, with a limit that a busy machine does not reach."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 60.0
Found = TypeVar("Found")


async def until(
    condition: Callable[[], Found], what: str, *, seconds: float = SECONDS, pause: float = 0.02
) -> Found:
    """The first answer that counts as true; fails with ``what`` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(pause)
    return found
