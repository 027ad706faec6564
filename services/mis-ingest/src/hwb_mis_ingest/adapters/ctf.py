"""Reads a Common Transfer File pupil by pupil: no tree is built and no entity is expanded.

A CTF is of some learners of its source school and has neither staff nor classes, so what it does
not say stays as it was, and nobody is missing who is not in it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import IO
from xml.parsers import expat

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.mapping import NOWHERE, Mapping
from hwb_mis_ingest.domain.rows import COLUMNS, Mode, Place, Row, Table
from hwb_mis_ingest.errors import (
    entity_declared,
    header_only,
    malformed,
    not_a_format,
    not_utf8,
    too_large,
    truncated,
)

FORMAT = "ctf-xml"
ROOT = "CTfile"
CHUNK_BYTES = 1 << 16
DEEPEST = 30
LONGEST_TEXT = 2000
_SCHOOL_ID = "school"
_FIELDS = {
    "identifier": "UPN",
    "metadata.formerUpn": "FormerUPN",
    "familyName": "Surname",
    "givenName": "Forename",
    "grades": "NCyearActual",
    "metadata.enrolmentStatus": "EnrolStatus",
    "metadata.admissionDate": "EntryDate",
    "metadata.leavingDate": "LeavingDate",
    "metadata.admissionNumber": "AdmissionNumber",
    "birthDate": "DOB",
}
"""The element that holds each column; EntryDate and LeavingDate are those of the source school in
SchoolHistory. No CTF has to have an admission number: it is as last published, or mapped."""


class CtfFile:
    """The learners of a CTF. ``opens`` gives its bytes anew for every reading."""

    format = FORMAT

    def __init__(
        self,
        name: str,
        opens: Callable[[], AbstractContextManager[IO[bytes]]],
        mapping: Mapping,
        limits: Limits,
    ) -> None:
        self._name = name
        self._opens = opens
        self._mapping = mapping
        self._deadline = limits.deadline()
        self._elements = dict(_FIELDS)
        for column, place in (
            ("identifier", mapping.upn),
            ("metadata.formerUpn", mapping.former_upn),
            ("grades", mapping.year_group),
            ("metadata.enrolmentStatus", mapping.enrolment_status),
            ("metadata.admissionNumber", mapping.admission_number),
            ("metadata.admissionDate", mapping.admission_date),
            ("metadata.leavingDate", mapping.leaving_date),
        ):
            if place is not None:
                self._elements[column] = "" if place == NOWHERE else place

    def mode(self, table: Table) -> Mode:
        if table is Table.ORGS:
            return Mode.BULK
        return Mode.PARTIAL if table in {Table.USERS, Table.DEMOGRAPHICS} else Mode.ABSENT

    def place(self, table: Table, line: int, column: str) -> Place:  # noqa: ARG002 - one file
        return Place(self._name, line, self._elements.get(column) or column)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table. Raises UploadRefusedError where it cannot be read to its end."""
        if table is Table.ORGS:
            yield Row(1, (_SCHOOL_ID, "school", self._source_school()))
        elif table is Table.USERS:
            for line, pupil in self._pupils():
                yield Row(line, self._user(pupil))
        elif table is Table.DEMOGRAPHICS:
            for line, pupil in self._pupils():
                birth_date = self._mapping.date(self._value(pupil, "birthDate"))
                if birth_date:
                    yield Row(line, (self._value(pupil, "identifier"), "", birth_date))

    def check(self, limits: Limits) -> None:
        """Read it once to its end."""
        found = sum(1 for _ in self._pupils())
        if not found:
            raise header_only(self._name)
        if found > limits.rows:
            raise too_large(f"It has {found} learners; at most {limits.rows} are taken.")

    def _user(self, pupil: dict[str, str]) -> tuple[str, ...]:
        values = {name: self._value(pupil, name) for name in self._elements}
        for name in ("metadata.admissionDate", "metadata.leavingDate"):
            values[name] = self._mapping.date(values[name])
        values["grades"] = self._mapping.year_group_of(values["grades"])
        values["sourcedId"] = values["identifier"]
        values["role"] = "student"
        return tuple([values.get(column, "") for column in COLUMNS[Table.USERS]])

    def _value(self, pupil: dict[str, str], column: str) -> str:
        return pupil.get(self._elements[column], "")

    def _source_school(self) -> str:
        reading = _Reading()
        for _ in self._parsed(reading):
            break
        return reading.source_school

    def _pupils(self) -> Iterator[tuple[int, dict[str, str]]]:
        yield from self._parsed(_Reading())

    def _parsed(self, reading: "_Reading") -> Iterator[tuple[int, dict[str, str]]]:
        with self._opens() as raw:
            try:
                while part := raw.read(CHUNK_BYTES):
                    self._deadline.check()
                    reading.parser.Parse(part, False)
                    yield from reading.take()
                reading.parser.Parse(b"", True)
            except expat.ExpatError as error:
                raise _cannot_be_read(self._name, error) from error
            except (LookupError, ValueError) as error:  # an encoding that no one knows
                raise not_utf8(self._name) from error
            yield from reading.take()


class _Reading:
    """What the parser tells while it reads: the source school and whole pupils."""

    def __init__(self) -> None:
        self.source_school = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._path: list[str] = []
        self._words: list[str] = []
        self._length = 0
        self._header: dict[str, str] = {}
        self._pupil: dict[str, str] | None = None
        self._line = 0
        self._history: dict[str, str] = {}
        self._done: list[tuple[int, dict[str, str]]] = []

    def take(self) -> list[tuple[int, dict[str, str]]]:
        """The pupils that are read to their end and were not taken yet."""
        done, self._done = self._done, []
        return done

    def _doctype(self, *_: object) -> None:
        raise entity_declared()

    def _begin(self, name: str, _: object) -> None:
        if not self._path and name != ROOT:
            raise not_a_format()
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise malformed(ROOT, self.parser.CurrentLineNumber, "elements are nested too deep")
        self._words.clear()
        self._length = 0
        if name == "Pupil":
            self._pupil, self._line = {}, self.parser.CurrentLineNumber
        elif name == "School":
            self._history = {}

    def _text(self, text: str) -> None:
        self._length += len(text)
        if self._length <= LONGEST_TEXT:
            self._words.append(text)

    def _end(self, name: str) -> None:
        value = " ".join("".join(self._words).split())
        self._words.clear()
        self._length = 0
        self._path.pop()
        if self._pupil is None:
            if "SourceSchool" in self._path:
                self._header[name] = value
                self.source_school = self._header.get("LEA", "") + self._header.get("Estab", "")
        elif name == "Pupil":
            self._done.append((self._line, self._pupil))
            self._pupil = None
        elif "SchoolHistory" in self._path:
            self._history[name] = value
            if name == "School":
                self._keep_history()
        elif value:
            self._pupil.setdefault(name, value)

    def _keep_history(self) -> None:
        """The learner's time at the school that made the file; the last one counts."""
        school = self._history.get("LEA", "") + self._history.get("Estab", "")
        if school == self.source_school and self._pupil is not None:
            for name in ("EntryDate", "LeavingDate"):
                self._pupil.pop(name, None)
                if self._history.get(name):
                    self._pupil[name] = self._history[name]


def _cannot_be_read(name: str, error: expat.ExpatError) -> Exception:
    unfinished = {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    }
    if error.code in unfinished:
        return truncated("The CTF has no end.")
    return malformed(name, error.lineno, "this is not well-formed XML")
