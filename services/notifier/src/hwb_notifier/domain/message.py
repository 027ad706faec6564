"""How a mail about a case is named and when a failed one is tried again."""

import hashlib
import random
from dataclasses import dataclass


def message_id(case_key: str, opening: int, *, domain: str) -> str:
    """The same for the same opening of the same case, so that a repeat is known as one."""
    digest = hashlib.sha256(case_key.encode()).hexdigest()[:20]
    return f"<{digest}.{opening}@{domain}>"


def digest_message_id(addressee: str, number: int, *, domain: str) -> str:
    """The same for an office's digest of this number, and never that of a case."""
    digest = hashlib.sha256(f"digest of {addressee}".encode()).hexdigest()[:20]
    return f"<{digest}.d{number}@{domain}>"


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double and are spread at random; seconds."""

    first: float
    longest: float

    def wait(self, failures: int, spread: random.Random) -> float:
        """How long to wait after so many failures in a row (1 or more)."""
        ceiling = min(self.first * 2.0 ** (min(failures, 30) - 1), self.longest)
        return ceiling * spread.uniform(0.5, 1.0)
