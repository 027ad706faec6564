"""Passwords in PostgreSQL: argon2id, and until a match a sealed copy that can be shown again."""

from datetime import datetime

from hwb_identity.application.ports import KeptPassword
from hwb_runtime.database import Session


class PasswordStore:
    """Passwords of one transaction; the person is locked before."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def kept(self, account_id: str) -> KeptPassword | None:
        """What is kept of an account's password, None while it has none."""
        row = await self._session.fetch_one(
            "SELECT sealed, made_at FROM password WHERE account_id = %s", (account_id,)
        )
        return KeptPassword(bytes(row[0]) if row[0] else None, row[1]) if row else None

    async def keep(self, account_id: str, *, digest: str, sealed: bytes, at: datetime) -> None:
        """Keep a new password in place of any before."""
        await self._session.execute(
            """INSERT INTO password (account_id, argon2id, sealed, made_at)
               VALUES (%s, %s, %s, %s)
               ON CONFLICT (account_id) DO UPDATE
               SET argon2id = excluded.argon2id, sealed = excluded.sealed,
                   made_at = excluded.made_at""",
            (account_id, digest, sealed, at),
        )

    async def keep_alias(self, sign_in_name: str, account_id: str) -> None:
        """Let an account's former sign-in name go on signing in."""
        await self._session.execute(
            "INSERT INTO account_alias (sign_in_name, account_id) VALUES (%s, %s)",
            (sign_in_name, account_id),
        )

    async def digest_of(self, sign_in_name: str) -> tuple[str, str] | None:
        """The account id and the argon2id digest of an active account, by a name that it has."""
        row = await self._session.fetch_one(
            """SELECT p.account_id::text, p.argon2id FROM password p
               JOIN person USING (account_id)
               WHERE person.status = 'active' AND p.account_id = coalesce(
                   (SELECT account_id FROM person WHERE sign_in_name = %s),
                   (SELECT account_id FROM account_alias WHERE sign_in_name = %s))""",
            (sign_in_name, sign_in_name),
        )
        return (row[0], row[1]) if row else None
