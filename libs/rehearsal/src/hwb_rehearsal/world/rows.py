"""What a school's MIS holds of its learners, staff and classes: the rows of a snapshot."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """A learner as the school has it. ``classes`` are class codes, sorted."""

    local_id: str
    upn: str
    surname: str
    forename: str
    birth_date: date
    sex: str
    admission_number: str
    admission_date: date
    year_group: str
    classes: tuple[str, ...] = ()
    leaving_date: date | None = None
    enrolment_status: str = ""
    former_upn: str = ""

    @property
    def is_visiting(self) -> bool:
        """Whether the learner comes only as a subsidiary or guest: another school is the home."""
        return self.enrolment_status in {"S", "G"}


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff as the school has it. ``classes`` are the class codes taught, sorted."""

    local_id: str
    staff_code: str
    surname: str
    forename: str
    start_date: date | None
    role: str = "teacher"
    classes: tuple[str, ...] = ()
    leaving_date: date | None = None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of one academic year."""

    code: str
    title: str
    year_group: str
    kind: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that one upload says. ``academic_year`` is written ``2021-22``.

    ``mis`` begins every sourcedId: another MIS gives everything ids of its own.
    """

    school: str
    school_name: str
    academic_year: str
    extracted_at: datetime
    learners: tuple[LearnerRow, ...]
    staff: tuple[StaffRow, ...]
    classes: tuple[ClassRow, ...]
    mis: str = ""
