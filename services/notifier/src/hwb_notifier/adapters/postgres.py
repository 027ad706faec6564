"""Cases and mails in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from hwb_notifier.application.ports import (
    CaseFilter,
    DueMail,
    ListedCase,
    MailState,
    MailStatus,
)
from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.step import Step, What
from hwb_runtime.database import Session, as_json
from hwb_schemas.words import CaseKind

_CASE = (
    "c.case_key, c.kind, c.school, c.state, c.opening, c.raised_by, c.raised_at, c.resolved_at,"
    " c.facts, c.assigned_to, c.version"
)
_CASE_COLUMNS = 11

_KNOWN = f"""
SELECT {_CASE} FROM service_case c WHERE c.case_key = ANY (%s) ORDER BY c.case_key FOR UPDATE
"""  # noqa: S608 - put together from constants

_WITHOUT_MAIL = f"""
SELECT {_CASE} FROM service_case c
WHERE NOT EXISTS (SELECT FROM mail m WHERE m.case_key = c.case_key AND m.opening = c.opening)
ORDER BY c.case_key
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

_ADD_MAILS = """
INSERT INTO mail (case_key, opening, message_id, first_message_id, kind, school, facts, raised_at)
SELECT case_key, opening, message_id, first_message_id, kind, school, facts, raised_at
FROM jsonb_to_recordset(%s) AS row (
    case_key text, opening integer, message_id text, first_message_id text, kind text,
    school text, facts jsonb, raised_at timestamptz
)
ON CONFLICT (case_key, opening) DO NOTHING
"""

_CLAIM = """
SELECT mail_id, message_id, first_message_id, case_key, kind, school, facts, raised_at, failures
FROM mail
WHERE state = 'due' AND not_before <= clock_timestamp()
ORDER BY not_before, mail_id
LIMIT 1
FOR UPDATE SKIP LOCKED
"""

_LISTED = f"""
SELECT {_CASE}, m.message_id, m.state, m.failures, m.reason, m.sent_at
FROM service_case c LEFT JOIN mail m ON m.case_key = c.case_key AND m.opening = c.opening
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
        return {row[0]: _case(row) for row in rows}

    async def save(self, session: Session, cases: Sequence[Case]) -> None:
        if cases:
            await session.execute(_SAVE, (as_json([_row(case) for case in cases]),))

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

    async def add_mails(self, session: Session, mails: Sequence[tuple[Case, str, str]]) -> None:
        if mails:
            rows = [
                {**_row(case), "message_id": own, "first_message_id": first}
                for case, own, first in mails
            ]
            await session.execute(_ADD_MAILS, (as_json(rows),))

    async def claim_mail(self, session: Session) -> DueMail | None:
        row = await session.fetch_one(_CLAIM)
        if row is None:
            return None
        mail_id, own, first, case_key, kind, school, facts, raised_at, failures = row
        return DueMail(
            mail_id=mail_id,
            message_id=own,
            first_message_id=first,
            case_key=case_key,
            kind=CaseKind(kind),
            school=school,
            facts=facts,
            raised_at=raised_at,
            failures=failures,
        )

    async def mark_sent(self, session: Session, mail_id: int, *, at: datetime) -> None:
        await session.execute(
            "UPDATE mail SET state = 'sent', sent_at = %s, reason = NULL WHERE mail_id = %s",
            (at, mail_id),
        )

    async def mark_failed(
        self, session: Session, mail_id: int, *, reason: str, wait: float
    ) -> None:
        await session.execute(
            "UPDATE mail SET failures = failures + 1, reason = %s,"
            " not_before = clock_timestamp() + make_interval(secs => %s) WHERE mail_id = %s",
            (reason, wait, mail_id),
        )

    async def mark_parked(self, session: Session, mail_id: int, *, reason: str) -> None:
        await session.execute(
            "UPDATE mail SET state = 'parked', failures = failures + 1, reason = %s"
            " WHERE mail_id = %s",
            (reason, mail_id),
        )

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

    async def mails_due_longer_than(
        self, session: Session, seconds: float
    ) -> list[tuple[str, str | None]]:
        rows = await session.fetch(
            "SELECT case_key, reason FROM mail WHERE state = 'due'"
            " AND made_at < clock_timestamp() - make_interval(secs => %s) ORDER BY mail_id",
            (seconds,),
        )
        return [(case_key, reason) for case_key, reason in rows]

    async def parked_mails(self, session: Session) -> list[tuple[int, str, str]]:
        rows = await session.fetch(
            "SELECT mail_id, case_key, reason FROM mail WHERE state = 'parked' ORDER BY mail_id"
        )
        return [(mail_id, case_key, reason) for mail_id, case_key, reason in rows]

    async def cases_without_mail(self, session: Session) -> list[Case]:
        rows = await session.fetch(_WITHOUT_MAIL)
        return [_case(row) for row in rows]

    async def make_due(self, session: Session, mail_ids: Collection[int]) -> None:
        await session.execute(
            "UPDATE mail SET state = 'due', failures = 0, not_before = clock_timestamp()"
            " WHERE mail_id = ANY (%s) AND state = 'parked'",
            (list(mail_ids),),
        )


def _row(case: Case) -> dict[str, Any]:
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


def _case(row: Sequence[Any]) -> Case:
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
    message_id, state, failures, reason, sent_at = row[_CASE_COLUMNS:]
    mail = None
    if message_id is not None:
        mail = MailStatus(message_id, MailState(state), failures, reason, sent_at)
    return ListedCase(_case(row[:_CASE_COLUMNS]), mail)
