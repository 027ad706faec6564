"""How often something may be done: some at once, and then so many an hour."""

import math
from dataclasses import dataclass

SECONDS_OF_AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A limit: ``at_once`` in a row, and ``per_hour`` in the long run."""

    at_once: int
    per_hour: float

    def after(self, level: float, seconds: float) -> float:
        """How many may be done now, of a level that was so many seconds ago."""
        return min(self.at_once, level + max(seconds, 0.0) * self.per_hour / SECONDS_OF_AN_HOUR)

    def wait(self, level: float) -> int:
        """Whole seconds until one more may be done, 0 for now."""
        if level >= 1:
            return 0
        return math.ceil((1 - level) * SECONDS_OF_AN_HOUR / self.per_hour)
