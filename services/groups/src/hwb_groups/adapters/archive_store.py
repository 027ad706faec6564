"""Archive runs and their groups in PostgreSQL, within the transaction of a unit of work."""

from datetime import datetime
from typing import Any

from hwb_groups.adapters.postgres import HAS_OWNER
from hwb_groups.application.archive_runs import (
    ArchiveRun,
    Decision,
    Pace,
    SchoolCount,
    SchoolProgress,
    WithoutOwner,
)
from hwb_groups.domain.archive_run import Hours, RunState
from hwb_runtime.database import Session
from hwb_schemas.words import Provider

_DUE = "g.wish = 'present' AND g.academic_year <= %(year)s"
_DIGEST = """encode(sha256(convert_to(%(year)s || coalesce(
    string_agg(group_id, ',' ORDER BY group_id COLLATE "C"), ''), 'UTF8')), 'hex')"""
_COLUMNS = """run_id, academic_year, state, open, hours_begin, hours_end, groups, digest, begun_at,
    ended_at"""
_TO_COME = "g.wish IN ('present', 'archived') AND g.state <> 'archived' AND g.parked IS NULL"
_UNDER_WAY = """EXISTS (SELECT 1 FROM operation o WHERE o.group_id = g.group_id
    AND o.action = 'archive'
    AND (o.state = 'running' OR o.state = 'queued' AND o.asked_at IS NOT NULL))"""


class PostgresArchiveRuns:
    """``application.archive_runs.ArchiveRunRows`` on one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def due(self, up_to_year: str) -> tuple[int, str]:
        row = await self._session.fetch_one(
            f"SELECT count(*), {_DIGEST} FROM class_group g WHERE {_DUE}",  # noqa: S608 - ours
            {"year": up_to_year},
        )
        return (row[0], row[1]) if row else (0, "")

    async def is_due(self, up_to_year: str) -> bool:
        row = await self._session.fetch_one(
            f"SELECT EXISTS (SELECT 1 FROM class_group g WHERE {_DUE})",  # noqa: S608 - ours
            {"year": up_to_year},
        )
        return bool(row and row[0])

    async def counts(self, up_to_year: str) -> list[SchoolCount]:
        rows = await self._session.fetch(
            f"""SELECT g.school, count(*) FILTER (WHERE g.provider = 'teams'),
                       count(*) FILTER (WHERE g.provider = 'classroom'),
                       count(*) FILTER (WHERE NOT {HAS_OWNER}),
                       count(*) FILTER (WHERE g.state = 'creating')
                FROM class_group g WHERE {_DUE} GROUP BY g.school ORDER BY g.school""",  # noqa: S608
            {"year": up_to_year},
        )
        return [SchoolCount(*row) for row in rows]

    async def without_owner(self, up_to_year: str) -> list[WithoutOwner]:
        rows = await self._session.fetch(
            f"""SELECT g.group_id, g.provider, g.school, g.class_key, g.title
                FROM class_group g WHERE {_DUE} AND NOT {HAS_OWNER}
                ORDER BY g.school, g.class_key, g.provider""",  # noqa: S608 - ours
            {"year": up_to_year},
        )
        return [WithoutOwner(row[0], Provider(row[1]), *row[2:]) for row in rows]

    async def without_owner_by_school(self, up_to_year: str) -> dict[str, int]:
        rows = await self._session.fetch(
            f"""SELECT g.school, count(*) FROM class_group g WHERE {_DUE} AND NOT {HAS_OWNER}
                GROUP BY g.school ORDER BY g.school""",  # noqa: S608 - ours
            {"year": up_to_year},
        )
        return {row[0]: row[1] for row in rows}

    async def begin(self, run: ArchiveRun) -> tuple[int, str] | None:
        """The list is read once, so that what is counted is what is in the run."""
        hours = run.hours
        new = await self._session.execute(
            """INSERT INTO archive_run (run_id, academic_year, state, open, opened_at, hours_begin,
                   hours_end, groups, digest, begun_at)
               VALUES (%s, %s, %s, %s, clock_timestamp(), %s, %s, 0, '', %s)
               ON CONFLICT ((true)) WHERE ended_at IS NULL DO NOTHING""",
            (
                run.run_id,
                run.academic_year,
                run.state.value,
                run.open,
                hours and hours.begin,
                hours and hours.end,
                run.begun_at,
            ),
        )
        if not new:
            return None
        row = await self._session.fetch_one(
            f"""WITH mine AS (
                    INSERT INTO archive_run_group (run_id, group_id, without_owner)
                    SELECT %(run)s, g.group_id, NOT {HAS_OWNER} FROM class_group g WHERE {_DUE}
                    RETURNING group_id
                ), counted AS (
                    SELECT count(*) AS groups, {_DIGEST} AS digest FROM mine
                )
                UPDATE archive_run SET groups = counted.groups, digest = counted.digest
                FROM counted WHERE run_id = %(run)s
                RETURNING archive_run.groups, archive_run.digest""",  # noqa: S608 - ours
            {"run": run.run_id, "year": run.academic_year},
        )
        return (row[0], row[1]) if row else None

    async def run(self, run_id: str) -> ArchiveRun | None:
        found = await self._runs("WHERE run_id = %s FOR UPDATE", (run_id,))
        return found[0] if found else None

    async def open_run(self) -> ArchiveRun | None:
        found = await self._runs("WHERE ended_at IS NULL FOR UPDATE", ())
        return found[0] if found else None

    async def runs(self) -> list[ArchiveRun]:
        return await self._runs("ORDER BY begun_at DESC, run_id", ())

    async def _runs(self, rest: str, values: tuple[Any, ...]) -> list[ArchiveRun]:
        rows = await self._session.fetch(
            f"SELECT {_COLUMNS} FROM archive_run {rest}",  # noqa: S608 - both are ours
            values,
        )
        return [_run_of(row) for row in rows]

    async def change(self, run: ArchiveRun, state: RunState, *, is_open: bool) -> None:
        await self._session.execute(
            """UPDATE archive_run SET state = %(state)s, open = %(open)s,
                   opened_at = CASE WHEN %(open)s AND NOT open THEN clock_timestamp()
                               ELSE opened_at END
               WHERE run_id = %(run)s""",
            {"state": state.value, "open": is_open, "run": run.run_id},
        )

    async def end(self, run: ArchiveRun, state: RunState, *, now: datetime) -> None:
        await self._session.execute(
            "UPDATE archive_run SET state = %s, open = false, ended_at = %s WHERE run_id = %s",
            (state.value, now, run.run_id),
        )

    async def decided(self, run_id: str, decision: str, *, by: str) -> None:
        await self._session.execute(
            "INSERT INTO archive_run_decision (run_id, decision, decided_by) VALUES (%s, %s, %s)",
            (run_id, decision, by),
        )

    async def decisions(self, run_id: str) -> list[Decision]:
        rows = await self._session.fetch(
            """SELECT decision, decided_by, decided_at FROM archive_run_decision
               WHERE run_id = %s ORDER BY decided_at""",
            (run_id,),
        )
        return [Decision(*row) for row in rows]

    async def take(self, run_id: str, *, limit: int) -> list[str]:
        rows = await self._session.fetch(
            """UPDATE archive_run_group r SET taken = true
               FROM (SELECT group_id FROM archive_run_group
                     WHERE run_id = %(run)s AND NOT taken ORDER BY group_id LIMIT %(limit)s) AS next
               WHERE r.run_id = %(run)s AND r.group_id = next.group_id
               RETURNING r.group_id""",
            {"run": run_id, "limit": limit},
        )
        return [row[0] for row in rows]

    async def has_more(self, run_id: str) -> bool:
        row = await self._session.fetch_one(
            "SELECT EXISTS (SELECT 1 FROM archive_run_group WHERE run_id = %s AND NOT taken)",
            (run_id,),
        )
        return bool(row and row[0])

    async def is_working(self) -> bool:
        row = await self._session.fetch_one(
            """SELECT EXISTS (SELECT 1 FROM operation o JOIN class_group g USING (group_id)
                              WHERE o.state IN ('queued', 'running') AND g.wish = 'archived')"""
        )
        return bool(row and row[0])

    async def give_back(self, run_id: str, *, limit: int, now: datetime) -> int:
        """The groups are locked first, as everywhere; a worker may claim one in between."""
        rows = await self._session.fetch(
            f"""SELECT g.group_id FROM archive_run_group r JOIN class_group g USING (group_id)
                WHERE r.run_id = %s AND g.wish = 'archived' AND {_TO_COME} AND NOT {_UNDER_WAY}
                ORDER BY g.group_id LIMIT %s FOR UPDATE OF g""",  # noqa: S608 - ours
            (run_id, limit),
        )
        ids = [row[0] for row in rows]
        await self._session.execute(
            """UPDATE operation SET state = 'cancelled', finished_at = clock_timestamp()
               WHERE group_id = ANY(%s) AND action = 'archive' AND state = 'queued'
                 AND asked_at IS NULL""",
            (ids,),
        )
        return await self._session.execute(
            f"""UPDATE class_group g
                SET wish = 'present', generation = generation + 1, changed_at = %s,
                    state = CASE WHEN state = 'archiving' THEN 'frozen' ELSE state END
                WHERE g.group_id = ANY(%s) AND NOT {_UNDER_WAY}""",  # noqa: S608 - ours
            (now, ids),
        )

    async def progress(self, run_id: str) -> list[SchoolProgress]:
        rows = await self._session.fetch(
            """SELECT g.school, count(*),
                      count(*) FILTER (WHERE g.wish = 'archived' AND g.state = 'archived'),
                      count(*) FILTER (WHERE g.wish = 'restored'),
                      count(*) FILTER (WHERE g.wish <> 'restored' AND g.state <> 'archived'
                                       AND g.parked IS NOT NULL)
               FROM archive_run_group r JOIN class_group g USING (group_id)
               WHERE r.run_id = %s GROUP BY g.school ORDER BY g.school""",
            (run_id,),
        )
        return [SchoolProgress(*row) for row in rows]

    async def pace(self, run_id: str, *, seconds: float) -> Pace:
        left = await self._session.fetch(
            f"""SELECT g.provider, count(*)
                FROM archive_run_group r JOIN class_group g USING (group_id)
                WHERE r.run_id = %s AND {_TO_COME} GROUP BY g.provider""",  # noqa: S608 - ours
            (run_id,),
        )
        recent = await self._session.fetch(
            """SELECT o.provider, count(*) FROM operation o, archive_run r
               WHERE r.run_id = %s AND o.provider = ANY(%s) AND o.action = 'archive'
                 AND o.state = 'done' AND o.finished_at > greatest(
                     r.opened_at, clock_timestamp() - make_interval(secs => %s))
               GROUP BY o.provider""",
            (run_id, [provider.value for provider in Provider], seconds),
        )
        row = await self._session.fetch_one(
            """SELECT extract(epoch FROM clock_timestamp() - opened_at)::float FROM archive_run
               WHERE run_id = %s""",
            (run_id,),
        )
        return Pace(
            left={Provider(provider): number for provider, number in left},
            recent={Provider(provider): number for provider, number in recent},
            open_for=row[0] if row else 0.0,
        )


def _run_of(row: tuple[Any, ...]) -> ArchiveRun:
    return ArchiveRun(
        run_id=row[0],
        academic_year=row[1],
        state=RunState(row[2]),
        open=row[3],
        hours=None if row[4] is None else Hours(row[4], row[5]),
        groups=row[6],
        digest=row[7],
        begun_at=row[8],
        ended_at=row[9],
    )
