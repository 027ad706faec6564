"""What an account was at an instant, from the changes that it had by then."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple


class PastChange(NamedTuple):
    """One change: what caused it, who decided it and why, and the account's JSON after it.

    ``cause``: ``run:<run id>`` for a school's word, ``due`` for a day that came, ``calendar`` or
    ``reconcile``, ``command:<what>`` for a decision, which alone has ``by`` and ``reason``.
    """

    version: int
    changed_at: datetime
    change: str
    cause: str
    by: str | None
    reason: str | None
    account: dict[str, Any]


def released_from(changes: Sequence[PastChange]) -> str | None:
    """Who let the account go, after the last of these changes; None where a school has it."""
    if not changes or changes[-1].account["home_school"] is not None:
        return None
    homes = [change.account["home_school"] for change in changes]
    return next((home for home in reversed(homes) if home is not None), None)
