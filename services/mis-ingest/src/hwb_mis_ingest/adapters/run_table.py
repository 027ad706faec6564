"""Runs and uploads in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from hwb_mis_ingest.application.ports import ClaimedRun, NewRun
from hwb_mis_ingest.domain.rows import Rejection
from hwb_mis_ingest.errors import OutdatedExtractError
from hwb_runtime.database import Session, as_json
from hwb_schemas.events import RunCounts, RunSettled

CHUNK_BYTES = 1 << 20


class RunTable:
    """Implements ``Runs``."""

    async def next_run_seq(
        self, session: Session, school: str, extracted_at: datetime | None
    ) -> int:
        row = await session.fetch_one(
            """INSERT INTO school_intake AS s (school, last_run_seq, last_extracted_at)
               VALUES (%(school)s, 1, %(extracted_at)s)
               ON CONFLICT (school) DO UPDATE SET
                   last_run_seq = s.last_run_seq + 1,
                   last_extracted_at = coalesce(excluded.last_extracted_at, s.last_extracted_at)
               WHERE excluded.last_extracted_at IS NULL OR s.last_extracted_at IS NULL
                  OR excluded.last_extracted_at >= s.last_extracted_at
               RETURNING last_run_seq""",
            {"school": school, "extracted_at": extracted_at},
        )
        if row is None:
            last = await session.fetch_one(
                "SELECT last_extracted_at FROM school_intake WHERE school = %s", (school,)
            )
            raise OutdatedExtractError(last=last[0].isoformat() if last else "")
        return int(row[0])

    async def coming_run_seq(self, session: Session, school: str) -> int:
        row = await session.fetch_one(
            "SELECT last_run_seq + 1 FROM school_intake WHERE school = %s", (school,)
        )
        return int(row[0]) if row else 1

    async def add(self, session: Session, run: NewRun, data: bytes) -> None:
        await session.execute(
            """INSERT INTO run (run_id, school, run_seq, status, format, extracted_at, received_at,
                                received_from, traceparent, digest)
               SELECT %s::uuid, school, %s,
                      CASE WHEN waits_since IS NULL THEN 'received' ELSE 'waiting' END,
                      %s, %s::timestamptz, %s, %s, %s, %s
               FROM school_intake WHERE school = %s""",
            (
                run.run_id,
                run.run_seq,
                run.format,
                run.extracted_at,
                run.received_at,
                run.received_from,
                run.traceparent,
                run.digest,
                run.school,
            ),
        )
        for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
            await session.execute(
                "INSERT INTO upload_chunk (run_id, number, bytes) VALUES (%s, %s, %b)",
                (run.run_id, number, data[start : start + CHUNK_BYTES]),
            )

    async def claim_next(self, session: Session) -> ClaimedRun | None:
        row = await session.fetch_one(
            """SELECT r.run_id::text, r.school, r.run_seq, r.received_at, r.traceparent
               FROM run r
               WHERE r.status = 'received' AND NOT EXISTS (
                   SELECT FROM run earlier
                   WHERE earlier.school = r.school AND earlier.run_seq < r.run_seq
                     AND earlier.status = 'received')
               ORDER BY r.place LIMIT 1
               FOR UPDATE OF r SKIP LOCKED"""
        )
        return ClaimedRun(*row) if row else None

    async def upload(self, session: Session, run_id: str) -> bytes:
        rows = await session.fetch_bytes(
            "SELECT bytes FROM upload_chunk WHERE run_id = %s ORDER BY number", (run_id,)
        )
        return b"".join(row[0] for row in rows)

    async def publish(
        self,
        session: Session,
        run_id: str,
        *,
        published_at: datetime,
        counts: RunCounts,
        rejections: Sequence[Rejection],
    ) -> None:
        await session.execute(
            """WITH upload AS (DELETE FROM upload_chunk WHERE run_id = %(run_id)s)
               UPDATE run SET status = 'published', published_at = %(published_at)s,
                   counts = %(counts)s, refusal = NULL, refusal_says = NULL,
                   touched_at = clock_timestamp()
               WHERE run_id = %(run_id)s""",
            {
                "run_id": run_id,
                "published_at": published_at,
                "counts": as_json(counts.model_dump()),
            },
        )
        if rejections:
            await session.copy_in(
                "rejection",
                ("run_id", "number", "file", "line", "field", "reason", "value_class"),
                (
                    (
                        run_id,
                        number,
                        one.file,
                        one.line,
                        one.field,
                        one.reason.value,
                        one.value_class.value,
                    )
                    for number, one in enumerate(rejections)
                ),
            )

    async def refuse(self, session: Session, run_id: str, *, code: str, says: str) -> None:
        await self.set_aside(session, run_id, code=code, says=says)
        await session.execute("DELETE FROM upload_chunk WHERE run_id = %s", (run_id,))

    async def set_aside(self, session: Session, run_id: str, *, code: str, says: str) -> None:
        await session.execute(
            """UPDATE run SET status = 'refused', refusal = %s, refusal_says = %s,
                   touched_at = clock_timestamp() WHERE run_id = %s""",
            (code, says, run_id),
        )

    async def failed(self, session: Session, run_id: str) -> int:
        row = await session.fetch_one(
            "UPDATE run SET failures = failures + 1 WHERE run_id = %s RETURNING failures",
            (run_id,),
        )
        return int(row[0]) if row else 0

    async def settle(self, session: Session, settled: Sequence[RunSettled]) -> int:
        return await session.execute(
            """UPDATE run SET status = 'settled', settled_at = s.settled_at, applied = s.applied,
                   pending = s.pending, parked = s.parked, touched_at = clock_timestamp()
               FROM unnest(%s::uuid[], %s::timestamptz[], %s::int[], %s::int[], %s::int[])
                   AS s (run_id, settled_at, applied, pending, parked)
               WHERE run.run_id = s.run_id AND run.status = 'published'""",
            (
                [one.run_id for one in settled],
                [one.settled_at for one in settled],
                [one.applied for one in settled],
                [one.pending for one in settled],
                [one.parked for one in settled],
            ),
        )
