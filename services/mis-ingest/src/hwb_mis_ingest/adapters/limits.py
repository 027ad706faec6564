"""How much one upload may hold, so that no file can exhaust a process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``unpacked_bytes`` of all files together; ``rows`` of all files together."""

    unpacked_bytes: int
    rows: int
