"""The columns an upload must have and the rows that come out of it, whatever its format."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

from hwb_mis_ingest.domain.reasons import Reason


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
    """A line of a run's report."""

    file: str
    line: int
    field: str
    reason: Reason


class UploadFiles(Protocol):
    """An upload whose structure was found good."""

    def rows(self, table: Table) -> Iterator[Row]:
        """The table's rows in file order."""
        ...

    def label(self, table: Table) -> str:
        """The name of the file that the table's line numbers count in."""
        ...
