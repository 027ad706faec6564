"""Published runs and how far they have come, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson

from hwb_identity.application.ports import PublishedRun, RunStanding
from hwb_runtime.database import Session

CHANGES_TOPIC = "hwb.mis.changes"


class RunStore:
    """Runs of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def count(self, partition: int, counts: Mapping[str, tuple[int, int]]) -> None:
        """Add (applied, pending) by run_id to what this partition has had."""
        if not counts:
            return
        runs = sorted(counts)
        await self._session.execute(
            """INSERT INTO run_progress AS p (run_id, partition, applied, pending)
               SELECT run_id, %s, applied, pending
               FROM unnest(%s::text[], %s::int[], %s::int[]) AS c (run_id, applied, pending)
               ON CONFLICT (run_id, partition) DO UPDATE
               SET applied = p.applied + excluded.applied,
                   pending = p.pending + excluded.pending""",
            (partition, runs, [counts[run][0] for run in runs], [counts[run][1] for run in runs]),
        )

    async def published(self, runs: Sequence[PublishedRun]) -> None:
        """Remember published runs."""
        await self._session.execute(
            """INSERT INTO run (run_id, school, run_seq, changes, traceparent, published_at,
                                rejected, held)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[], %s::text[],
                                    %s::timestamptz[], %s::int[], %s::int[])
               ON CONFLICT (run_id) DO NOTHING""",
            [list(column) for column in zip(*runs, strict=True)],
        )

    async def heard(self, runs: Sequence[tuple[str, str, int, str, datetime]]) -> None:
        """Remember the newest word on runs of each school: school, id, run_seq, change, instant."""
        await self._session.execute(
            """INSERT INTO run_heard AS h (school, run_id, run_seq, change, heard_at)
               SELECT * FROM unnest(%s::text[], %s::text[], %s::int[], %s::text[],
                                    %s::timestamptz[])
               ON CONFLICT (school) DO UPDATE
               SET run_id = excluded.run_id, run_seq = excluded.run_seq,
                   change = excluded.change, heard_at = excluded.heard_at
               WHERE h.run_seq <= excluded.run_seq""",
            [list(column) for column in zip(*runs, strict=True)],
        )

    async def unsettled(self) -> list[RunStanding]:
        """Published runs that are not settled yet, locked."""
        rows = await self._session.fetch(
            """SELECT run_id, school, run_seq, changes, traceparent,
                      coalesce((SELECT sum(applied) FROM run_progress p
                                WHERE p.run_id = run.run_id), 0)::int,
                      coalesce((SELECT sum(pending) FROM run_progress p
                                WHERE p.run_id = run.run_id), 0)::int
               FROM run WHERE settled_at IS NULL ORDER BY run_id FOR UPDATE"""
        )
        return [RunStanding(*row) for row in rows]

    async def parked_by_run(self) -> dict[str, int]:
        """How many parked changes each run has; bytes that are no JSON belong to none."""
        rows = await self._session.fetch(
            "SELECT value FROM parked WHERE topic = %s", (CHANGES_TOPIC,)
        )
        found: dict[str, int] = {}
        for (value,) in rows:
            run_id = _run_id_in(value)
            if run_id is not None:
                found[run_id] = found.get(run_id, 0) + 1
        return found

    async def settle(self, run_ids: Sequence[str], at: datetime) -> None:
        """Mark runs as settled; their progress is not needed any more."""
        await self._session.execute(
            "UPDATE run SET settled_at = %s WHERE run_id = ANY(%s)", (at, list(run_ids))
        )
        await self._session.execute(
            "DELETE FROM run_progress WHERE run_id = ANY(%s)", (list(run_ids),)
        )


def _run_id_in(value: bytes | None) -> str | None:
    try:
        content = orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        return None
    run_id = content.get("run_id") if isinstance(content, dict) else None
    return run_id if isinstance(run_id, str) else None
