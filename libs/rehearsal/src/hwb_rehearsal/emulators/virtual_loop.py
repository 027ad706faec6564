"""An event loop whose time passes only while nothing happens: an hour of waiting takes a moment.

Sleeps and timeouts are virtual. Whatever has the processor, and every answer of a database or
another socket, takes no time at all: the clock stands still until nobody waits for one any more.
Then it jumps to the next sleep's end.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

from hwb_rehearsal.emulators.time import VirtualClock

_OF_THE_LOOP = 1
"""The loop itself waits for one socket: other threads wake it by it."""


class _Selector(selectors.DefaultSelector):
    """Waits for sockets in real time, else lets the virtual time pass."""

    def __init__(self, clock: VirtualClock, moved: Callable[[float], None]) -> None:
        super().__init__()
        self._clock = clock
        self._moved = moved

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or len(self.get_map()) > _OF_THE_LOOP:
            return super().select(None)
        self._clock.advance(timeout)
        self._moved(self._clock())
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """``moved`` is told every new time before anything happens in it."""

    def __init__(self, clock: VirtualClock, moved: Callable[[float], None]) -> None:
        super().__init__(_Selector(clock, moved))
        self._virtual = clock

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual()


def run_virtually(
    main: Callable[[], Any], *, clock: VirtualClock, moved: Callable[[float], None]
) -> Any:
    """``asyncio.run`` on a virtual loop."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock, moved)) as runner:
        return runner.run(main())
