"""The columns an upload must have and the rows that come out of it, whatever its format."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

from hwb_mis_ingest.domain.reasons import Reason
from hwb_mis_ingest.domain.value_class import ValueClass


class Table(StrEnum):
    """The OneRoster files that are read; the value is the file's name without ``.csv``."""

    ORGS = "orgs"
    ACADEMIC_SESSIONS = "academicSessions"
    USERS = "users"
    CLASSES = "classes"
    ENROLLMENTS = "enrollments"
    DEMOGRAPHICS = "demographics"


COLUMNS: dict[Table, tuple[str, ...]] = {
    Table.ORGS: ("sourcedId", "type", "identifier"),
    Table.ACADEMIC_SESSIONS: ("sourcedId", "type", "schoolYear", "parentSourcedId"),
    Table.USERS: (
        "sourcedId",
        "status",
        "orgSourcedIds",
        "role",
        "givenName",
        "familyName",
        "identifier",
        "grades",
        "metadata.admissionNumber",
        "metadata.admissionDate",
        "metadata.startDate",
        "metadata.leavingDate",
        "metadata.enrolmentStatus",
        "metadata.formerUpn",
    ),
    Table.CLASSES: (
        "sourcedId",
        "status",
        "title",
        "grades",
        "classCode",
        "schoolSourcedId",
        "termSourcedIds",
    ),
    Table.ENROLLMENTS: (
        "sourcedId",
        "status",
        "classSourcedId",
        "schoolSourcedId",
        "userSourcedId",
        "role",
    ),
    Table.DEMOGRAPHICS: ("sourcedId", "status", "birthDate"),
}
"""What is read of each file, in this order. All are required: were a missing leaving-date column
taken as blank, everyone who has left would be back on roll."""


# The three are made once a row of the nation, so they are named tuples: a frozen dataclass takes
# three times as long to make.
class Row(NamedTuple):
    """Where a row stands and its values in the order of ``COLUMNS``, stripped.

    ``line`` numbers the table's rows; ``UploadFiles.place`` gives the file's own line.

    ``values`` is None where the row's width is not the header's; then ``local_id`` is what can
    still be read of its sourcedId.
    """

    line: int
    values: tuple[str, ...] | None
    local_id: str = ""


class Fault(NamedTuple):
    """One thing that is wrong with a row."""

    field: str
    reason: Reason


class Rejection(NamedTuple):
    """A line of a run's report. ``value_class`` says what kind of value it was, never the value."""

    file: str
    line: int
    field: str
    reason: Reason
    value_class: ValueClass = ValueClass.NONE


CARRIED_LINE = -1
"""Of a row that is not in the upload but as it was last published: it is in no report."""


class Place(NamedTuple):
    """Where a school finds a value: the file, line and field of its own export."""

    file: str
    line: int
    field: str


class Mode(StrEnum):
    """What it means that a row is not in a table.

    In bulk, that it is no longer there; in a delta, that it is as before. In a partial table blank
    values are as before, too. An absent table says nothing.
    """

    BULK = "bulk"
    DELTA = "delta"
    PARTIAL = "partial"
    ABSENT = "absent"


class UploadFiles(Protocol):
    """An upload whose structure was found good."""

    def rows(self, table: Table) -> Iterator[Row]:
        """The table's rows in file order."""
        ...

    def place(self, table: Table, line: int, column: str) -> Place:
        """Where a row's column of ``COLUMNS`` is in what the school sent; ``line`` is the row's."""
        ...

    def mode(self, table: Table) -> Mode:
        """Whether the table is whole."""
        ...
