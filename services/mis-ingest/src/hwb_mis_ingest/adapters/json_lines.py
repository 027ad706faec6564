"""Reads the same data as JSON lines: one object a line, an end line that shows truncation."""

from collections.abc import Iterator

import orjson

from hwb_mis_ingest.adapters.limits import LOOK_AT_THE_CLOCK_EVERY, Limits
from hwb_mis_ingest.domain.rows import COLUMNS, Mode, Place, Row, Table
from hwb_mis_ingest.errors import (
    header_only,
    malformed,
    not_a_snapshot,
    too_large,
    truncated,
    unknown_value,
)

FILE = "jsonl"
VERSION = "1.1"
NEED_ROWS = (Table.USERS, Table.CLASSES, Table.ENROLLMENTS, Table.ACADEMIC_SESSIONS)
_EVERY = "sourcedId status dateLastModified"
_SESSIONS = "title startDate endDate parentSourcedId schoolYear"
_ORGS = "name identifier parentSourcedId"
KNOWN_KEYS: dict[str, tuple[Table | None, frozenset[str]]] = {
    kind: (table, frozenset(f"type {_EVERY} {keys}".split()))
    for kind, table, keys in (
        ("org", Table.ORGS, _ORGS),
        ("school", Table.ORGS, _ORGS),
        ("academicSession", Table.ACADEMIC_SESSIONS, _SESSIONS),
        ("schoolYear", Table.ACADEMIC_SESSIONS, _SESSIONS),
        ("semester", Table.ACADEMIC_SESSIONS, _SESSIONS),
        ("term", Table.ACADEMIC_SESSIONS, _SESSIONS),
        ("gradingPeriod", Table.ACADEMIC_SESSIONS, _SESSIONS),
        (
            "user",
            Table.USERS,
            (
                "enabledUser orgSourcedIds role username userIds givenName familyName middleName"
                " identifier email sms phone agentSourcedIds grades password"
                " metadata.admissionNumber metadata.admissionDate metadata.startDate"
                " metadata.leavingDate metadata.enrolmentStatus metadata.formerUpn"
            ),
        ),
        (
            "class",
            Table.CLASSES,
            (
                "title grades courseSourcedId classCode classType location schoolSourcedId"
                " termSourcedIds subjects subjectCodes periods"
            ),
        ),
        (
            "enrollment",
            Table.ENROLLMENTS,
            "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
        ),
        (
            "demographics",
            Table.DEMOGRAPHICS,
            (
                "birthDate sex americanIndianOrAlaskaNative asian blackOrAfricanAmerican"
                " nativeHawaiianOrOtherPacificIslander white demographicRaceTwoOrMoreRaces"
                " hispanicOrLatinoEthnicity countryOfBirthCode stateOfBirthAbbreviation cityOfBirth"
                " publicSchoolResidenceStatus"
            ),
        ),
        (
            "course",
            None,
            "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
        ),
    )
}
"""What a line may be and which keys it may have. OneRoster's orgs and academicSessions have a
``type`` of their own, so its values stand beside ``org`` (which is a school) and
``academicSession``."""


class JsonLines:
    """The rows of a JSON lines upload. Made by ``open_json_lines``."""

    def __init__(self, tables: dict[Table, list[Row]]) -> None:
        self._tables = tables

    format = "oneroster-1.1-jsonl"

    def mode(self, table: Table) -> Mode:  # noqa: ARG002 - it is always whole
        return Mode.BULK

    def place(self, table: Table, line: int, column: str) -> Place:  # noqa: ARG002 - one file
        return Place(FILE, line, column)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of one kind in file order."""
        return iter(self._tables[table])

    def check(self, limits: Limits) -> None:
        """Raises UploadRefusedError where the file has too much, or nothing of what it must."""
        for table in NEED_ROWS:
            if not self._tables[table]:
                raise header_only(f"{FILE} ({table})")
        rows = sum(len(rows) for rows in self._tables.values())
        if rows > limits.rows:
            raise too_large(f"It has {rows} rows; at most {limits.rows} are taken.")


def open_json_lines(data: bytes, limits: Limits) -> JsonLines:
    """The upload in these bytes. Raises UploadRefusedError."""
    if len(data) > limits.unpacked_bytes:
        raise too_large(f"It has {len(data)} bytes; at most {limits.unpacked_bytes} are taken.")
    deadline = limits.deadline()
    lines = data.rstrip(b"\r\n \t").split(b"\n")
    _check_end(lines)
    tables: dict[Table, list[Row]] = {table: [] for table in Table}
    for number, line in enumerate(lines[:-1], start=1):
        if not number % LOOK_AT_THE_CLOCK_EVERY:
            deadline.check()
        if not line.strip():
            continue
        fields = _object(line, number)
        kind = fields.get("type")
        if number == 1:
            _check_manifest(fields)
            continue
        table, known = KNOWN_KEYS.get(kind if isinstance(kind, str) else "", (None, frozenset()))
        if not known:
            raise unknown_value(number, "its type is none of " + ", ".join(sorted(KNOWN_KEYS)))
        if not known >= fields.keys():
            strange = ", ".join(sorted(fields.keys() - known))
            raise unknown_value(number, f"a line of type {kind} has no field {strange[:200]}")
        if table is not None:
            tables[table].append(_row(table, number, fields))
    return JsonLines(tables)


def _check_end(lines: list[bytes]) -> None:
    try:
        end = orjson.loads(lines[-1])
    except orjson.JSONDecodeError:
        end = None
    if not isinstance(end, dict) or end.get("type") != "end":
        raise truncated("The last line must be the end line.")
    if end.get("lines") != len(lines) - 1:
        raise truncated(f"The end line does not agree with the {len(lines) - 1} lines before it.")


def _check_manifest(fields: dict[str, object]) -> None:
    if fields.get("type") != "manifest":
        raise not_a_snapshot("The first line must be the manifest.")
    if fields.get("version") != VERSION:
        raise not_a_snapshot(f"The manifest's version must be {VERSION}.")


def _object(line: bytes, number: int) -> dict[str, object]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise malformed(FILE, number, "this is not JSON") from error
    if not isinstance(value, dict):
        raise malformed(FILE, number, "this is not a JSON object")
    return value


def _row(table: Table, number: int, fields: dict[str, object]) -> Row:
    columns = COLUMNS[table]
    if table is Table.ORGS:
        fields = {**fields, "type": "school"}
    return Row(number, tuple([_text(fields.get(column), number) for column in columns]))


def _text(value: object, number: int) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    raise malformed(FILE, number, "a value is neither text nor a list of texts")
