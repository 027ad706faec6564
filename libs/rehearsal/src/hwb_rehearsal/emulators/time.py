"""The provider's own time: one clock for delays, operations and quotas."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]


class VirtualClock:
    """Seconds that pass only when somebody lets them, so that an hour runs at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let this many seconds pass."""
        self._now += seconds


@dataclass(frozen=True, slots=True)
class ProviderTime:
    """Seconds as the provider counts them: the clock's, times ``scale``."""

    clock: Clock = field(default=time.monotonic)
    scale: float = 1.0

    def now(self) -> float:
        """Provider seconds since some moment."""
        return self.clock() * self.scale
