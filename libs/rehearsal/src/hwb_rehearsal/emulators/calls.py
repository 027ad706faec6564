"""What was called and how it was answered, for the demo's comparison."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Calls:
    """Counts by provider, call and status."""

    _counts: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def count(self, provider: str, call: str, status: int) -> None:
        """Add one answered call."""
        self._counts[provider, call, status] += 1

    def rows(self) -> list[dict[str, str | int]]:
        """Sorted rows of provider, call, status and count."""
        return [
            {"provider": provider, "call": call, "status": status, "count": count}
            for (provider, call, status), count in sorted(self._counts.items())
        ]
