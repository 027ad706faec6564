"""Runs that may be stuck, in PostgreSQL; ages are by system time."""

from datetime import timedelta

from hwb_runtime.database import Session


class RunCheckTable:
    """Implements ``RunChecks``."""

    async def waiting(self, session: Session, *, longer_than: timedelta) -> list[tuple[str, str]]:
        return await self._older(session, "received", longer_than)

    async def unsettled(self, session: Session, *, longer_than: timedelta) -> list[tuple[str, str]]:
        return await self._older(session, "published", longer_than)

    async def set_aside(self, session: Session, *, code: str) -> list[tuple[str, str, bool]]:
        rows = await session.fetch(
            """SELECT r.run_id::text, r.school, EXISTS (
                   SELECT FROM run later WHERE later.school = r.school
                   AND later.run_seq > r.run_seq AND later.status IN ('published', 'settled'))
               FROM run r WHERE r.status = 'refused' AND r.refusal = %s ORDER BY r.place""",
            (code,),
        )
        return [(run_id, school, overtaken) for run_id, school, overtaken in rows]

    async def requeue(self, session: Session, run_id: str) -> None:
        await session.execute(
            """UPDATE run SET status = 'received', refusal = NULL, refusal_says = NULL,
                   failures = 0, touched_at = clock_timestamp() WHERE run_id = %s""",
            (run_id,),
        )

    async def _older(
        self, session: Session, status: str, longer_than: timedelta
    ) -> list[tuple[str, str]]:
        rows = await session.fetch(
            """SELECT run_id::text, school FROM run
               WHERE status = %s AND touched_at < clock_timestamp() - %s ORDER BY place""",
            (status, longer_than),
        )
        return [(run_id, school) for run_id, school in rows]
