"""The state of Google Classroom: courses, rosters, aliases, and legal changes of state."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hwb_rehearsal.emulators.faults import Faults
from hwb_rehearsal.emulators.people import People, PersonState
from hwb_rehearsal.emulators.time import ProviderTime

ACTIVE, ARCHIVED, PROVISIONED, DECLINED = "ACTIVE", "ARCHIVED", "PROVISIONED", "DECLINED"

_LEGAL = {
    (PROVISIONED, ACTIVE),
    (PROVISIONED, DECLINED),
    (DECLINED, PROVISIONED),
    (ACTIVE, ARCHIVED),
    (ARCHIVED, ACTIVE),
    (PROVISIONED, ARCHIVED),
}


class ClassroomError(Exception):
    """An answer of Classroom that is not a success; ``reason`` is the ``@Word`` before the text."""

    def __init__(
        self,
        code: int,
        status: str,
        message: str,
        *,
        reason: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = f"@{reason} {message}" if reason else message
        self.retry_after = retry_after


def not_found() -> ClassroomError:
    """404."""
    return ClassroomError(404, "NOT_FOUND", "Requested entity was not found.")


def invalid(message: str) -> ClassroomError:
    """400 for a request that can never be right."""
    return ClassroomError(400, "INVALID_ARGUMENT", message)


def precondition(reason: str, message: str) -> ClassroomError:
    """400 for a request that is wrong as things are."""
    return ClassroomError(400, "FAILED_PRECONDITION", message, reason=reason)


def already_exists() -> ClassroomError:
    """409."""
    return ClassroomError(409, "ALREADY_EXISTS", "Requested entity already exists.")


@dataclass(slots=True)
class Course:
    """A course with its rosters; people are addresses."""

    id: str
    owner: str
    state: str
    fields: dict[str, str]
    created_at: datetime
    updated_at: datetime
    students: set[str] = field(default_factory=set)
    teachers: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """What the course is called."""
        return self.fields.get("name", "")


@dataclass(slots=True)
class Domain:
    """All courses of one Google Workspace domain."""

    time: ProviderTime
    people: People
    faults: Faults = field(default_factory=Faults)
    _courses: dict[str, Course] = field(default_factory=dict)
    _by_alias: dict[str, str] = field(default_factory=dict)

    def create(
        self, *, owner: str, state: str, fields: dict[str, str], alias: str | None
    ) -> Course:
        """A new course. Its owner is its first teacher."""
        if alias is not None and alias in self._by_alias:
            raise already_exists()
        if not self.people.exists(owner):
            raise not_found()
        if self.people.state(owner) is PersonState.INACTIVE:
            raise precondition("IneligibleOwner", "The owner cannot own a course.")
        if state not in {PROVISIONED, ACTIVE}:
            raise invalid("A course is created as PROVISIONED or ACTIVE.")
        now = datetime.now(UTC)
        number = str(600_000_000_000 + len(self._courses) * 7919)
        course = Course(number, owner, state, fields, now, now, teachers={owner})
        self._courses[number] = course
        if alias is not None:
            self.add_alias(course, alias)
        return course

    def find(self, name: str) -> Course:
        """The course of this id or alias; raises ClassroomError 404."""
        course = self._courses.get(self._by_alias.get(name, name))
        if course is None:
            raise not_found()
        return course

    def all(self) -> Iterator[Course]:
        """Every course, in the order of creation."""
        yield from self._courses.values()

    def delete(self, course: Course) -> None:
        """Only an archived course may be deleted."""
        self._usable_owner(course)
        if course.state != ARCHIVED:
            raise precondition("CourseNotModifiable", "Only an archived course may be deleted.")
        for alias in list(course.aliases):
            self.remove_alias(course, alias)
        del self._courses[course.id]

    def patch(self, course: Course, mask: set[str], body: dict[str, str]) -> None:
        """Change the fields of the mask; a state and other fields may change together."""
        self._usable_owner(course)
        wanted = body.get("courseState", course.state) if "courseState" in mask else course.state
        if wanted != course.state and (course.state, wanted) not in _LEGAL:
            message = f"A course cannot go from {course.state} to {wanted}."
            raise precondition("CourseNotModifiable", message)
        others = mask - {"courseState"}
        if others and ARCHIVED in {course.state, wanted} and wanted != ACTIVE:
            raise precondition("CourseNotModifiable", "An archived course cannot be modified.")
        if "ownerId" in mask:
            self._new_owner(course, self.people.address(body.get("ownerId", "")))
        for name in others - {"ownerId"}:
            course.fields[name] = body.get(name, "")
        course.state = wanted
        course.updated_at = datetime.now(UTC)

    def add_alias(self, course: Course, alias: str) -> None:
        """A name of ours for the course, unique in the domain or project."""
        if not alias.startswith(("d:", "p:")) or len(alias) > 256:  # noqa: PLR2004 - Google's limit
            raise invalid("An alias begins with d: or p: and has at most 256 characters.")
        if alias in self._by_alias:
            raise already_exists()
        self._by_alias[alias] = course.id
        course.aliases.add(alias)

    def remove_alias(self, course: Course, alias: str) -> None:
        """Take an alias away, so that another course can have it."""
        if alias not in course.aliases:
            raise not_found()
        course.aliases.discard(alias)
        del self._by_alias[alias]

    def enrol(self, course: Course, address: str, roster: set[str]) -> None:
        """Put somebody on one of the two rosters."""
        self.modifiable(course)
        if not self.people.exists(address):
            raise not_found()
        if address in course.students | course.teachers:
            raise already_exists()
        roster.add(address)

    def withdraw(self, course: Course, address: str, roster: set[str]) -> None:
        """Take somebody off a roster; the owner stays."""
        self.modifiable(course)
        if address not in roster:
            raise not_found()
        if address == course.owner:
            raise precondition("CourseTeacherNotRemovable", "The owner cannot be removed.")
        roster.discard(address)

    def modifiable(self, course: Course) -> None:
        """Raise unless rosters may change now."""
        if course.state in {ARCHIVED, DECLINED}:
            raise precondition("CourseNotModifiable", "The course cannot be modified.")

    def _usable_owner(self, course: Course) -> None:
        state = self.people.state(course.owner)
        if state is PersonState.DELETED:
            raise ClassroomError(500, "INTERNAL", "Internal error encountered.")
        if state is PersonState.INACTIVE:
            raise precondition("InactiveCourseOwner", "The owner of the course is inactive.")

    def _new_owner(self, course: Course, address: str) -> None:
        if address not in course.teachers:
            raise precondition("IneligibleOwner", "The new owner must be a co-teacher.")
        course.owner = address
