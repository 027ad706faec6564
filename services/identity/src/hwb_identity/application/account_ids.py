"""Account ids: unique without asking anybody, and rising, so that their indexes stay compact."""

import time
from os import urandom
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62
_RANDOM = (0xFFF << 64) | ((1 << 62) - 1)


def new_account_id() -> str:
    """The text of a UUID of version 7 (RFC 9562): milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(urandom(10), "big") & _RANDOM
    return str(UUID(int=(milliseconds << 80) | _VERSION | _VARIANT | random))
