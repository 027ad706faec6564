"""Which accounts are to be deleted, and how they are, in PostgreSQL."""

from collections.abc import Sequence
from datetime import date, datetime

from hwb_identity.adapters.announced import ANNOUNCED
from hwb_identity.adapters.copy_lines import array_literal
from hwb_identity.application.ports import AnnouncedDeletion, DueDeletions, Leaver
from hwb_runtime.database import Session

# Never with an open case, a held row that is newer than the record, or a parked event.
_UNGUARDED = """account_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM doubt d WHERE d.state = 'open'
        AND (d.account_id = person.account_id OR d.other_account_id = person.account_id
             OR d.key = ANY(person.keys) OR d.other_key = ANY(person.keys)))
    AND NOT EXISTS (SELECT FROM transfer_case t WHERE t.state = 'open'
        AND (t.account_id = person.account_id OR t.previous_account_id = person.account_id
             OR t.previous_school = person.released_from AND t.previous_account_id IS NULL
                AND person.role = 'staff'))
    AND NOT EXISTS (SELECT FROM parked k
        WHERE k.topic = 'hwb.mis.changes' AND k.key = ANY(person.keys))
    AND NOT EXISTS (SELECT FROM kept_back b
        WHERE b.state = 'held' AND b.key = ANY(person.keys)
        AND NOT EXISTS (SELECT FROM jsonb_array_elements(person.enrolments) e
            WHERE e ->> 0 = b.school AND (e ->> 2)::int > b.run_seq))"""
_DUE = f"deletes_on > %s AND deletes_on <= %s AND {_UNGUARDED}"
_OF_ACCOUNTS = (
    "DELETE FROM password WHERE account_id = ANY(%s::uuid[])",
    "DELETE FROM account_alias WHERE account_id = ANY(%s::uuid[])",
    "DELETE FROM account_history WHERE account_id = ANY(%s::uuid[])",
    "DELETE FROM transfer_case WHERE account_id = ANY(%s::uuid[])",
    "DELETE FROM transfer_case WHERE previous_account_id = ANY(%s::uuid[])",
    "DELETE FROM doubt WHERE account_id = ANY(%s::uuid[])",
    "DELETE FROM doubt WHERE other_account_id = ANY(%s::uuid[])",
)


class DeletionStore:
    """Deletions of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def approved_up_to(self) -> date:
        """Deletions up to this day were approved by a person, however many they are."""
        row = await self._session.fetch_one("SELECT max(up_to) FROM deletion_approval")
        return row[0] if row and row[0] else date.min

    async def due(self, today: date, *, beyond: date, lately: date) -> DueDeletions:
        """What is due after ``beyond``, and what was deleted since ``lately`` without a person."""
        row = await self._session.fetch_one(
            f"""SELECT count(*), coalesce(encode(sha256(convert_to(
                    string_agg(account_id::text, ',' ORDER BY account_id), 'UTF8')), 'hex'), '')
                FROM person WHERE {_DUE}""",  # noqa: S608 - the condition is ours
            (beyond, today),
        )
        if row is None or row[0] == 0:
            return DueDeletions(0, "", 0, 0)
        others = await self._session.fetch_one(
            """SELECT (SELECT count(*) FROM deleted_account WHERE deleted_on > %s AND NOT approved),
                      (SELECT count(*) FROM person WHERE account_id IS NOT NULL)""",
            (lately,),
        )
        deleted, accounts = others or (0, 0)
        return DueDeletions(row[0], row[1], deleted, accounts)

    async def due_keys(self, up_to: date, *, limit: int) -> list[str]:
        """The next rows whose account is to be deleted."""
        rows = await self._session.fetch(
            f"SELECT key FROM person WHERE {_DUE} ORDER BY key LIMIT %s",  # noqa: S608 - ours
            (date.min, up_to, limit),
        )
        return [row[0] for row in rows]

    async def still_due(self, keys: Sequence[str], up_to: date) -> set[str]:
        """Those of these rows that may be deleted now that they are locked."""
        rows = await self._session.fetch(
            f"SELECT key FROM person WHERE key = ANY(%s::text[]) AND {_DUE}",  # noqa: S608 - ours
            (array_literal(keys), date.min, up_to),
        )
        return {row[0] for row in rows}

    async def delete(self, leavers: Sequence[Leaver], *, today: date, approved: date) -> None:
        """Delete everything that is known of these persons but that there was an account."""
        await self._session.execute(
            """INSERT INTO deleted_account (account_id, version, deleted_on, approved)
               SELECT account_id, version, %s, deletes_on <= %s
               FROM person WHERE key = ANY(%s::text[])""",
            (today, approved, array_literal([one.key for one in leavers])),
        )
        ids = array_literal([one.account_id for one in leavers])
        for sql in _OF_ACCOUNTS:
            await self._session.execute(sql, (ids,))
        keys = array_literal(sorted({key for one in leavers for key in one.keys}))
        await self._session.execute("DELETE FROM kept_back WHERE key = ANY(%s::text[])", (keys,))
        rows = array_literal([one.key for one in leavers])
        await self._session.execute(
            "DELETE FROM person WHERE key = ANY(%s::text[]) OR held_by = ANY(%s::text[])",
            (rows, rows),
        )

    async def approve(
        self, due: DueDeletions, *, up_to: date, by: str, reason: str, at: datetime
    ) -> None:
        """Keep that a person approved this very list."""
        await self._session.execute(
            """INSERT INTO deletion_approval
                   (up_to, digest, accounts, approved_by, approved_at, reason)
               VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (up_to) DO UPDATE
               SET digest = excluded.digest, accounts = excluded.accounts,
                   approved_by = excluded.approved_by, approved_at = excluded.approved_at,
                   reason = excluded.reason""",
            (up_to, due.digest, due.due, by, at, reason),
        )

    async def announced_at(
        self, school: str, *, after: str | None, limit: int
    ) -> Sequence[AnnouncedDeletion]:
        """Accounts of this school that will be deleted, by id."""
        rows = await self._session.fetch(
            f"""{ANNOUNCED} SELECT account_id::text, display_name, role, deletes_on,
                   kept_account_id::text
               FROM announced
               WHERE school = %s AND (%s::uuid IS NULL OR account_id > %s::uuid)
               ORDER BY account_id LIMIT %s""",  # noqa: S608 - a constant
            (school, after, after, limit),
        )
        return [AnnouncedDeletion(*row) for row in rows]
