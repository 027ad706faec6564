"""Accounts as the API lists them: read only, by keyset, never a whole school at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from hwb_identity.adapters.rows import SELECTED, person_of
from hwb_identity.domain.history import PastChange
from hwb_identity.domain.person import Person
from hwb_runtime.database import Row, Session

_ACCOUNT = f"SELECT {SELECTED}, changed_at FROM person WHERE account_id IS NOT NULL"  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which accounts are asked for; None does not narrow. ``authority`` is a three-digit code.

    ``sign_in_name`` is a beginning, ``display_name`` the beginning of any of its words.
    """

    school: str | None = None
    authority: str | None = None
    year_group: str | None = None
    class_key: str | None = None
    role: str | None = None
    status: str | None = None
    sign_in_name: str | None = None
    display_name: str | None = None


class AccountReader:
    """Accounts of one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def accounts(
        self, wanted: Filter, *, after: str | None, limit: int
    ) -> Sequence[tuple[Person, datetime]]:
        """The next accounts by account id, each with the instant of its last change."""
        terms, params = _terms(wanted)
        if after is not None:
            terms.append("account_id > %s")
            params.append(after)
        where = "".join(f" AND {term}" for term in terms)
        rows = await self._session.fetch(
            f"{_ACCOUNT}{where} ORDER BY account_id LIMIT %s", [*params, limit]
        )
        return [_account(row) for row in rows]

    async def account(self, account_id: str) -> tuple[Person, datetime] | None:
        """One account, None where there is none."""
        row = await self._session.fetch_one(f"{_ACCOUNT} AND account_id = %s", (account_id,))
        return _account(row) if row else None

    async def history(
        self, account_id: str, *, until: datetime | None = None
    ) -> Sequence[PastChange]:
        """Every change of an account up to an instant, oldest first."""
        rows = await self._session.fetch(
            """SELECT version, changed_at, change, cause, decided_by, reason, account
               FROM account_history
               WHERE account_id = %s AND (%s::timestamptz IS NULL OR changed_at <= %s)
               ORDER BY version""",
            (account_id, until, until),
        )
        return [PastChange(*row) for row in rows]

    async def pending_at(self, school: str) -> Sequence[tuple[Person, str, date]]:
        """Learners for whom a school waits: the person, the key the school used, since when."""
        rows = await self._session.fetch(
            f"""SELECT {SELECTED} FROM person
                WHERE waiting <> '[]' AND waiting @> jsonb_build_array(jsonb_build_array(%s::text))
                ORDER BY key""",  # noqa: S608 - columns are ours
            (school,),
        )
        found = []
        for person in map(person_of, rows):
            said = max(
                (one for one in person.enrolments if one.school == school),
                key=lambda one: one.run_seq,
            )
            since = next(one.since for one in person.waiting if one.school == school)
            found.append((person, said.key, since))
        return found


def _account(row: Row) -> tuple[Person, datetime]:
    return person_of(row), row[-1]


def _terms(wanted: Filter) -> tuple[list[str], list[Any]]:
    terms: list[str] = []
    params: list[Any] = []
    if wanted.school is not None:
        terms.append(
            "(coalesce(home_school, released_from) = %s"
            " OR (other_schools <> '{}' AND other_schools @> ARRAY[%s]))"
        )
        params += [wanted.school, wanted.school]
    if wanted.authority is not None:
        terms.append("left(coalesce(home_school, released_from), 3) = %s")
        params.append(wanted.authority)
    if wanted.class_key is not None:
        terms.append("%s = ANY(classes)")
        params.append(wanted.class_key)
    if wanted.sign_in_name is not None:
        # Escaped and collated "C", the beginning is found by the index of sign-in names.
        terms.append("sign_in_name LIKE %s")
        params.append(f"{_plain(wanted.sign_in_name.lower())}%")
    if wanted.display_name is not None:
        terms.append("' ' || display_name ILIKE %s")
        params.append(f"% {_plain(wanted.display_name.strip())}%")
    for column, value in (
        ("year_group", wanted.year_group),
        ("role", wanted.role),
        ("status", wanted.status),
    ):
        if value is not None:
            terms.append(f"{column} = %s")
            params.append(value)
    return terms, params


def _plain(text: str) -> str:
    """A text in which LIKE finds nothing but the text."""
    return text.translate(_LIKE)


_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
