"""Uploads that arrive in parts, in PostgreSQL: whatever was answered outlives every process.

They go by the server's clock, as tokens do.
"""

from uuid import uuid4

from hwb_mis_ingest.application.resume_upload import Announced, UploadSession
from hwb_runtime.database import Session

_COLUMNS = "session_id::text, school, caller, key, length, sha256, extracted_at, received, taken"


class SessionTable:
    """``application.resume_upload.UploadSessions`` on a session of the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of_key(self, caller: str, key: str) -> UploadSession | None:
        row = await self._session.fetch_one(
            f"""SELECT {_COLUMNS} FROM upload_session
                WHERE caller = %s AND key = %s AND ends_at > now()""",  # noqa: S608 - a constant
            (caller, key),
        )
        return UploadSession(*row) if row else None

    async def add(self, announced: Announced, *, hours: int) -> None:
        await self._session.execute(
            "DELETE FROM upload_session WHERE caller = %s AND key = %s AND ends_at <= now()",
            (announced.caller, announced.key),
        )
        await self._session.execute(
            """INSERT INTO upload_session
                   (session_id, school, caller, key, length, sha256, extracted_at, made_at, ends_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp(),
                       now() + make_interval(hours => %s))
               ON CONFLICT (caller, key) DO NOTHING""",
            (
                str(uuid4()),
                announced.school,
                announced.caller,
                announced.key,
                announced.length,
                announced.sha256,
                announced.extracted_at,
                hours,
            ),
        )

    async def keep_newest(self, school: str, count: int) -> None:
        # Two that are begun at once must see each other, or both would stay beyond the count.
        await self._session.fetch_one(
            "SELECT pg_advisory_xact_lock(hashtextextended('upload_session ' || %s, 0))", (school,)
        )
        await self._session.execute(
            """DELETE FROM upload_session WHERE session_id IN (
                   SELECT session_id FROM upload_session WHERE school = %s AND NOT taken
                   ORDER BY made_at DESC, session_id OFFSET %s)""",
            (school, count),
        )

    async def find(self, session_id: str, *, school: str, caller: str) -> UploadSession | None:
        row = await self._session.fetch_one(
            f"""SELECT {_COLUMNS} FROM upload_session WHERE session_id = %s AND school = %s
                AND caller = %s AND ends_at > now()""",  # noqa: S608 - a constant
            (session_id, school, caller),
        )
        return UploadSession(*row) if row else None

    async def hold(self, session_id: str) -> None:
        await self._session.execute(
            "SELECT 1 FROM upload_session WHERE session_id = %s FOR SHARE", (session_id,)
        )

    async def append(self, session_id: str, *, start: int, part: bytes) -> bool:
        moved = await self._session.execute(
            """UPDATE upload_session SET received = received + %s
               WHERE session_id = %s AND received = %s AND NOT taken""",
            (len(part), session_id, start),
        )
        if moved:
            await self._session.execute(
                "INSERT INTO upload_part (session_id, start, bytes) VALUES (%s, %s, %b)",
                (session_id, start, part),
            )
        return bool(moved)

    async def data(self, session_id: str) -> bytes:
        rows = await self._session.fetch_bytes(
            "SELECT bytes FROM upload_part WHERE session_id = %s ORDER BY start", (session_id,)
        )
        return b"".join(row[0] for row in rows)

    async def set_taken(self, session_id: str) -> None:
        await self._session.execute(
            "UPDATE upload_session SET taken = true WHERE session_id = %s", (session_id,)
        )
        await self._session.execute("DELETE FROM upload_part WHERE session_id = %s", (session_id,))

    async def remove(self, session_id: str) -> None:
        await self._session.execute(
            "DELETE FROM upload_session WHERE session_id = %s", (session_id,)
        )

    async def remove_ended(self) -> int:
        return await self._session.execute("DELETE FROM upload_session WHERE ends_at <= now()")
