"""Which cases follow from what is so, in PostgreSQL."""

from collections.abc import Sequence
from datetime import date

from hwb_identity.adapters.announced import ANNOUNCED
from hwb_runtime.database import Row, Session
from hwb_runtime.notices import Notice
from hwb_schemas.words import CaseKind


class NoticeStore:
    """Notices of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def deletions_announced(self) -> Sequence[Notice]:
        """One for each school and day, and another for accounts that were closed."""
        rows = await self._session.fetch(
            f"""{ANNOUNCED} SELECT school, deletes_on, count(*), is_closed FROM announced
               GROUP BY school, deletes_on, is_closed ORDER BY school, deletes_on, is_closed"""  # noqa: S608 - a constant
        )
        kinds = (CaseKind.ACCOUNTS_TO_BE_DELETED, CaseKind.CLOSED_ACCOUNTS_TO_BE_DELETED)
        return [_notice(kinds[row[3]], row[:3], "deletes_on") for row in rows]

    async def ending(self, today: date, until: date) -> Sequence[Notice]:
        """One for each school and day on which accounts made by hand end, up to a day."""
        rows = await self._session.fetch(
            """SELECT p.home_school, m.ends_on, count(*)
               FROM manual_account m JOIN person p USING (account_id)
               WHERE p.status = 'active' AND m.ends_on > %s AND m.ends_on <= %s
               GROUP BY p.home_school, m.ends_on ORDER BY p.home_school, m.ends_on""",
            (today, until),
        )
        return [_notice(CaseKind.NON_MIS_ACCOUNT_EXPIRING, row, "ends_on") for row in rows]

    async def not_reviewed(self, since: date, year: str) -> Sequence[Notice]:
        """One for each school with active accounts that nobody has looked at since a day."""
        rows = await self._session.fetch(
            """SELECT p.home_school, count(*)
               FROM manual_account m JOIN person p USING (account_id)
               WHERE p.status = 'active' AND (m.reviewed_at IS NULL
                   OR (m.reviewed_at AT TIME ZONE 'Europe/London')::date < %s)
               GROUP BY p.home_school ORDER BY p.home_school""",
            (since,),
        )
        kind = CaseKind.NON_MIS_REVIEW_UNFINISHED
        return [
            Notice(
                f"identity/{kind.value}/{school}/{year}",
                kind,
                school,
                {"school": school, "accounts": str(count)},
            )
            for school, count in rows
        ]


def _notice(kind: CaseKind, row: Row, day: str) -> Notice:
    """A notice to a school; to the Service Desk where no school is known any more."""
    school, on, count = row
    facts = {day: on.isoformat(), "accounts": str(count)}
    if school is not None:
        facts["school"] = school
    return Notice(f"identity/{kind.value}/{school or ''}/{on.isoformat()}", kind, school, facts)
