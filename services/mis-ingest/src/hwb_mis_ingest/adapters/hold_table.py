"""Held rows, decisions of people on runs, and what a rollback brings back, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from hwb_mis_ingest.application.guard_ports import HeldList, HeldSaying, Reversal, RunToDecide
from hwb_mis_ingest.application.ports import ClassToKeep, RecordToKeep
from hwb_mis_ingest.application.publication import Publication, Saying
from hwb_mis_ingest.domain.season_guard import HoldReason
from hwb_runtime.database import Session

_RUN = """run_id::text, run_seq, status, digest, hold, hold_digest, rolled_back_by::text,
          received_at, published_at, traceparent"""


class HoldTable:
    """Implements ``Holds``."""

    async def hold(self, session: Session, run_id: str, held: HeldList) -> None:
        await session.copy_in(
            "held_row",
            (
                "run_id", "number", "kind", "code", "state", "hash", "local_id",
                "derived_former_upn", "record", "changed", "is_new", "reason",
            ),
            (
                _held_row(run_id, number, one) for number, one in enumerate(held.rows)
            ),
        )  # fmt: skip
        if held.classes:
            await session.copy_in(
                "held_class",
                ("run_id", "class_key", "local_id", "state", "hash", "body"),
                (
                    (run_id, key, local_id, state, digest, body.decode())
                    for key, local_id, state, digest, body in held.classes
                ),
            )
        await session.execute(
            "UPDATE run SET hold = 'open', hold_digest = %s WHERE run_id = %s",
            (held.digest, run_id),
        )

    async def supersede(self, session: Session, school: str) -> None:
        rows = await session.fetch(
            """UPDATE run SET hold = 'superseded' WHERE school = %s AND hold = 'open'
               RETURNING run_id::text""",
            (school,),
        )
        for (run_id,) in rows:
            await self._forget(session, run_id)

    async def lock_school(self, session: Session, school: str) -> None:
        await session.execute("SELECT FROM school_intake WHERE school = %s FOR UPDATE", (school,))
        await session.execute(
            """SELECT FROM run WHERE school = %s AND status IN ('received', 'waiting')
               ORDER BY run_seq FOR UPDATE""",
            (school,),
        )

    async def run(self, session: Session, school: str, run_id: str) -> RunToDecide | None:
        row = await session.fetch_one(
            f"SELECT {_RUN} FROM run WHERE school = %s AND run_id = %s",  # noqa: S608 - a constant
            (school, run_id),
        )
        return RunToDecide(*row) if row else None

    async def is_waiting(self, session: Session, school: str) -> bool:
        row = await session.fetch_one(
            "SELECT FROM run WHERE school = %s AND status = 'received' LIMIT 1", (school,)
        )
        return row is not None

    async def held(self, session: Session, run_id: str) -> HeldList:
        rows = await session.fetch(
            """SELECT kind, code, state, replace(hash::text, '-', ''), local_id,
                      derived_former_upn, record, changed, is_new, reason
               FROM held_row WHERE run_id = %s ORDER BY number""",
            (run_id,),
        )
        classes = await session.fetch(
            """SELECT class_key, local_id, state, replace(hash::text, '-', ''), body
               FROM held_class WHERE run_id = %s ORDER BY class_key""",
            (run_id,),
        )
        digest = await session.fetch_one("SELECT hold_digest FROM run WHERE run_id = %s", (run_id,))
        return HeldList(
            rows=[_held(row) for row in rows],
            classes=[_class(row) for row in classes],
            digest=digest[0] if digest and digest[0] else "",
        )

    async def settle_hold(
        self, session: Session, run_id: str, *, hold: str, by: str, at: datetime
    ) -> None:
        await session.execute(
            "UPDATE run SET hold = %s, decided_by = %s, decided_at = %s WHERE run_id = %s",
            (hold, by, at, run_id),
        )
        await self._forget(session, run_id)

    async def add_decided(
        self,
        session: Session,
        school: str,
        *,
        run_id: str,
        format_: str,
        of_run: str,
        by: str,
        at: datetime,
        traceparent: str,
    ) -> int:
        row = await session.fetch_one(
            """UPDATE school_intake SET last_run_seq = last_run_seq + 1 WHERE school = %s
               RETURNING last_run_seq""",
            (school,),
        )
        run_seq = int(row[0]) if row else 1
        await session.execute(
            """INSERT INTO run (run_id, school, run_seq, status, format, received_at,
                                received_from, traceparent, of_run)
               VALUES (%s, %s, %s, 'published', %s, %s, %s, %s, %s)""",
            (run_id, school, run_seq, format_, at, by, traceparent, of_run),
        )
        return run_seq

    async def reversal(self, session: Session, school: str, run_seq: int) -> Reversal:
        rows = await session.fetch(
            """SELECT p.kind, p.code, coalesce(b.state, 'withdrawn'),
                      replace(coalesce(b.hash, p.hash)::text, '-', ''),
                      coalesce(b.local_id, p.local_id),
                      CASE WHEN b.code IS NULL THEN p.derived_former_upn
                           ELSE b.derived_former_upn END,
                      coalesce(b.record, p.record), p.record
               FROM published_record p
               LEFT JOIN record_before b
                   ON (b.school, b.run_seq, b.kind, b.code) = (p.school, p.run_seq, p.kind, p.code)
               WHERE p.school = %s AND p.run_seq = %s
                 AND (b.code IS NOT NULL OR p.state <> 'withdrawn')
               ORDER BY p.kind, p.code""",
            (school, run_seq),
        )
        classes = await session.fetch(
            """SELECT c.class_key, coalesce(b.local_id, c.local_id),
                      coalesce(b.state, 'withdrawn'),
                      replace(coalesce(b.hash, c.hash)::text, '-', ''), coalesce(b.body, c.body)
               FROM published_class c
               LEFT JOIN class_before b
                   ON (b.school, b.run_seq, b.class_key) = (c.school, c.run_seq, c.class_key)
               WHERE c.school = %s AND c.run_seq = %s
                 AND (b.class_key IS NOT NULL OR c.state <> 'withdrawn')
               ORDER BY c.class_key""",
            (school, run_seq),
        )
        since = await session.fetch(
            """SELECT DISTINCT kind, local_id FROM record_before
               WHERE school = %s AND run_seq > %s AND before_run_seq = %s ORDER BY 1, 2""",
            (school, run_seq, run_seq),
        )
        classes_since = await session.fetch(
            """SELECT DISTINCT class_key FROM class_before
               WHERE school = %s AND run_seq > %s AND before_run_seq = %s ORDER BY 1""",
            (school, run_seq, run_seq),
        )
        sayings = [Saying(_record(row), _changed(row[6], row[7])) for row in rows]
        return Reversal(
            publication=Publication(sayings, [_class(row) for row in classes]),
            changed_since=[(kind, local_id) for kind, local_id in since],
            classes_changed_since=[key for (key,) in classes_since],
        )

    async def forget_before(
        self, session: Session, school: str, published_before: datetime
    ) -> None:
        await session.execute(
            """WITH old AS (SELECT max(run_seq) AS run_seq FROM run
                            WHERE school = %(school)s AND published_at < %(published_before)s),
               records AS (DELETE FROM record_before WHERE school = %(school)s
                           AND run_seq <= (SELECT run_seq FROM old))
               DELETE FROM class_before WHERE school = %(school)s
               AND run_seq <= (SELECT run_seq FROM old)""",
            {"school": school, "published_before": published_before},
        )

    async def rolled_back(self, session: Session, run_id: str, *, by_run: str) -> None:
        rows = await session.fetch(
            "UPDATE run SET rolled_back_by = %s WHERE run_id = %s RETURNING school",
            (by_run, run_id),
        )
        school = rows[0][0]
        await session.execute(
            "UPDATE school_intake SET waits_since = %s WHERE school = %s", (by_run, school)
        )
        waiting = await session.fetch(
            """SELECT run_id FROM run WHERE school = %s AND status IN ('received', 'waiting')
               ORDER BY run_seq""",
            (school,),
        )
        for (waits,) in waiting:  # after the rollback, so that their word is the later one
            await session.execute(
                """WITH next AS (UPDATE school_intake SET last_run_seq = last_run_seq + 1
                                 WHERE school = %s RETURNING last_run_seq)
                   UPDATE run SET status = 'waiting', run_seq = next.last_run_seq
                   FROM next WHERE run_id = %s""",
                (school, waits),
            )

    async def earlier_waiting(
        self, session: Session, school: str, run_seq: int
    ) -> list[RunToDecide]:
        rows = await session.fetch(
            f"""SELECT {_RUN} FROM run
                WHERE school = %s AND status = 'waiting' AND run_seq < %s
                ORDER BY run_seq""",  # noqa: S608 - a constant
            (school, run_seq),
        )
        return [RunToDecide(*row) for row in rows]

    async def release_waiting(self, session: Session, school: str) -> None:
        await session.execute(
            "UPDATE school_intake SET waits_since = NULL WHERE school = %s", (school,)
        )
        await session.execute(
            """UPDATE run SET status = 'received', touched_at = clock_timestamp()
               WHERE school = %s AND status = 'waiting'""",
            (school,),
        )

    async def discard_upload(self, session: Session, run_id: str, *, by: str, at: datetime) -> None:
        await session.execute(
            """UPDATE run SET status = 'discarded', decided_by = %s, decided_at = %s,
                   touched_at = clock_timestamp() WHERE run_id = %s""",
            (by, at, run_id),
        )
        await session.execute("DELETE FROM upload_chunk WHERE run_id = %s", (run_id,))

    async def approve_closing(
        self, session: Session, school: str, *, by: str, at: datetime
    ) -> bool:
        noted = await session.execute(
            """INSERT INTO school_intake AS s
                   (school, last_run_seq, closing_approved_by, closing_approved_at)
               VALUES (%s, 0, %s, %s)
               ON CONFLICT (school) DO UPDATE SET
                   closing_approved_by = excluded.closing_approved_by,
                   closing_approved_at = excluded.closing_approved_at
               WHERE s.closing_approved_at IS NULL""",
            (school, by, at),
        )
        return noted > 0

    async def _forget(self, session: Session, run_id: str) -> None:
        await session.execute("DELETE FROM held_row WHERE run_id = %s", (run_id,))
        await session.execute("DELETE FROM held_class WHERE run_id = %s", (run_id,))


def _held_row(run_id: str, number: int, one: HeldSaying) -> tuple[Any, ...]:
    saying, record = one.saying, one.saying.record
    return (
        run_id,
        number,
        record.kind,
        record.code,
        record.state,
        None if saying.state_only else record.digest,
        record.local_id,
        record.derived_former_upn,
        record.record.decode(),
        list(saying.changed),
        saying.is_new,
        one.reason.value,
    )


def _held(row: Sequence[Any]) -> HeldSaying:
    *_, changed, is_new, reason = row
    saying = Saying(_record(row), tuple(changed), is_new=is_new, state_only=row[3] is None)
    return HeldSaying(saying, HoldReason(reason))


def _changed(then: str, now: str) -> tuple[str, ...]:
    if then == now:
        return ()
    last = orjson.loads(now)
    return tuple(name for name, value in orjson.loads(then).items() if value != last.get(name))


def _record(row: Sequence[Any]) -> RecordToKeep:
    kind, code, state, digest, local_id, derived, record = row[:7]
    return RecordToKeep(kind, code, state, digest or "", local_id, derived, record.encode())


def _class(row: Sequence[Any]) -> ClassToKeep:
    class_key, local_id, state, digest, body = row
    return ClassToKeep(class_key, local_id, state, digest, body.encode())
