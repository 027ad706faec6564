"""Quotas as exact sliding windows: a client without a bucket of its own must be seen to get 429."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from hwb_rehearsal.emulators.time import ProviderTime

SHORTEST_WINDOW = 1.0
"""Real seconds. A shorter window would count the network's jitter, not the client's calls."""

Refused = Literal["count", "do_not_count"]


@dataclass(frozen=True, slots=True)
class Quota:
    """So many calls in any window of so many provider seconds."""

    calls: float
    seconds: float


@dataclass(slots=True)
class SlidingWindow:
    """The calls of the last window. With Graph, refused tries count as well."""

    quota: Quota
    time: ProviderTime
    refused: Refused
    _seen: deque[float] = field(default_factory=deque)

    def retry_after(self) -> int | None:
        """Count one call. None if it is allowed, else provider seconds to wait (at least 1)."""
        now = self.time.now()
        span = max(self.quota.seconds, SHORTEST_WINDOW * self.time.scale)
        allowed = math.floor(self.quota.calls * span / self.quota.seconds)
        while self._seen and self._seen[0] <= now - span:
            self._seen.popleft()
        if len(self._seen) < allowed:
            self._seen.append(now)
            return None
        if self.refused == "count":
            self._seen.append(now)
        return max(1, math.ceil(self._seen[0] + span - now))


@dataclass(slots=True)
class Quotas:
    """Every window of one provider, made when it is first met."""

    limits: dict[str, Quota]
    time: ProviderTime
    refused: Refused
    _windows: dict[tuple[str, str], SlidingWindow] = field(default_factory=dict)

    def retry_after(self, kind: str, whose: str = "") -> int | None:
        """Count one call of this kind for this app, team or user; see SlidingWindow."""
        window = self._windows.get((kind, whose))
        if window is None:
            window = SlidingWindow(self.limits[kind], self.time, self.refused)
            self._windows[kind, whose] = window
        return window.retry_after()
