"""Cases, and what people did about them, in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Any

from hwb_notifier.application.mail_ports import MailState, MailStatus
from hwb_notifier.application.ports import CaseFilter, ListedCase
from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.step import Step, What
from hwb_runtime.database import Session, as_json
from hwb_schemas.words import CaseKind

CASE = (
    "c.case_key, c.kind, c.school, c.state, c.opening, c.raised_by, c.raised_at, c.resolved_at,"
    " c.facts, c.assigned_to, c.version"
)
CASE_COLUMNS = 11

_KNOWN = f"""
SELECT {CASE} FROM service_case c WHERE c.case_key = ANY (%s) ORDER BY c.case_key FOR UPDATE
"""  # noqa: S608 - put together from constants

_SAVE = """
INSERT INTO service_case
SELECT case_key, kind, school, state, opening, raised_by, raised_at, resolved_at, facts,
       assigned_to, version
FROM jsonb_to_recordset(%s) AS row (
    case_key text, kind text, school text, state text, opening integer, raised_by text,
    raised_at timestamptz, resolved_at timestamptz, facts jsonb, assigned_to text, version integer
)
ON CONFLICT (case_key) DO UPDATE SET
    kind = excluded.kind, school = excluded.school, state = excluded.state,
    opening = excluded.opening, raised_by = excluded.raised_by, raised_at = excluded.raised_at,
    resolved_at = excluded.resolved_at, facts = excluded.facts,
    assigned_to = excluded.assigned_to, version = excluded.version
"""

_LISTED = f"""
SELECT {CASE}, coalesce(d.message_id, m.message_id), m.state,
       coalesce(d.failures, m.failures), coalesce(d.reason, m.reason), m.sent_at, m.addressee,
       m.undelivered_to
FROM service_case c
LEFT JOIN mail m ON m.case_key = c.case_key AND m.opening = c.opening
LEFT JOIN digest d ON d.digest_id = m.digest_id
"""  # noqa: S608 - put together from constants

_FIND = f"""{_LISTED}
WHERE (%(state)s::text IS NULL OR c.state = %(state)s)
  AND (%(kinds)s::text[] IS NULL OR c.kind = ANY (%(kinds)s))
  AND (%(school)s::text IS NULL OR c.school = %(school)s)
  AND (%(begins)s::text IS NULL OR starts_with(c.school, %(begins)s))
  AND (%(after_at)s::timestamptz IS NULL
       OR (c.raised_at, c.case_key) < (%(after_at)s, %(after_key)s::text))
ORDER BY c.raised_at DESC, c.case_key DESC
LIMIT %(limit)s
"""


class PostgresCaseRows:
    """The CaseRows of the application."""

    async def known(self, session: Session, case_keys: Collection[str]) -> dict[str, Case]:
        rows = await session.fetch(_KNOWN, (list(case_keys),))
        return {row[0]: case_of(row) for row in rows}

    async def save(self, session: Session, cases: Sequence[Case]) -> None:
        if cases:
            await session.execute(_SAVE, (as_json([row_of(case) for case in cases]),))

    async def add_step(self, session: Session, case_key: str, step: Step) -> None:
        await session.execute(
            """INSERT INTO case_step
                   (case_key, number, opening, what, value, reason, role, subject, at)
               SELECT %(key)s, 1 + count(*), %(opening)s, %(what)s, %(value)s, %(reason)s,
                      %(role)s, %(subject)s, %(at)s
               FROM case_step WHERE case_key = %(key)s""",
            {
                "key": case_key,
                "opening": step.opening,
                "what": step.what.value,
                "value": step.value,
                "reason": step.reason,
                "role": step.role,
                "subject": step.subject,
                "at": step.at,
            },
        )

    async def steps(self, session: Session, case_key: str, *, limit: int) -> list[Step]:
        rows = await session.fetch(
            """SELECT what, reason, role, subject, at, opening, value FROM case_step
               WHERE case_key = %s ORDER BY number DESC LIMIT %s""",
            (case_key, limit),
        )
        return [Step(What(what), *rest) for what, *rest in reversed(rows)]

    async def find(self, session: Session, wanted: CaseFilter, *, limit: int) -> list[ListedCase]:
        after_at, after_key = wanted.after or (None, None)
        rows = await session.fetch(
            _FIND,
            {
                "state": wanted.state,
                "kinds": None if wanted.kinds is None else [str(kind) for kind in wanted.kinds],
                "school": wanted.school,
                "begins": wanted.school_begins,
                "after_at": after_at,
                "after_key": after_key,
                "limit": limit,
            },
        )
        return [_listed(row) for row in rows]

    async def case(self, session: Session, case_key: str) -> ListedCase | None:
        row = await session.fetch_one(f"{_LISTED} WHERE c.case_key = %s", (case_key,))
        return None if row is None else _listed(row)


def row_of(case: Case) -> dict[str, Any]:
    """By column."""
    return {
        "case_key": case.case_key,
        "kind": case.kind,
        "school": case.school,
        "state": case.state,
        "opening": case.opening,
        "raised_by": case.raised_by,
        "raised_at": case.raised_at,
        "resolved_at": case.resolved_at,
        "facts": dict(case.facts),
        "assigned_to": case.assigned_to,
        "version": case.version,
    }


def case_of(row: Sequence[Any]) -> Case:
    """From the columns of ``CASE``."""
    (
        case_key, kind, school, state, opening, raised_by, raised_at, resolved_at, facts,
        assigned_to, version,
    ) = row  # fmt: skip
    return Case(
        case_key=case_key,
        kind=CaseKind(kind),
        school=school,
        state=CaseState(state),
        opening=opening,
        raised_by=raised_by,
        raised_at=raised_at,
        resolved_at=resolved_at,
        facts=facts,
        assigned_to=assigned_to,
        version=version,
    )


def _listed(row: Sequence[Any]) -> ListedCase:
    message_id, state, *rest = row[CASE_COLUMNS:]
    mail = None if message_id is None else MailStatus(message_id, MailState(state), *rest)
    return ListedCase(case_of(row[:CASE_COLUMNS]), mail)
