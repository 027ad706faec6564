"""Provisioning Clients' credentials in PostgreSQL: secrets and tokens only as SHA-256.

Both are 32 random bytes, so there is nothing to guess and a plain hash is enough. All of it goes by
the server's clock, as tokens do.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from hwb_mis_ingest.application.clients import Client, ClientSecret
from hwb_runtime.database import Session


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class ClientTable:
    """``application.clients.Clients`` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, client_id: str, *, school: str, by: str) -> None:
        await self._session.execute(
            """INSERT INTO client (client_id, school, made_at, made_by)
               VALUES (%s, %s, now(), %s)""",
            (client_id, school, by),
        )

    async def of_school(self, school: str, client_id: str | None = None) -> Sequence[Client]:
        """Oldest first, each with its secrets that are still good."""
        rows = await self._session.fetch(
            """SELECT client_id, school, made_at, made_by, revoked_at, revoked_by FROM client
               WHERE school = %(school)s
                 AND (%(client_id)s::text IS NULL OR client_id = %(client_id)s)
               ORDER BY made_at, client_id""",
            {"school": school, "client_id": client_id},
        )
        secrets = await self._session.fetch(
            """SELECT client_id, made_at, made_by, ends_at FROM client_secret
               WHERE client_id = ANY(%s) AND (ends_at IS NULL OR ends_at > now())
               ORDER BY made_at""",
            ([row[0] for row in rows],),
        )
        good: dict[str, list[ClientSecret]] = {row[0]: [] for row in rows}
        for owner, *about in secrets:
            good[owner].append(ClientSecret(*about))
        names = ("client_id", "school", "made_at", "made_by", "revoked_at", "revoked_by")
        return [
            Client(**dict(zip(names, row, strict=True)), secrets=tuple(good[row[0]]))
            for row in rows
        ]

    async def lock(self, client_id: str, *, school: str) -> Client | None:
        """The client, kept from other decisions until the end of the transaction."""
        await self._session.execute(
            "SELECT 1 FROM client WHERE client_id = %s FOR UPDATE", (client_id,)
        )
        found = await self.of_school(school, client_id)
        return found[0] if found else None

    async def add_secret(self, client_id: str, secret: str, *, by: str) -> None:
        await self._session.execute(
            """INSERT INTO client_secret (secret_sha256, client_id, made_at, made_by)
               VALUES (%s, %s, clock_timestamp(), %s)""",
            (_hash(secret), client_id, by),
        )

    async def end_secrets(self, client_id: str, *, overlap_hours: int) -> datetime | None:
        """The newest goes on for the overlap, older ones end now; gives when it will have ended."""
        await self._session.execute(
            """DELETE FROM client_secret WHERE client_id = %s AND ends_at IS NOT NULL""",
            (client_id,),
        )
        row = await self._session.fetch_one(
            """UPDATE client_secret SET ends_at = now() + make_interval(hours => %s)
               WHERE client_id = %s RETURNING ends_at""",
            (overlap_hours, client_id),
        )
        return row[0] if row else None

    async def revoke(self, client_id: str, *, by: str) -> None:
        """No secret and no token of it is good any more."""
        for statement in (
            "DELETE FROM client_token WHERE client_id = %s",
            "DELETE FROM client_secret WHERE client_id = %s",
        ):
            await self._session.execute(statement, (client_id,))
        await self._session.execute(
            "UPDATE client SET revoked_at = now(), revoked_by = %s WHERE client_id = %s",
            (by, client_id),
        )

    async def knows(self, client_id: str) -> bool:
        """Whether there is such a client, revoked or not."""
        found = await self._session.fetch_one(
            "SELECT 1 FROM client WHERE client_id = %s", (client_id,)
        )
        return found is not None

    async def has_secret(self, client_id: str, secret: str) -> bool:
        """Whether this is one of its secrets that are good now."""
        found = await self._session.fetch_one(
            """SELECT 1 FROM client_secret WHERE secret_sha256 = %s AND client_id = %s
               AND (ends_at IS NULL OR ends_at > now())""",
            (_hash(secret), client_id),
        )
        return found is not None

    async def add_token(self, client_id: str, token: str, *, seconds: int) -> None:
        """Good for so many seconds; those of the client that have ended are removed."""
        await self._session.execute(
            "DELETE FROM client_token WHERE client_id = %s AND ends_at <= now()", (client_id,)
        )
        await self._session.execute(
            """INSERT INTO client_token (token_sha256, client_id, ends_at)
               VALUES (%s, %s, now() + make_interval(secs => %s))""",
            (_hash(token), client_id, seconds),
        )

    async def holder(self, token: str) -> tuple[str, str, bool] | None:
        """Client id and school of a token, and whether it is good still."""
        row = await self._session.fetch_one(
            """SELECT client_id, school, ends_at > now() FROM client_token
               JOIN client USING (client_id) WHERE token_sha256 = %s""",
            (_hash(token),),
        )
        return (row[0], row[1], row[2]) if row else None
