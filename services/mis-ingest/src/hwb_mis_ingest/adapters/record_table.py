"""Last published records in PostgreSQL, and the set-wise comparison with a snapshot.

Many rows go in as one text a column, which PostgreSQL splits: no table is needed to stage them, and
no step of Python a row. No value has a line break, since control characters are rejected.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from hwb_mis_ingest.application.ports import (
    ClassToKeep,
    KeptBackBefore,
    KeptBackToSay,
    PublishedClass,
    RecordToKeep,
)
from hwb_mis_ingest.domain.difference import Published
from hwb_mis_ingest.domain.judgement import Person
from hwb_runtime.database import Session
from hwb_schemas.words import RecordKind, RecordState

_NULL = "\\N"
_KIND_OF = {kind.value: kind for kind in RecordKind}
_STATE_OF = {state.value: state for state in RecordState}
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
SELECT p.school, %(run_seq)s, p.kind, p.code, p.state, p.hash, p.local_id, p.derived_former_upn,
       p.run_seq, p.record
FROM published_record p
"""


class RecordTable:
    """Implements ``Records``."""

    async def compare(
        self,
        session: Session,
        school: str,
        people: Sequence[Person],
        digests: Sequence[str],
    ) -> tuple[dict[int, Published | None], list[Published]]:
        rows = await session.fetch(
            """SELECT s.number, p.kind, p.code, p.state, p.record, p.derived_former_upn
               FROM unnest(string_to_array(%(kinds)s, E'\n'), string_to_array(%(codes)s, E'\n'),
                           string_to_array(%(states)s, E'\n'),
                           string_to_array(%(digests)s, E'\n')::uuid[])
                   WITH ORDINALITY AS s (kind, code, state, hash, number)
               FULL JOIN (SELECT * FROM published_record WHERE school = %(school)s) p
                   ON p.kind = s.kind AND p.code = s.code
               WHERE p.code IS NULL OR p.hash <> s.hash OR p.state <> s.state
                  OR s.code IS NULL AND (
                      p.state IN ('on_roll', 'missing') OR p.state <> 'replaced'
                      AND p.kind = 'learner'
                      AND p.code = ANY(string_to_array(%(former_upns)s, E'\n')))
               ORDER BY s.number, p.kind, p.code""",
            {
                "school": school,
                "kinds": _column([person.kind for person in people]),
                "codes": _column([person.code for person in people]),
                "states": _column([person.state for person in people]),
                "digests": _column(digests),
                "former_upns": _column(
                    [upn for person in people if (upn := person.former_upn) is not None]
                ),
            },
        )
        differing = {
            number - 1: None if before[0] is None else _published(before)
            for number, *before in rows
            if number is not None
        }
        return differing, [_published(before) for number, *before in rows if number is None]

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
        return {(_KIND_OF[kind], local_id): code for kind, local_id, code in rows}

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
        kinds, codes, states, digests, local_ids, derived, bodies = zip(*records, strict=True)
        await session.execute(
            f"""WITH now AS (
                    SELECT * FROM unnest(
                        string_to_array(%(kinds)s, E'\n'), string_to_array(%(codes)s, E'\n'),
                        string_to_array(%(states)s, E'\n'),
                        string_to_array(%(digests)s, E'\n')::uuid[],
                        string_to_array(%(local_ids)s, E'\n'),
                        string_to_array(%(derived)s, E'\n', ''),
                        string_to_array(%(bodies)s, E'\n'))
                    AS s (kind, code, state, hash, local_id, derived_former_upn, record)),
                before AS (
                    INSERT INTO record_before {_BEFORE} JOIN now s
                        ON p.school = %(school)s AND p.kind = s.kind AND p.code = s.code)
                UPDATE published_record p SET
                    state = s.state, hash = s.hash, local_id = s.local_id,
                    derived_former_upn = s.derived_former_upn, run_seq = %(run_seq)s,
                    record = s.record
                FROM now s
                WHERE p.school = %(school)s AND p.kind = s.kind AND p.code = s.code""",  # noqa: S608 - a constant
            {
                "school": school,
                "run_seq": run_seq,
                "kinds": _column(kinds),
                "codes": _column(codes),
                "states": _column(states),
                "digests": _column(digests),
                "local_ids": _column(local_ids),
                "derived": _column([upn or "" for upn in derived]),
                "bodies": b"\n".join(bodies).decode(),
            },
        )

    async def set_states(
        self, session: Session, school: str, run_seq: int, states: Sequence[tuple[str, str, str]]
    ) -> None:
        kinds, codes, values = zip(*states, strict=True)
        await session.execute(
            f"""WITH now AS (
                    SELECT * FROM unnest(%(kinds)s::text[], %(codes)s::text[], %(states)s::text[])
                    AS s (kind, code, state)),
                before AS (
                    INSERT INTO record_before {_BEFORE} JOIN now s
                        ON p.school = %(school)s AND p.kind = s.kind AND p.code = s.code)
                UPDATE published_record p SET state = s.state, run_seq = %(run_seq)s
                FROM now s
                WHERE p.school = %(school)s AND p.kind = s.kind AND p.code = s.code""",  # noqa: S608 - a constant
            {
                "school": school,
                "run_seq": run_seq,
                "kinds": list(kinds),
                "codes": list(codes),
                "states": list(values),
            },
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
        keys, local_ids, states, digests, bodies = zip(*classes, strict=True)
        await session.execute(
            """WITH now AS (
                   SELECT * FROM unnest(
                       string_to_array(%(keys)s, E'\n'), string_to_array(%(local_ids)s, E'\n'),
                       string_to_array(%(states)s, E'\n'),
                       string_to_array(%(digests)s, E'\n')::uuid[],
                       string_to_array(%(bodies)s, E'\n'))
                   AS s (class_key, local_id, state, hash, body)),
               before AS (
                   INSERT INTO class_before
                   SELECT c.school, %(run_seq)s, c.class_key, c.local_id, c.state, c.hash,
                          c.run_seq, c.body
                   FROM published_class c
                   JOIN now s ON c.school = %(school)s AND c.class_key = s.class_key)
               INSERT INTO published_class AS c
                   (school, class_key, local_id, state, hash, run_seq, body)
               SELECT %(school)s, class_key, local_id, state, hash, %(run_seq)s, body FROM now
               ON CONFLICT (school, class_key) DO UPDATE SET
                   local_id = excluded.local_id, state = excluded.state, hash = excluded.hash,
                   run_seq = excluded.run_seq, body = excluded.body""",
            {
                "school": school,
                "run_seq": run_seq,
                "keys": _column(keys),
                "local_ids": _column(local_ids),
                "states": _column(states),
                "digests": _column(digests),
                "bodies": b"\n".join(bodies).decode(),
            },
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
            (_KIND_OF[kind], code): KeptBackBefore(_STATE_OF[state], digest)
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

    async def cases_open(self, session: Session, case_keys: Sequence[str]) -> set[str]:
        rows = await session.fetch(
            "SELECT case_key FROM open_case WHERE case_key = ANY(%s)", (list(case_keys),)
        )
        return {key for (key,) in rows}

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


def _column(values: Sequence[str]) -> str:
    """What many rows have in one column, a line each."""
    lines = "\n".join(values)
    if values and lines.count("\n") != len(values) - 1:
        message = "a row with a line break was not rejected: columns would be of different rows"
        raise AssertionError(message)
    return lines


def _columns(people: Sequence[tuple[RecordKind, str]]) -> tuple[list[str], list[str]]:
    return [kind.value for kind, _ in people], [code for _, code in people]


def _published(row: Sequence[Any]) -> Published:
    kind, code, state, record, derived = row
    return Published(_KIND_OF[kind], code, _STATE_OF[state], orjson.loads(record), derived)


def _escaped(text: str) -> str:
    """In COPY's text format; tabs and line breaks cannot be there."""
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
