"""People in PostgreSQL, taken and put back a slice at a time: a few statements for 1,000 persons.

A row is locked before it is read, in the order of keys, by everything that changes a person.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from hwb_identity.adapters.copy_lines import array_literal, field, json_field
from hwb_identity.adapters.rows import COLUMNS, SELECTED, line_of, link_line, person_of
from hwb_identity.application.ports import KeptBack, NameLane, RememberedChange
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Person
from hwb_runtime.database import Row, Session
from hwb_schemas.calendar import RolloverCalendar

_PERSONS = f"SELECT {SELECTED} FROM person"  # noqa: S608 - columns are ours
_READ = f"{_PERSONS} WHERE key = ANY(%s::text[]) ORDER BY key"
_LOCK = f"{_READ} FOR UPDATE"
_UPDATED = COLUMNS[1:]
_INCOMING = """CREATE TEMP TABLE IF NOT EXISTS incoming_person
    (LIKE person INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"""
_UPDATE = f"""UPDATE person SET {", ".join(f"{column} = i.{column}" for column in _UPDATED)}
    FROM incoming_person i WHERE person.key = i.key"""  # noqa: S608 - columns are ours
_TAKE_NAMES = """INSERT INTO sign_in_stem AS s (stem, lane, taken)
    SELECT * FROM unnest(%s::text[], %s::int[], %s::int[]) AS w (stem, lane, wanted)
    ON CONFLICT (stem, lane) DO UPDATE SET taken = s.taken + excluded.taken
    RETURNING stem, lane, taken"""
LANES = 16
_HISTORY = ("account_id", "version", "changed_at", "change", "cause", "account")


class PeopleStore:
    """Persons of one transaction."""

    def __init__(
        self,
        session: Session,
        *,
        calendar: RolloverCalendar,
        today: date,
        new_account_id: Callable[[], str],
    ) -> None:
        self._session = session
        self._calendar = calendar
        self._today = today
        self._new_account_id = new_account_id

    async def lock(self, keys: Iterable[str]) -> People:
        """Lock and read the persons of these keys, links followed."""
        return await self._of_keys(_LOCK, keys)

    async def read(self, keys: Iterable[str]) -> People:
        """The same without a lock: for what is never written."""
        return await self._of_keys(_READ, keys)

    async def _of_keys(self, sql: str, keys: Iterable[str]) -> People:
        wanted, links, found = sorted(keys), {}, []
        while wanted:
            rows = await self._session.fetch(sql, (array_literal(wanted),))
            found += [row for row in rows if row[1] is None]
            new_links = {row[0]: row[1] for row in rows if row[1] is not None}
            links.update(new_links)
            wanted = sorted(set(new_links.values()) - {row[0] for row in found})
        return self._people(found, links)

    async def lock_due(self, *, limit: int) -> People:
        """Lock and read persons for whom a day has come."""
        sql = f"{_PERSONS} WHERE next_due <= %s ORDER BY key LIMIT %s FOR UPDATE"
        return self._people(await self._session.fetch(sql, (self._today, limit)), {})

    async def lock_after(self, key: str, *, limit: int) -> People:
        """Lock and read the next persons in the order of keys."""
        sql = f"{_PERSONS} WHERE key > %s AND held_by IS NULL ORDER BY key LIMIT %s FOR UPDATE"
        return self._people(await self._session.fetch(sql, (key, limit)), {})

    def _people(self, rows: Sequence[Row], links: Mapping[str, str]) -> People:
        persons = [person_of(row) for row in rows]
        holders = {key: person.key for person in persons for key in person.keys}
        holders.update(links)
        return People(
            persons,
            holders,
            calendar=self._calendar,
            today=self._today,
            new_account_id=self._new_account_id,
        )

    async def take_names(self, wanted: Mapping[NameLane, int]) -> dict[NameLane, range]:
        """For each stem and lane so many numbers that nobody has; lanes share no number."""
        lanes = sorted(wanted)
        rows = await self._session.fetch(
            _TAKE_NAMES,
            (
                [stem for stem, _ in lanes],
                [lane for _, lane in lanes],
                [wanted[one] for one in lanes],
            ),
        )
        return {
            (stem, lane): range(
                (taken - wanted[stem, lane]) * LANES + lane + 1, taken * LANES + lane + 1, LANES
            )
            for stem, lane, taken in rows
        }

    async def save(self, people: People, changed_at: datetime) -> None:
        """Write what differs from what was locked."""
        for old, name in people.renamed.items():
            await self._session.execute("UPDATE person SET key = %s WHERE key = %s", (name, old))
        stored = people.stored
        there = {*stored, *people.stored_holders} - set(people.renamed)
        there.update(people.renamed.values())
        at = changed_at.isoformat()
        new = [line_of(one, at) for key, one in people.now.items() if key not in there]
        changed = [
            line_of(one, at)
            for key, one in people.now.items()
            if key in there and stored.get(key) is not one and stored.get(key) != one
        ]
        for key, holder in _new_links(people).items():
            link = link_line(key, holder, people.now[holder].role, at)
            (changed if key in there else new).append(link)
        if new:
            await self._copy("person", COLUMNS, new)
        if changed:
            await self._session.execute(_INCOMING)
            await self._copy("incoming_person", COLUMNS, changed)
            await self._session.execute(_UPDATE)

    async def _copy(self, table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
        block = "\n".join(lines) + "\n"
        await self._session.copy_text(table, columns, [block.encode()])

    async def accounts(
        self, account_ids: Sequence[str] | None = None
    ) -> AsyncIterator[Sequence[Person]]:
        """Who has these accounts, or any at all: some thousand at once, not locked."""
        whose = None if account_ids is None else array_literal(account_ids)
        where = "account_id IS NOT NULL" if whose is None else "account_id = ANY(%s::uuid[])"
        params = () if whose is None else (whose,)
        async for rows in self._session.stream(f"{_PERSONS} WHERE {where}", params):
            yield [person_of(row) for row in rows]

    async def last_changes(self, account_ids: Sequence[str]) -> Mapping[str, tuple[str, datetime]]:
        """The last change of each account and its instant."""
        rows = await self._session.fetch(
            """SELECT DISTINCT ON (account_id) account_id::text, change, changed_at
               FROM account_history WHERE account_id = ANY(%s::uuid[])
               ORDER BY account_id, version DESC""",
            (array_literal(account_ids),),
        )
        return {account_id: (change, changed_at) for account_id, change, changed_at in rows}

    async def key_of_account(self, account_id: str) -> str | None:
        """The key of the row that holds this account."""
        row = await self._session.fetch_one(
            "SELECT key FROM person WHERE account_id = %s", (account_id,)
        )
        return row[0] if row else None

    async def calendar(self) -> str | None:
        """The digest of the calendar by which every person was last evaluated."""
        row = await self._session.fetch_one("SELECT digest FROM calendar_followed")
        return row[0] if row else None

    async def keep_calendar(self, digest: str) -> None:
        """Keep that digest."""
        await self._session.execute(
            """INSERT INTO calendar_followed (digest) VALUES (%s)
               ON CONFLICT (one) DO UPDATE SET digest = excluded.digest""",
            (digest,),
        )

    async def remember(self, changes: Sequence[RememberedChange]) -> None:
        """Append to the accounts' history."""
        if not changes:
            return
        lines = [
            f"{one.account_id}\t{one.version}\t{one.changed_at}\t{one.change}\t"
            f"{field(one.cause)}\t{json_field(one.account)}"
            for one in changes
        ]
        await self._copy("account_history", _HISTORY, lines)
        # Few changes are people's: their columns are no part of the line that every change has.
        for one in changes:
            if one.decided is not None:
                await self._session.execute(
                    """UPDATE account_history SET decided_by = %s, reason = %s
                       WHERE account_id = %s AND version = %s""",
                    (*one.decided, one.account_id, one.version),
                )

    async def keep_back(self, rows: Sequence[KeptBack]) -> dict[tuple[str, str], int]:
        """Remember rows that were rejected or held, for diagnosis; the last of each is kept."""
        newest = {(row.key, row.school): row for row in rows}
        known = await self._session.fetch(
            """WITH given AS (
                   SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::text[])
                       AS g (key, school, state, run_seq, reasons)),
               kept AS (
                   INSERT INTO kept_back AS k (key, school, state, run_seq, reasons)
                   SELECT * FROM given
                   ON CONFLICT (key, school) DO UPDATE
                   SET state = excluded.state, run_seq = excluded.run_seq,
                       reasons = excluded.reasons
                   WHERE k.run_seq < excluded.run_seq)
               SELECT k.key, k.school, k.run_seq FROM kept_back k JOIN given USING (key, school)""",
            [list(column) for column in zip(*newest.values(), strict=True)],
        )
        return {(key, school): run_seq for key, school, run_seq in known}

    async def hide_passwords(self, account_ids: Sequence[str]) -> None:
        """Let these accounts' passwords be shown no more; they still open the accounts."""
        await self._session.execute(
            "UPDATE password SET sealed = NULL WHERE account_id = ANY(%s::uuid[])",
            (array_literal(account_ids),),
        )


def _new_links(people: People) -> dict[str, str]:
    """Keys whose person another row holds since now, and that row."""
    before = people.stored_holders
    return {
        key: holder
        for key, holder in people.holders.items()
        if key != holder and before.get(key) != holder and holder in people.now
    }
