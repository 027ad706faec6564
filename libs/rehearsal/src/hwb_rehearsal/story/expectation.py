"""What must come out of the year, person by person, group by group, case by case.

The story writes it while it makes things happen; nothing here is computed from a service's rules.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

ACTIVE = "active"
INACTIVE = "inactive"


class Journey(StrEnum):
    """The guide's journeys, as the table groups its rows."""

    WITHIN = "1 Learners within a school"
    BETWEEN = "2 Learners between schools"
    STAFF = "3 Staff"
    GROUPS = "4 Teams and Classrooms"
    CASES = "5 Cases and mail"
    UPLOADS = "6 Uploads"


class Line(NamedTuple):
    """One line of the table."""

    journey: Journey
    what: str


@dataclass(frozen=True, slots=True)
class Person:
    """What must be true of one person's account.

    ``key`` is the UPN, or ``<school>/<staff code>``. An ``INACTIVE`` account is compared by its
    status alone: what it keeps of its last school is nobody's promise. ``May`` below means the
    state after the first provisioning.

    Attributes:
        has_account: False for someone whose only row was rejected.
        waiting_at: the school at which the learner is pending.
        account_of: whose account of May this must be, None for an account made since.
        not_account_of: whose account this must not be.
    """

    key: str
    line: Line
    home: str | None
    year_group: str | None = None
    classes: tuple[str, ...] = ()
    status: str = ACTIVE
    other_schools: tuple[str, ...] = ()
    has_account: bool = True
    waiting_at: str | None = None
    account_of: str | None = None
    not_account_of: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What must be true of one Team or Classroom, at the service and at the provider.

    ``members`` are keys of learners, ``owners`` of staff; the technical owner is not among them.
    """

    provider: str
    class_key: str
    line: Line
    members: frozenset[str]
    owners: frozenset[str]
    archived: bool = False
    linked: bool = True

    @property
    def school(self) -> str:
        """The school of the class."""
        return self.class_key.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Case:
    """A case that must have been raised, and whether it is still open at the end.

    ``about`` is the key of the person it is about, where it is about one.
    """

    kind: str
    school: str
    open: bool
    about: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that a run's report must name."""

    school: str
    file: str
    line: int
    field: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of some persons and groups at one moment of the year.

    ``lines`` are the lines of the table that this moment is reported under; without any, it is
    only waited for.
    """

    name: str
    persons: tuple[Person, ...] = ()
    groups: tuple[Group, ...] = ()
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """The state at the end of the year."""

    persons: tuple[Person, ...]
    groups: tuple[Group, ...]
    cases: tuple[Case, ...]
    settled_runs: dict[str, int]
    rejected: tuple[RejectedRow, ...] = ()
    waiting: dict[str, frozenset[str]] = field(default_factory=dict)
