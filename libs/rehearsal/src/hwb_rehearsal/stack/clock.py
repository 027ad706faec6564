"""The rehearsal's clock: one file that every process reads and the rehearsal moves."""

from datetime import UTC, datetime
from pathlib import Path


class RehearsalClock:
    """One ISO instant in UTC in a file, replaced by a rename, so that nobody reads half of it."""

    def __init__(self, path: Path, now: datetime) -> None:
        self.path = path
        self._now = now
        self.move_to(now)

    @property
    def now(self) -> datetime:
        """The instant that every process sees, in UTC."""
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Set business time to this aware instant."""
        if instant.tzinfo is None:
            raise ValueError("the rehearsal clock needs an instant with a time zone")
        self._now = instant.astimezone(UTC)
        new = self.path.with_suffix(".new")
        new.write_text(self._now.isoformat())
        new.rename(self.path)
