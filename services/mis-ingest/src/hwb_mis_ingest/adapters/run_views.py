"""What the API shows of runs, read from PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hwb_runtime.database import Session

_COLUMNS = """run_id::text, run_seq, school, status, format, extracted_at, received_at,
              published_at, settled_at, counts, applied, pending, parked, refusal, refusal_says,
              digest, hold, hold_digest, of_run::text, rolled_back_by::text"""
_NO_COUNTS = {
    "learners": 0,
    "staff": 0,
    "classes": 0,
    "rejected": 0,
    "missing": 0,
    "changes": 0,
    "class_changes": 0,
    "held": 0,
    "kept_back": 0,
}


class RunViews:
    """Reads for the API."""

    async def runs_of(
        self, session: Session, school: str, *, before: int | None, limit: int
    ) -> list[dict[str, Any]]:
        """A school's runs, newest first, those below the run_seq ``before``."""
        rows = await session.fetch(
            f"""SELECT {_COLUMNS} FROM run
                WHERE school = %(school)s AND (%(before)s::int IS NULL OR run_seq < %(before)s)
                ORDER BY run_seq DESC LIMIT %(limit)s""",  # noqa: S608 - columns are a constant
            {"school": school, "before": before, "limit": limit},
        )
        return [_run(row) for row in rows]

    async def run(self, session: Session, school: str, run_id: str) -> dict[str, Any] | None:
        row = await session.fetch_one(
            f"SELECT {_COLUMNS} FROM run WHERE school = %s AND run_id = %s",  # noqa: S608
            (school, run_id),
        )
        return _run(row) if row else None

    async def rejections(
        self, session: Session, run_id: str, *, limit: int
    ) -> list[tuple[str, int, str, str, str]]:
        """File, line, field, reason code and value class, in the order of the files."""
        rows = await session.fetch(
            """SELECT file, line, field, reason, value_class FROM rejection WHERE run_id = %s
               ORDER BY number LIMIT %s""",
            (run_id, limit),
        )
        return [(file, line, field, reason, kind) for file, line, field, reason, kind in rows]

    async def count_rejections(self, session: Session, run_id: str) -> int:
        row = await session.fetch_one("SELECT count(*) FROM rejection WHERE run_id = %s", (run_id,))
        return int(row[0]) if row else 0

    async def last_runs(
        self, session: Session, schools: Sequence[str]
    ) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
        """By school: the last upload that settled (Last Run), and the newest of any status.

        What a person's decision published is no run of the school's client.
        """
        rows = await session.fetch(
            f"""SELECT DISTINCT ON (school, status = 'settled') {_COLUMNS} FROM run
                WHERE school = ANY(%s) AND of_run IS NULL
                ORDER BY school, status = 'settled', run_seq DESC""",  # noqa: S608
            (list(schools),),
        )
        settled: dict[str, dict[str, Any]] = {}
        other: dict[str, dict[str, Any]] = {}
        for run in map(_run, rows):
            (settled if run["status"] == "settled" else other)[run["school"]] = run
        return {
            school: (
                settled.get(school),
                max(
                    (found[school] for found in (settled, other) if school in found),
                    key=lambda run: int(run["run_seq"]),
                    default=None,
                ),
            )
            for school in schools
        }


def _run(row: Sequence[Any]) -> dict[str, Any]:
    (
        run_id, run_seq, school, status, format_, extracted_at, received_at, published_at,
        settled_at, counts, applied, pending, parked, refusal, refusal_says, digest, hold,
        hold_digest, of_run, rolled_back_by,
    ) = row  # fmt: skip
    settled = None
    if status == "settled":
        settled = {"applied": applied, "pending": pending, "parked": parked}
    return {
        "run_id": run_id,
        "run_seq": run_seq,
        "school": school,
        "status": status,
        "format": format_,
        "extracted_at": _instant(extracted_at),
        "received_at": _instant(received_at),
        "published_at": _instant(published_at),
        "settled_at": _instant(settled_at),
        "counts": {**_NO_COUNTS, **(counts or {})},
        "settled": settled,
        "refusal": {"code": refusal, "detail": refusal_says} if refusal else None,
        "hold": hold,
        "digest": digest if status == "waiting" else hold_digest or "",
        "of_run": of_run,
        "rolled_back_by": rolled_back_by,
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
