"""Requests to keep the account of the previous school, in PostgreSQL."""

from datetime import datetime

from hwb_identity.application.ports import Transfer
from hwb_runtime.database import Session

_COLUMNS = "case_key, school, staff_key, previous_school, account_id, previous_account_id, state"


class TransferStore:
    """Requests of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def open(self, transfer: Transfer, *, note: str | None, by: str, at: datetime) -> bool:
        """Keep a request; False where it is open or was approved already."""
        row = await self._session.fetch_one(
            f"""INSERT INTO transfer_case AS t ({_COLUMNS}, note, requested_by, requested_at)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                ON CONFLICT (case_key) DO UPDATE
                SET previous_school = excluded.previous_school,
                    previous_account_id = excluded.previous_account_id,
                    state = 'open', note = excluded.note, requested_by = excluded.requested_by,
                    requested_at = excluded.requested_at,
                    decided_by = NULL, decided_at = NULL, reason = NULL
                WHERE t.state = 'refused'
                RETURNING case_key""",  # noqa: S608 - columns are ours
            (
                transfer.case_key,
                transfer.school,
                transfer.staff_key,
                transfer.previous_school,
                transfer.account_id,
                transfer.previous_account_id,
                transfer.state,
                note,
                by,
                at,
            ),
        )
        return row is not None

    async def lock(self, case_key: str) -> Transfer | None:
        """A request, locked."""
        row = await self._session.fetch_one(
            """SELECT case_key, school, staff_key, previous_school, account_id::text,
                      previous_account_id::text, state
               FROM transfer_case WHERE case_key = %s FOR UPDATE""",
            (case_key,),
        )
        return Transfer(*row) if row else None

    async def decide(
        self, case_key: str, *, state: str, by: str, reason: str, at: datetime
    ) -> None:
        """Keep the decision on a request."""
        await self._session.execute(
            """UPDATE transfer_case SET state = %s, decided_by = %s, reason = %s, decided_at = %s
               WHERE case_key = %s""",
            (state, by, reason, at, case_key),
        )
