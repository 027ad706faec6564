"""Doubts whether two are one person, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from hwb_identity.application.ports import DoubtAsked
from hwb_identity.domain.doubt import Doubt, DoubtKind
from hwb_runtime.database import Row, Session

_SELECTED = """SELECT case_key, state, raised_at, kind, school, key, other_key, account_id::text,
    other_account_id::text FROM doubt"""


class DoubtStore:
    """Doubts of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def open(self, case_key: str, doubt: Doubt, *, at: datetime) -> bool:
        """Keep a doubt; False where it is open, or where two UPNs were judged already."""
        row = await self._session.fetch_one(
            """INSERT INTO doubt AS d (case_key, kind, school, key, other_key, account_id,
                                       other_account_id, state, raised_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 'open', %s)
               ON CONFLICT (case_key) DO UPDATE
               SET state = 'open', raised_at = excluded.raised_at,
                   other_account_id = excluded.other_account_id,
                   decided_by = NULL, decided_at = NULL, reason = NULL
               WHERE d.state <> 'open' AND d.other_key IS NULL
               RETURNING case_key""",
            (case_key, *doubt, at),
        )
        return row is not None

    async def lock(self, case_key: str) -> DoubtAsked | None:
        """A doubt, locked."""
        row = await self._session.fetch_one(
            f"{_SELECTED} WHERE case_key = %s FOR UPDATE", (case_key,)
        )
        return _asked(row) if row else None

    async def undecided(self, *, after: str, limit: int) -> Sequence[DoubtAsked]:
        """The next open doubts in the order of their keys."""
        rows = await self._session.fetch(
            f"{_SELECTED} WHERE state = 'open' AND case_key > %s ORDER BY case_key LIMIT %s",
            (after, limit),
        )
        return [_asked(row) for row in rows]

    async def decide(
        self, case_key: str, *, state: str, by: str, reason: str, at: datetime
    ) -> None:
        """Keep the decision on a doubt."""
        await self._session.execute(
            """UPDATE doubt SET state = %s, decided_by = %s, reason = %s, decided_at = %s
               WHERE case_key = %s""",
            (state, by, reason, at, case_key),
        )


def _asked(row: Row) -> DoubtAsked:
    return DoubtAsked(row[0], row[1], row[2], Doubt(DoubtKind(row[3]), *row[4:]))
