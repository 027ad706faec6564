"""Doubts whether two are one person, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from hwb_identity.adapters.copy_lines import array_literal
from hwb_identity.application.ports import DoubtAsked
from hwb_identity.domain.doubt import Doubt, DoubtKind, Withdrawn
from hwb_identity.domain.enrolment import Enrolment
from hwb_runtime.database import Row, Session

_COLUMNS = """case_key, state, raised_at, kind, school, key, other_key, account_id::text,
    other_account_id::text"""
_SELECTED = f"SELECT {_COLUMNS} FROM doubt"  # noqa: S608 - columns are ours
# Of the other UPN only its row says under which keys the question was asked.
_WITHDRAW = f"""WITH said (own, former) AS (VALUES (%s::text[], %s)),
    other AS (SELECT key, keys, enrolments FROM person, said WHERE key = coalesce(
        (SELECT held_by FROM person, said WHERE key = former), former)),
    theirs AS (SELECT former AS key FROM said UNION SELECT unnest(keys) FROM other)
    UPDATE doubt SET state = 'withdrawn', decided_at = %s FROM said
    WHERE state = 'open' AND doubt.other_key IS NOT NULL
      AND (doubt.key = ANY(own) AND doubt.other_key IN (TABLE theirs)
           OR doubt.other_key = ANY(own) AND doubt.key IN (TABLE theirs))
      AND NOT EXISTS (SELECT FROM other, jsonb_array_elements(enrolments) AS stated
                      WHERE stated ->> {Enrolment._fields.index("former_key")} = ANY(own))
    RETURNING {_COLUMNS}"""  # noqa: S608 - columns are ours


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
               SET state = 'open', raised_at = excluded.raised_at, school = excluded.school,
                   account_id = excluded.account_id, other_account_id = excluded.other_account_id,
                   decided_by = NULL, decided_at = NULL, reason = NULL
               WHERE d.state = 'withdrawn' OR d.state <> 'open' AND d.other_key IS NULL
               RETURNING case_key""",
            (case_key, *doubt, at),
        )
        return row is not None

    async def withdraw(self, statement: Withdrawn, *, at: datetime) -> Sequence[DoubtAsked]:
        """Close open proposals of a merge that no record of the two, as it is kept, states."""
        own = array_literal(statement.keys)
        rows = await self._session.fetch(_WITHDRAW, (own, statement.former_key, at))
        return [_asked(row) for row in rows]

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
