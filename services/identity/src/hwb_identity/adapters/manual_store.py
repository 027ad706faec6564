"""Accounts made by hand in PostgreSQL: whose they are, why, until when, and who looked at them."""

from collections.abc import Sequence
from datetime import date, datetime

from hwb_identity.application.ports import ManualAccount, ReviewRow
from hwb_runtime.database import Session


class ManualStore:
    """Accounts made by hand of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def keep(self, made: ManualAccount) -> None:
        """Keep a new one."""
        await self._session.execute(
            """INSERT INTO manual_account
                   (account_id, owner, reason, ends_on, created_by, created_at)
               VALUES (%s, %s, %s, %s, %s, %s)""",
            tuple(made),
        )

    async def extend(self, account_id: str, ends_on: date | None) -> None:
        """Give one another end date, or none."""
        await self._session.execute(
            "UPDATE manual_account SET ends_on = %s WHERE account_id = %s", (ends_on, account_id)
        )

    async def reviewed(
        self, account_id: str, *, by: str, at: datetime, confirmed_with: str | None
    ) -> None:
        """Keep who looked at one, and with whom it was confirmed."""
        await self._session.execute(
            """UPDATE manual_account SET reviewed_by = %s, reviewed_at = %s, confirmed_with = %s
               WHERE account_id = %s""",
            (by, at, confirmed_with, account_id),
        )

    async def at_school(self, school: str, role: str) -> Sequence[ReviewRow]:
        """A school's accounts of this role, those not looked at for the longest time first."""
        rows = await self._session.fetch(
            """SELECT m.account_id::text, p.display_name, p.sign_in_name, p.status, p.version,
                      m.owner, m.reason, m.ends_on, m.created_at, m.reviewed_at, m.confirmed_with
               FROM person p JOIN manual_account m USING (account_id)
               WHERE p.account_id IS NOT NULL AND coalesce(p.home_school, p.released_from) = %s
                 AND p.role = %s
               ORDER BY m.reviewed_at NULLS FIRST, m.account_id""",
            (school, role),
        )
        return [ReviewRow(*row) for row in rows]
