"""Mails and digests in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from hwb_notifier.adapters.postgres import CASE, case_of, row_of
from hwb_notifier.application.mail_ports import DueMail, Letter, NewMail
from hwb_notifier.domain.case import Case
from hwb_notifier.domain.message import digest_message_id
from hwb_notifier.domain.pace import Awake
from hwb_notifier.domain.recipients import SERVICE_DESK
from hwb_runtime.database import Session, as_json
from hwb_schemas.words import CaseKind

_MAIL = """mail_id, message_id, first_message_id, case_key, kind, school, facts, raised_at,
    failures, addressee, undelivered_to"""
_IS_AWAKE = "(%(awake)s = 'all' OR (%(awake)s = 'service_desk' AND addressee = 'service_desk'))"

_WITHOUT_MAIL = f"""
SELECT {CASE} FROM service_case c
WHERE NOT EXISTS (SELECT FROM mail m WHERE m.case_key = c.case_key AND m.opening = c.opening)
ORDER BY c.case_key
"""  # noqa: S608 - put together from constants

_ADD_MAILS = """
INSERT INTO mail (case_key, opening, message_id, first_message_id, kind, school, facts, raised_at,
                  addressee)
SELECT case_key, opening, message_id, first_message_id, kind, school, facts, raised_at, addressee
FROM jsonb_to_recordset(%s) AS row (
    case_key text, opening integer, message_id text, first_message_id text, kind text,
    school text, facts jsonb, raised_at timestamptz, addressee text
)
ON CONFLICT (case_key, opening) DO NOTHING
"""

_CLAIM = f"""
SELECT {_MAIL} FROM mail
WHERE state = 'due' AND not_before <= clock_timestamp() AND {_IS_AWAKE}
ORDER BY not_before, mail_id
LIMIT 1
FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - put together from constants

_CLAIM_DIGEST = f"""
SELECT digest_id, message_id, addressee, failures FROM digest
WHERE state = 'due' AND not_before <= clock_timestamp() AND {_IS_AWAKE}
ORDER BY not_before, digest_id
LIMIT 1
FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - put together from constants

_WAITING = f"""
SELECT {_MAIL} FROM mail
WHERE state = 'due' AND not_before <= clock_timestamp() AND addressee = %s
ORDER BY mail_id
LIMIT %s
FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - put together from constants

_TAKEN = """
SELECT (SELECT count(*) FROM mail WHERE addressee = %(addressee)s AND digest_id IS NULL
            AND taken_at > clock_timestamp() - make_interval(secs => %(within)s))
     + (SELECT count(*) FROM digest WHERE addressee = %(addressee)s
            AND (state = 'due' OR taken_at > clock_timestamp() - make_interval(secs => %(within)s)))
"""

_POSTPONE = """
UPDATE mail SET not_before = coalesce(
    (SELECT min(taken_at) FROM (
        SELECT taken_at FROM mail WHERE addressee = %(addressee)s AND digest_id IS NULL
        UNION ALL SELECT taken_at FROM digest WHERE addressee = %(addressee)s) t
     WHERE taken_at > clock_timestamp() - make_interval(secs => %(hour)s)),
    clock_timestamp()) + make_interval(secs => %(hour)s)
WHERE state = 'due' AND not_before <= clock_timestamp() AND addressee = %(addressee)s
"""

_UNDELIVERABLE = f"""
UPDATE mail SET
    state = CASE WHEN addressee = '{SERVICE_DESK}' THEN 'parked' ELSE 'due' END,
    undelivered_to = CASE WHEN addressee = '{SERVICE_DESK}' THEN undelivered_to ELSE addressee END,
    failures = CASE WHEN addressee = '{SERVICE_DESK}' THEN failures + 1 ELSE 0 END,
    addressee = '{SERVICE_DESK}', reason = %s, digest_id = NULL, sent_at = NULL,
    taken_at = NULL, not_before = clock_timestamp()
WHERE mail_id = ANY (%s)
"""  # noqa: S608 - put together from constants


class PostgresMailRows:
    """The MailRows of the application."""

    async def add_mails(self, session: Session, mails: Sequence[NewMail]) -> None:
        if mails:
            rows = [
                {
                    **row_of(mail.case),
                    "message_id": mail.message_id,
                    "first_message_id": mail.first_message_id,
                    "addressee": mail.addressee,
                }
                for mail in mails
            ]
            await session.execute(_ADD_MAILS, (as_json(rows),))

    async def claim_mail(self, session: Session, awake: Awake) -> DueMail | None:
        row = await session.fetch_one(_CLAIM, {"awake": awake.value})
        return None if row is None else _mail(row)

    async def claim_digest(self, session: Session, awake: Awake) -> Letter | None:
        row = await session.fetch_one(_CLAIM_DIGEST, {"awake": awake.value})
        if row is None:
            return None
        digest_id, message_id, addressee, failures = row
        rows = await session.fetch(
            f"SELECT {_MAIL} FROM mail WHERE digest_id = %s ORDER BY mail_id",  # noqa: S608
            (digest_id,),
        )
        return Letter(message_id, addressee, [_mail(one) for one in rows], failures, digest_id)

    async def taken(self, session: Session, addressee: str, *, within: float) -> int:
        row = await session.fetch_one(_TAKEN, {"addressee": addressee, "within": within})
        return int(row[0]) if row else 0

    async def waiting(self, session: Session, addressee: str, *, limit: int) -> list[DueMail]:
        return [_mail(row) for row in await session.fetch(_WAITING, (addressee, limit))]

    async def gather(
        self, session: Session, addressee: str, mails: Sequence[DueMail], *, domain: str
    ) -> int:
        row = await session.fetch_one(
            "SELECT 1 + count(*) FROM digest WHERE addressee = %s", (addressee,)
        )
        number = int(row[0]) if row else 1
        made = await session.fetch_one(
            "INSERT INTO digest (addressee, number, message_id) VALUES (%s, %s, %s)"
            " RETURNING digest_id",
            (addressee, number, digest_message_id(addressee, number, domain=domain)),
        )
        digest_id = int(made[0]) if made else 0
        await session.execute(
            "UPDATE mail SET state = 'gathered', digest_id = %s WHERE mail_id = ANY (%s)",
            (digest_id, [mail.mail_id for mail in mails]),
        )
        return digest_id

    async def postpone(self, session: Session, addressee: str, *, hour: float) -> None:
        await session.execute(_POSTPONE, {"addressee": addressee, "hour": hour})

    async def mark_sent(self, session: Session, letter: Letter, *, at: datetime) -> None:
        await session.execute(
            "UPDATE mail SET state = 'sent', sent_at = %s, taken_at = clock_timestamp(),"
            " reason = NULL WHERE mail_id = ANY (%s)",
            (at, letter.mail_ids),
        )
        await session.execute(
            "UPDATE digest SET state = 'sent', taken_at = clock_timestamp(), reason = NULL"
            " WHERE digest_id = %s",
            (letter.digest_id,),
        )

    async def mark_failed(
        self, session: Session, letter: Letter, *, reason: str, wait: float
    ) -> None:
        table, key = ("mail", letter.mail_ids[0])
        if letter.digest_id is not None:
            table, key = ("digest", letter.digest_id)
        await session.execute(
            f"UPDATE {table} SET failures = failures + 1, reason = %s,"  # noqa: S608 - constants
            f" not_before = clock_timestamp() + make_interval(secs => %s) WHERE {table}_id = %s",
            (reason, wait, key),
        )

    async def mark_parked(self, session: Session, letter: Letter, *, reason: str) -> None:
        await session.execute(
            "UPDATE mail SET state = 'parked', failures = failures + 1, reason = %s,"
            " digest_id = NULL WHERE mail_id = ANY (%s)",
            (reason, letter.mail_ids),
        )
        await self.dissolve(session, letter.digest_id)

    async def mark_undeliverable(
        self, session: Session, mail_ids: Collection[int], *, reason: str
    ) -> None:
        await session.execute(_UNDELIVERABLE, (reason, list(mail_ids)))

    async def dissolve(self, session: Session, digest_id: int | None) -> None:
        await session.execute(
            "UPDATE digest SET state = 'dissolved' WHERE digest_id = %s", (digest_id,)
        )

    async def sent_as(self, session: Session, message_id: str) -> list[int] | None:
        known = await session.fetch_one(
            """SELECT FROM mail WHERE message_id = %(id)s AND digest_id IS NULL
                   AND (state = 'sent' OR undelivered_to IS NOT NULL OR state = 'parked')
               UNION ALL SELECT FROM digest WHERE message_id = %(id)s AND taken_at IS NOT NULL
               LIMIT 1""",
            {"id": message_id},
        )
        if known is None:
            return None
        rows = await session.fetch(
            """SELECT mail_id FROM mail
               WHERE state = 'sent' AND undelivered_to IS NULL
                 AND ((digest_id IS NULL AND message_id = %(id)s)
                      OR digest_id = (SELECT digest_id FROM digest WHERE message_id = %(id)s))
               ORDER BY mail_id FOR UPDATE""",
            {"id": message_id},
        )
        return [mail_id for (mail_id,) in rows]

    async def mails_due_longer_than(
        self, session: Session, seconds: float, awake: Awake
    ) -> list[tuple[str, str | None]]:
        rows = await session.fetch(
            f"""SELECT m.case_key, coalesce(d.reason, m.reason)
                FROM (SELECT * FROM mail WHERE state IN ('due', 'gathered') AND {_IS_AWAKE}) m
                LEFT JOIN digest d ON d.digest_id = m.digest_id
                WHERE m.made_at < clock_timestamp() - make_interval(secs => %(seconds)s)
                  AND (coalesce(d.failures, m.failures) > 0 OR coalesce(d.not_before, m.not_before)
                       < clock_timestamp() - make_interval(secs => %(seconds)s))
                ORDER BY m.mail_id""",  # noqa: S608 - put together from constants
            {"seconds": seconds, "awake": awake.value},
        )
        return [(case_key, reason) for case_key, reason in rows]

    async def parked_mails(self, session: Session) -> list[tuple[int, str, str]]:
        rows = await session.fetch(
            "SELECT mail_id, case_key, reason FROM mail WHERE state = 'parked' ORDER BY mail_id"
        )
        return [(mail_id, case_key, reason) for mail_id, case_key, reason in rows]

    async def cases_without_mail(self, session: Session) -> list[Case]:
        return [case_of(row) for row in await session.fetch(_WITHOUT_MAIL)]

    async def make_due(self, session: Session, mail_ids: Collection[int]) -> None:
        await session.execute(
            "UPDATE mail SET state = 'due', failures = 0, not_before = clock_timestamp()"
            " WHERE mail_id = ANY (%s) AND state = 'parked'",
            (list(mail_ids),),
        )


def _mail(row: Sequence[Any]) -> DueMail:
    (
        mail_id, message_id, first_message_id, case_key, kind, school, facts, raised_at, failures,
        addressee, undelivered_to,
    ) = row  # fmt: skip
    return DueMail(
        mail_id=mail_id,
        message_id=message_id,
        first_message_id=first_message_id,
        case_key=case_key,
        kind=CaseKind(kind),
        school=school,
        facts=facts,
        raised_at=raised_at,
        failures=failures,
        addressee=addressee,
        undelivered_to=undelivered_to,
    )
