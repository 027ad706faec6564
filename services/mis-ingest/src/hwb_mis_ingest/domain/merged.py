"""Makes a whole snapshot of an upload that says only what is new, with what was last published.

A delta, a file that is absent, a CTF: what they do not say is as it was. So the same rules judge
them, and nobody is missing who was merely not mentioned.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from hwb_mis_ingest.domain.difference import Published, Word
from hwb_mis_ingest.domain.rows import CARRIED_LINE, COLUMNS, Mode, Place, Row, Table, UploadFiles
from hwb_schemas.words import RecordKind, RecordState

DELETED = "tobedeleted"
_THERE = frozenset({RecordState.ON_ROLL, RecordState.LEFT})
_UNSAID = frozenset({RecordState.MISSING, RecordState.WITHDRAWN})
_ROLES = {RecordKind.LEARNER: "student", RecordKind.STAFF: "teacher"}
_USERS = {name: number for number, name in enumerate(COLUMNS[Table.USERS])}


@dataclass(frozen=True, slots=True)
class LastClass:
    """A current class as it was last published."""

    class_key: str
    local_id: str
    academic_year: str
    class_code: str
    title: str
    year_group: str | None


def last_class(class_key: str, local_id: str, body: Mapping[str, object]) -> LastClass:
    """The class whose published body this is."""
    year_group = body.get("year_group")
    return LastClass(
        class_key,
        local_id,
        str(body["academic_year"]),
        str(body["class_code"]),
        str(body["title"]),
        None if year_group is None else str(year_group),
    )


@dataclass(frozen=True, slots=True)
class LastSaid:
    """Everything that a school last said."""

    people: Sequence[Published]
    classes: Sequence[LastClass]


def is_whole(files: UploadFiles) -> bool:
    """Whether every table of the upload is in bulk."""
    return all(files.mode(table) is Mode.BULK for table in Table)


def without_the_unsaid(words: Sequence[Word], files: UploadFiles) -> list[Word]:
    """The words without those that only a whole list of people could mean."""
    if files.mode(Table.USERS) is Mode.BULK:
        return list(words)
    return [word for word in words if word.stated is not None or word.state not in _UNSAID]


class MergedFiles:
    """An upload's rows with those that it does not repeat; its own lines keep their numbers."""

    def __init__(self, files: UploadFiles, said: LastSaid) -> None:
        self._files = files
        self._said = [one for one in said.people if one.state in _THERE]
        self._by_code = {one.code: one for one in self._said}
        self._by_local_id = {one.local_id: one for one in self._said}
        self._users = list(self._read_users())
        self._user_ids = {row.values[0] if row.values else row.local_id for row in self._users}
        self._codes = {
            row.values[_USERS["identifier"]]: row.values[0] for row in self._users if row.values
        }
        former = _USERS["metadata.formerUpn"]
        self._replaced = {row.values[former] for row in self._users if row.values}
        class_rows = list(self._rows_that_stay(Table.CLASSES))
        self._class_rows = class_rows
        named = self._ids(Table.CLASSES)
        self._carried_classes = [
            one
            for one in said.classes
            if files.mode(Table.CLASSES) is not Mode.BULK and one.local_id not in named
        ]
        staying = {row.values[0] if row.values else row.local_id for row in class_rows}
        staying |= {one.local_id for one in self._carried_classes}
        self._class_ids = {
            one.class_key: one.local_id for one in said.classes if one.local_id in staying
        }

    def mode(self, table: Table) -> Mode:  # noqa: ARG002 - merging makes every table whole
        return Mode.BULK

    def place(self, table: Table, line: int, column: str) -> Place:
        return self._files.place(table, line, column)

    def rows(self, table: Table) -> Iterator[Row]:
        """The upload's rows, then those that are as they were."""
        match table:
            case Table.USERS:
                yield from self._users
                if self._files.mode(table) is not Mode.BULK:
                    yield from self._carried_users()
            case Table.DEMOGRAPHICS:
                birth_dates = list(self._birth_dates())
                yield from birth_dates
                if self._files.mode(table) is not Mode.BULK:
                    named = {row.values[0] if row.values else row.local_id for row in birth_dates}
                    yield from self._carried_birth_dates(named)
            case Table.CLASSES:
                yield from self._class_rows
                yield from self._carried_class_rows()
            case Table.ACADEMIC_SESSIONS:
                yield from self._files.rows(table)
                yield from self._carried_years()
            case Table.ENROLLMENTS:
                yield from self._rows_that_stay(table)
                if self._files.mode(table) is not Mode.BULK:
                    yield from self._carried_enrolments()
            case Table.ORGS:
                yield from self._files.rows(table)

    def _rows_that_stay(self, table: Table) -> Iterator[Row]:
        """In a delta, a class or enrolment that is marked as deleted is no longer there."""
        for row in self._files.rows(table):
            if self._files.mode(table) is Mode.DELTA and row.values and row.values[1] == DELETED:
                continue
            yield row

    def _ids(self, table: Table) -> set[str]:
        return {row.values[0] if row.values else row.local_id for row in self._files.rows(table)}

    def _read_users(self) -> Iterator[Row]:
        mode = self._files.mode(Table.USERS)
        for row in self._files.rows(Table.USERS):
            if row.values is None:
                yield row
            elif mode is Mode.PARTIAL:
                yield row._replace(values=self._filled(row.values))
            elif mode is Mode.DELTA and not row.values[_USERS["role"]]:
                yield row._replace(values=self._with_role(row.values))
            else:
                yield row

    def _filled(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """A row whose blanks mean "as before", with what was published under its UPN."""
        before = self._by_code.get(values[_USERS["identifier"]])
        former = values[_USERS["metadata.formerUpn"]]
        before = before or self._by_code.get(former)
        if before is None:
            return values
        last = _values_of(before)
        filled = [new or old for new, old in zip(values, last, strict=True)]
        filled[0] = last[0]
        if not former:
            filled[_USERS["metadata.formerUpn"]] = last[_USERS["metadata.formerUpn"]]
        return tuple(filled)

    def _with_role(self, values: tuple[str, ...]) -> tuple[str, ...]:
        before = self._by_local_id.get(values[0])
        if before is None:
            return values
        at = _USERS["role"]
        return (*values[:at], _ROLES[before.kind], *values[at + 1 :])

    def _carried_users(self) -> Iterator[Row]:
        for one in self._said:
            is_named = one.code in self._codes or one.code in self._replaced
            if not is_named and one.local_id not in self._user_ids:
                yield Row(CARRIED_LINE, _values_of(one))

    def _birth_dates(self) -> Iterator[Row]:
        """Where rows are known by their UPN, under the id that was published with it."""
        is_partial = self._files.mode(Table.DEMOGRAPHICS) is Mode.PARTIAL
        for row in self._files.rows(Table.DEMOGRAPHICS):
            if is_partial and row.values:
                local_id = self._codes.get(row.values[0], row.values[0])
                yield row._replace(values=(local_id, *row.values[1:]))
            else:
                yield row

    def _carried_birth_dates(self, named: AbstractSet[str]) -> Iterator[Row]:
        for one in self._said:
            local_id = self._codes.get(one.code, one.local_id)
            birth_date = one.record.get("birth_date")
            if birth_date and local_id not in named:
                yield Row(CARRIED_LINE, (local_id, "", str(birth_date)))

    def _carried_class_rows(self) -> Iterator[Row]:
        for one in self._carried_classes:
            session = _session(one.academic_year)
            grades = one.year_group or ""
            yield Row(
                CARRIED_LINE,
                (one.local_id, "", one.title, grades, one.class_code, "", session),
            )

    def _carried_years(self) -> Iterator[Row]:
        for year in sorted({one.academic_year for one in self._carried_classes}):
            ends_in = str(int(year[:4]) + 1)
            yield Row(CARRIED_LINE, (_session(year), "schoolYear", ends_in, ""))

    def _carried_enrolments(self) -> Iterator[Row]:
        ended = {
            (row.values[2], row.values[4])
            for row in self._files.rows(Table.ENROLLMENTS)
            if row.values and row.values[1] == DELETED
        }
        everyone = self._files.mode(Table.USERS) is not Mode.BULK
        for one in self._said:
            user = self._codes.get(one.code, one.local_id)
            if not everyone and user not in self._user_ids:
                continue
            keys = one.record.get("classes")
            for key in keys if isinstance(keys, list) else []:
                class_id = self._class_ids.get(key)
                if class_id is not None and (class_id, user) not in ended:
                    role = _ROLES[one.kind]
                    yield Row(CARRIED_LINE, ("-", "", class_id, "", user, role))


def _values_of(one: Published) -> tuple[str, ...]:
    """The row of users that gives this very record again."""
    record: Mapping[str, object] = one.record
    former = None if one.derived_former_upn else record.get("former_upn")
    values = (
        one.local_id,
        "",
        "",
        _ROLES[one.kind],
        record.get("forename"),
        record.get("surname"),
        one.code,
        record.get("year_group"),
        record.get("admission_number"),
        record.get("admission_date"),
        record.get("start_date"),
        record.get("leaving_date"),
        record.get("enrolment_status"),
        former,
    )
    return tuple(["" if value is None else str(value) for value in values])


def _session(academic_year: str) -> str:
    return f"as published: {academic_year}"
