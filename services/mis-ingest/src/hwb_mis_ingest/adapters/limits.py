"""How much one upload may hold and take, so that no file can exhaust a process."""

import time
from dataclasses import dataclass

from hwb_mis_ingest.errors import too_slow

LOOK_AT_THE_CLOCK_EVERY = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``unpacked_bytes`` and ``rows`` are of all files together.

    ``ratio`` is how many times its packed size a file may unpack to; ``seconds`` is how long one
    reading of all files may take.
    """

    unpacked_bytes: int
    rows: int
    ratio: int = 200
    seconds: float = 60.0

    def deadline(self) -> "Deadline":
        """When a reading that begins now must have ended."""
        return Deadline(time.monotonic() + self.seconds, self.seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The monotonic instant at which reading is given up."""

    at: float
    seconds: float

    def check(self) -> None:
        """Raises UploadRefusedError where it has passed."""
        if time.monotonic() > self.at:
            raise too_slow(self.seconds)
