"""Last published records in PostgreSQL, and the set-wise comparison with a snapshot.

Rows go in by COPY in its text format, written here: a row of the nation costs a few microseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from hwb_mis_ingest.application.ports import (
    ClassToKeep,
    KeptBackBefore,
    KeptBackToSay,
    PublishedClass,
    RecordToKeep,
    StagedPerson,
)
from hwb_mis_ingest.domain.difference import Published
from hwb_runtime.database import Session
from hwb_schemas.words import RecordKind, RecordState

# They stay for the life of the connection: a table a run would fill PostgreSQL's catalogue.
_STAGING = """
CREATE TEMP TABLE IF NOT EXISTS staged_person (
    number integer, kind text, code text, state text, hash uuid
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_record (
    kind text, code text, state text, hash uuid, local_id text, derived_former_upn text,
    run_seq integer, record text
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS staged_class (
    class_key text, local_id text, state text, hash uuid, body text
) ON COMMIT DELETE ROWS;
"""
_NULL = "\\N"
_RECORD_COLUMNS = (
    "kind",
    "code",
    "state",
    "hash",
    "local_id",
    "derived_former_upn",
    "run_seq",
    "record",
)
_BEFORE = """
SELECT p.school, %s, p.kind, p.code, p.state, p.hash, p.local_id, p.derived_former_upn, p.run_seq,
       p.record
FROM published_record p
"""


class RecordTable:
    """Implements ``Records``."""

    async def stage(self, session: Session, people: Iterable[StagedPerson]) -> None:
        await session.execute(_STAGING)
        lines = (
            f"{number}\t{one.kind}\t{_escaped(one.code)}\t{one.state}\t{one.digest}\n"
            for number, one in enumerate(people)
        )
        await session.copy_text(
            "staged_person",
            ("number", "kind", "code", "state", "hash"),
            ["".join(lines).encode()],
        )

    async def differing(self, session: Session, school: str) -> dict[int, Published | None]:
        rows = await session.fetch(
            """SELECT s.number, p.kind, p.code, p.state, p.record, p.derived_former_upn
               FROM staged_person s
               LEFT JOIN published_record p
                   ON p.school = %s AND p.kind = s.kind AND p.code = s.code
               WHERE p.code IS NULL OR p.hash <> s.hash OR p.state <> s.state
               ORDER BY s.number""",
            (school,),
        )
        return {row[0]: None if row[1] is None else _published(row[1:]) for row in rows}

    async def vanished(
        self, session: Session, school: str, former_upns: Sequence[str]
    ) -> list[Published]:
        rows = await session.fetch(
            """SELECT p.kind, p.code, p.state, p.record, p.derived_former_upn
               FROM published_record p
               WHERE p.school = %s
                 AND (p.state IN ('on_roll', 'missing') OR p.state <> 'replaced'
                      AND p.kind = 'learner' AND p.code = ANY(%s))
                 AND NOT EXISTS (
                     SELECT FROM staged_person s WHERE s.kind = p.kind AND s.code = p.code)
               ORDER BY p.kind, p.code""",
            (school, list(former_upns)),
        )
        return [_published(row) for row in rows]

    async def everyone(self, session: Session, school: str) -> list[Published]:
        rows = await session.fetch(
            """SELECT kind, code, state, record, derived_former_upn FROM published_record
               WHERE school = %s ORDER BY kind, code""",
            (school,),
        )
        return [_published(row) for row in rows]

    async def codes_of(
        self, session: Session, school: str, local_ids: Sequence[str]
    ) -> Mapping[tuple[RecordKind, str], str]:
        rows = await session.fetch(
            """SELECT kind, local_id, code FROM published_record
               WHERE school = %s AND local_id = ANY(%s)
                 AND state IN ('on_roll', 'left', 'missing')""",
            (school, [one for one in local_ids if "\0" not in one]),  # PostgreSQL has no such text
        )
        return {(RecordKind(kind), local_id): code for kind, local_id, code in rows}

    async def add_new(
        self, session: Session, school: str, run_seq: int, records: Sequence[RecordToKeep]
    ) -> None:
        await session.copy_text(
            "published_record",
            ("school", *_RECORD_COLUMNS),
            [_copy_lines(records, run_seq, first=f"{school}\t".encode())],
        )

    async def replace(
        self, session: Session, school: str, run_seq: int, records: Sequence[RecordToKeep]
    ) -> None:
        await session.execute(_STAGING)
        await session.copy_text(
            "staged_record", _RECORD_COLUMNS, [_copy_lines(records, run_seq, first=b"")]
        )
        await session.execute(
            f"""INSERT INTO record_before {_BEFORE} JOIN staged_record s
                    ON p.school = %s AND p.kind = s.kind AND p.code = s.code""",
            (run_seq, school),
        )
        await session.execute(
            """UPDATE published_record p SET
                   state = s.state, hash = s.hash, local_id = s.local_id,
                   derived_former_upn = s.derived_former_upn, run_seq = s.run_seq,
                   record = s.record
               FROM staged_record s
               WHERE p.school = %s AND p.kind = s.kind AND p.code = s.code""",
            (school,),
        )

    async def set_states(
        self, session: Session, school: str, run_seq: int, states: Sequence[tuple[str, str, str]]
    ) -> None:
        kinds, codes, values = zip(*states, strict=True)
        await session.execute(
            f"""INSERT INTO record_before {_BEFORE}
                JOIN unnest(%s::text[], %s::text[]) AS s (kind, code)
                    ON p.school = %s AND p.kind = s.kind AND p.code = s.code""",
            (run_seq, list(kinds), list(codes), school),
        )
        await session.execute(
            """UPDATE published_record p SET state = s.state, run_seq = %s
               FROM unnest(%s::text[], %s::text[], %s::text[]) AS s (kind, code, state)
               WHERE p.school = %s AND p.kind = s.kind AND p.code = s.code""",
            (run_seq, list(kinds), list(codes), list(values), school),
        )

    async def count_missing(self, session: Session, school: str) -> int:
        row = await session.fetch_one(
            "SELECT count(*) FROM published_record WHERE school = %s AND state = 'missing'",
            (school,),
        )
        return int(row[0]) if row else 0

    async def classes(self, session: Session, school: str) -> list[PublishedClass]:
        rows = await session.fetch(
            """SELECT class_key, local_id, state = 'current', replace(hash::text, '-', '')
               FROM published_class WHERE school = %s ORDER BY class_key""",
            (school,),
        )
        return [PublishedClass(*row) for row in rows]

    async def class_bodies(
        self, session: Session, school: str, class_keys: Sequence[str]
    ) -> dict[str, bytes]:
        rows = await session.fetch(
            """SELECT class_key, body FROM published_class
               WHERE school = %s AND class_key = ANY(%s)""",
            (school, list(class_keys)),
        )
        return {key: body.encode() for key, body in rows}

    async def keep_classes(
        self, session: Session, school: str, run_seq: int, classes: Sequence[ClassToKeep]
    ) -> None:
        lines = [
            f"{_escaped(key)}\t{_escaped(local_id)}\t{state}\t{digest}\t".encode()
            + body.replace(b"\\", b"\\\\")
            + b"\n"
            for key, local_id, state, digest, body in classes
        ]
        await session.execute(_STAGING)
        await session.copy_text(
            "staged_class", ("class_key", "local_id", "state", "hash", "body"), [b"".join(lines)]
        )
        await session.execute(
            """INSERT INTO class_before
               SELECT c.school, %s, c.class_key, c.local_id, c.state, c.hash, c.run_seq, c.body
               FROM published_class c JOIN staged_class s
                   ON c.school = %s AND c.class_key = s.class_key""",
            (run_seq, school),
        )
        await session.execute(
            """INSERT INTO published_class AS c
                   (school, class_key, local_id, state, hash, run_seq, body)
               SELECT %s, s.class_key, s.local_id, s.state, s.hash, %s, s.body
               FROM staged_class s
               ON CONFLICT (school, class_key) DO UPDATE SET
                   local_id = excluded.local_id, state = excluded.state, hash = excluded.hash,
                   run_seq = excluded.run_seq, body = excluded.body""",
            (school, run_seq),
        )

    async def published(
        self, session: Session, school: str, people: Sequence[tuple[RecordKind, str]]
    ) -> list[Published]:
        rows = await session.fetch(
            """SELECT p.kind, p.code, p.state, p.record, p.derived_former_upn
               FROM published_record p
               JOIN unnest(%s::text[], %s::text[]) AS s (kind, code)
                   ON p.school = %s AND p.kind = s.kind AND p.code = s.code""",
            (*_columns(people), school),
        )
        return [_published(row) for row in rows]

    async def kept_back(
        self, session: Session, school: str
    ) -> dict[tuple[RecordKind, str], KeptBackBefore]:
        rows = await session.fetch(
            """SELECT kind, code, state, replace(hash::text, '-', '') FROM kept_back
               WHERE school = %s""",
            (school,),
        )
        return {
            (RecordKind(kind), code): KeptBackBefore(RecordState(state), digest)
            for kind, code, state, digest in rows
        }

    async def keep_back(self, session: Session, school: str, rows: Sequence[KeptBackToSay]) -> None:
        await session.execute(
            """INSERT INTO kept_back (school, kind, code, state, hash)
               SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[])
               ON CONFLICT (school, kind, code) DO UPDATE
               SET state = excluded.state, hash = excluded.hash""",
            (
                school,
                [row.kind for row in rows],
                [row.code for row in rows],
                [row.state for row in rows],
                [row.digest for row in rows],
            ),
        )

    async def forget_kept_back(
        self, session: Session, school: str, people: Sequence[tuple[RecordKind, str]]
    ) -> None:
        await session.execute(
            """DELETE FROM kept_back k USING unnest(%s::text[], %s::text[]) AS s (kind, code)
               WHERE k.school = %s AND k.kind = s.kind AND k.code = s.code""",
            (*_columns(people), school),
        )

    async def open_case(self, session: Session, case_key: str, *, school: str, run_id: str) -> bool:
        opened = await session.execute(
            """INSERT INTO open_case (case_key, school, raised_by_run) VALUES (%s, %s, %s)
               ON CONFLICT DO NOTHING""",
            (case_key, school, run_id),
        )
        return opened > 0

    async def close_case(self, session: Session, case_key: str) -> bool:
        closed = await session.execute("DELETE FROM open_case WHERE case_key = %s", (case_key,))
        return closed > 0


def _columns(people: Sequence[tuple[RecordKind, str]]) -> tuple[list[str], list[str]]:
    return [kind.value for kind, _ in people], [code for _, code in people]


def _published(row: Sequence[Any]) -> Published:
    kind, code, state, record, derived = row
    return Published(
        kind=RecordKind(kind),
        code=code,
        state=RecordState(state),
        record=orjson.loads(record),
        derived_former_upn=derived,
    )


def _escaped(text: str) -> str:
    """Tabs and line breaks cannot be there: rows with control characters are rejected."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def _copy_lines(records: Sequence[RecordToKeep], run_seq: int, *, first: bytes) -> bytes:
    lines = []
    for kind, code, state, digest, local_id, derived, record in records:
        rest = (
            f"{kind}\t{_escaped(code)}\t{state}\t{digest}\t{_escaped(local_id)}"
            f"\t{derived or _NULL}\t{run_seq}\t"
        ).encode()
        lines.append(first + rest + record.replace(b"\\", b"\\\\") + b"\n")
    return b"".join(lines)
