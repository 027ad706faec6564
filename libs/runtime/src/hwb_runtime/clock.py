"""The one source of business time: the system's clock, or a rehearsal clock that somebody moves.

Leases, tokens, timeouts and retries use system time and not this.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from hwb_runtime.errors import SettingsError

LONDON = ZoneInfo("Europe/London")


def civil_date(instant: datetime) -> date:
    """The day it is in Wales at this instant."""
    return instant.astimezone(LONDON).date()


class Clock(Protocol):
    """Says what time it is for the rules."""

    def now(self) -> datetime:
        """An aware instant in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FileClock:
    """A rehearsal clock: one ISO instant in a file, replaced by a rename when it is moved."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.now()

    def now(self) -> datetime:
        try:
            instant = datetime.fromisoformat(self._path.read_text().strip())
        except (OSError, ValueError) as error:
            message = f"The rehearsal clock {self._path} cannot be read: {error}"
            raise SettingsError(message) from error
        if instant.tzinfo is None:
            message = f"The rehearsal clock {self._path} holds an instant without a time zone."
            raise SettingsError(message)
        return instant.astimezone(UTC)


class ManualClock:
    """A clock for tests: it stands still until it is set."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        return self._instant

    def set(self, instant: datetime) -> None:
        """Move to this aware instant."""
        self._instant = instant.astimezone(UTC)
