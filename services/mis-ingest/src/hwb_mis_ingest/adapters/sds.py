"""Microsoft School Data Sync, v2.1 and the older v1 layout: read with the school's mapping file.

Neither has fields for UPNs or staff codes of its own, so the mapping says which columns hold them.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from hwb_mis_ingest.adapters.archive import Archive
from hwb_mis_ingest.adapters.csv_upload import CsvUpload, Join, Layout, Part, Source, mapped
from hwb_mis_ingest.adapters.mapping import NOWHERE, mapping_incomplete
from hwb_mis_ingest.adapters.mapping import Mapping as SchoolMapping
from hwb_mis_ingest.adapters.school_orgs import school_rows
from hwb_mis_ingest.domain.judgement import is_iso_date
from hwb_mis_ingest.domain.rows import Mode, Row, Table
from hwb_mis_ingest.errors import missing_columns

V2_1, V1 = "Microsoft SDS v2.1", "Microsoft SDS v1"
FILES_OF_2_1 = ("orgs.csv", "users.csv", "roles.csv")
FILES_OF_1 = ("School.csv", "Student.csv", "Teacher.csv")
CLASS_FILES_OF_1 = ("Section.csv", "StudentEnrollment.csv", "TeacherRoster.csv")
STAFF_ROLES_OF_SDS = frozenset(
    {
        "administrator",
        "adjunct",
        "aide",
        "coordinator",
        "counselor",
        "faculty",
        "instructor",
        "lecturer",
        "officestaff",
        "paraprofessional",
        "principal",
        "professor",
        "researcher",
        "staff",
        "substitute",
        "superintendent",
        "teacher",
        "teacherassistant",
        "viceprincipal",
    }
)
FIRST_MONTH = 7
_REQUIRED = (
    "upn",
    "staff_code",
    "admission_number",
    "admission_date",
    "start_date",
    "leaving_date",
)
_MAY_BE_NOWHERE = frozenset({"leaving_date"})
_SAME_FOR_ALL = "-"


def open_sds_2_1(archive: Archive, mapping: SchoolMapping) -> CsvUpload:
    """The upload in this zip. Raises UploadRefusedError."""
    _require(V2_1, mapping)
    has_classes = "classes.csv" in archive or "enrollments.csv" in archive
    join = Join("roles.csv", "userSourcedId", "roles", lambda row: _rank_of_role(row, mapping))
    common = {
        "sourcedId": Source("sourcedId"),
        "status": Source(),
        "orgSourcedIds": Source("roles.orgSourcedId", convert=mapping.org),
        "role": Source("roles.role", convert=_role),
        "givenName": Source("givenName"),
        "familyName": Source("familyName"),
    }
    grade = Source("roles.grade", optional=True, convert=mapping.year_group_of)
    parts = {
        Table.USERS: (
            Part(
                "users.csv",
                _person(common, mapping, mapping.upn, grade),
                _person(common, mapping, mapping.staff_code, grade),
                join,
            ),
        )
    }
    if "demographics.csv" in archive:
        birth_date = Source("birthDate", optional=True, convert=mapping.date)
        parts[Table.DEMOGRAPHICS] = (
            Part("demographics.csv", (Source("userSourcedId"), Source(), birth_date)),
        )
    if has_classes:
        if mapping.academic_year is None:
            archive.actual_name("academicSessions.csv")
        years = _ClassYears(mapping)
        parts[Table.CLASSES] = (
            Part(
                "classes.csv",
                _class(
                    mapping,
                    "sourcedId",
                    title="title",
                    org="orgSourcedId",
                    session=years.source("sessionSourcedIds", years.named),
                ),
            ),
        )
        parts[Table.ENROLLMENTS] = (
            Part(
                "enrollments.csv",
                _enrolment(
                    "classSourcedId", Source("userSourcedId"), Source("role", convert=_role)
                ),
            ),
        )
    layout = Layout(
        format="sds-2.1-zip",
        parts=parts,
        made={
            Table.ORGS: lambda: school_rows(archive, "orgs.csv", mapping),
            Table.ACADEMIC_SESSIONS: lambda: _sessions_of_2_1(archive, mapping),
        },
        modes=_modes(has_classes=has_classes, has_birth_dates="demographics.csv" in archive),
        need_rows=(Table.USERS, Table.CLASSES, Table.ENROLLMENTS),
    )
    return CsvUpload(archive, layout)


def open_sds_1(archive: Archive, mapping: SchoolMapping) -> CsvUpload:
    """The upload in this zip. Raises UploadRefusedError."""
    _require(V1, mapping)
    has_classes = any(name in archive for name in CLASS_FILES_OF_1)
    names = {
        "status": Source(),
        "orgSourcedIds": Source("School SIS ID", convert=mapping.org),
        "givenName": Source("First Name"),
        "familyName": Source("Last Name"),
    }
    learner = {"sourcedId": Source("SIS ID"), **names, "role": Source(constant="student")}
    teacher = {
        "sourcedId": Source("SIS ID", convert=_teacher_id),
        **names,
        "role": Source(constant="teacher"),
    }
    grade = Source("Grade", optional=True, convert=mapping.year_group_of)
    of_students, of_teachers = _own_places(mapping, "teacher."), _own_places(mapping, "student.")
    parts: dict[Table, tuple[Part, ...]] = {
        Table.USERS: (
            Part("Student.csv", _person(learner, of_students, of_students.upn, grade)),
            Part("Teacher.csv", _person(teacher, of_teachers, of_teachers.staff_code, Source())),
        ),
        Table.DEMOGRAPHICS: (
            Part(
                "Student.csv",
                (
                    Source("SIS ID"),
                    Source(),
                    Source("Birthdate", optional=True, convert=mapping.date),
                ),
                said_elsewhere=True,
            ),
        ),
    }
    if has_classes:
        years = _ClassYears(mapping)
        parts[Table.CLASSES] = (
            Part(
                "Section.csv",
                _class(
                    mapping,
                    "SIS ID",
                    title="Section Name",
                    org="School SIS ID",
                    session=years.source("Term StartDate", years.beginning),
                ),
            ),
        )
        parts[Table.ENROLLMENTS] = tuple(
            Part(file, _enrolment("Section SIS ID", one["sourcedId"], one["role"]))
            for file, one in (("StudentEnrollment.csv", learner), ("TeacherRoster.csv", teacher))
        )
    layout = Layout(
        format="sds-1-zip",
        parts=parts,
        made={
            Table.ORGS: lambda: school_rows(
                archive, "School.csv", mapping, id_column="sis id", type_column=None
            ),
            Table.ACADEMIC_SESSIONS: lambda: _sessions_of_1(
                archive, mapping, has_classes=has_classes
            ),
        },
        modes=_modes(has_classes=has_classes, has_birth_dates=True),
        need_rows=(Table.USERS, Table.CLASSES, Table.ENROLLMENTS),
    )
    return CsvUpload(archive, layout)


def _require(format_: str, mapping: SchoolMapping) -> None:
    missing = [
        name
        for name in _REQUIRED
        if getattr(mapping, name) is None
        or (getattr(mapping, name) == NOWHERE and name not in _MAY_BE_NOWHERE)
    ]
    if missing:
        raise mapping_incomplete(format_, missing)


def _modes(*, has_classes: bool, has_birth_dates: bool) -> dict[Table, Mode]:
    classes = Mode.BULK if has_classes else Mode.ABSENT
    return {
        Table.CLASSES: classes,
        Table.ENROLLMENTS: classes,
        Table.DEMOGRAPHICS: Mode.BULK if has_birth_dates else Mode.ABSENT,
    }


def _person(
    own: Mapping[str, Source], mapping: SchoolMapping, identifier: str | None, grade: Source
) -> tuple[Source, ...]:
    """The sources of users in the order of their columns."""
    nowhere = Source()
    return (
        own["sourcedId"],
        own["status"],
        own["orgSourcedIds"],
        own["role"],
        own["givenName"],
        own["familyName"],
        mapped(identifier, nowhere),
        mapped(mapping.year_group, grade, convert=mapping.year_group_of),
        mapped(mapping.admission_number, nowhere),
        mapped(mapping.admission_date, nowhere, convert=mapping.date),
        mapped(mapping.start_date, nowhere, convert=mapping.date),
        mapped(mapping.leaving_date, nowhere, convert=mapping.date),
        mapped(mapping.enrolment_status, nowhere),
        mapped(mapping.former_upn, nowhere),
    )


def _class(
    mapping: SchoolMapping, code: str, *, title: str, org: str, session: Source
) -> tuple[Source, ...]:
    """The sources of classes in the order of their columns."""
    return (
        Source(code),
        Source(),
        Source(title),
        Source(),
        mapped(mapping.class_code, Source(code)),
        Source(org, convert=mapping.org),
        session,
    )


def _enrolment(of_class: str, person: Source, role: Source) -> tuple[Source, ...]:
    """The sources of enrolments in the order of their columns."""
    return (Source(constant=_SAME_FOR_ALL), Source(), Source(of_class), Source(), person, role)


def _own_places(mapping: SchoolMapping, other: str) -> SchoolMapping:
    """The mapping as it concerns one file: what is in the other file is nowhere in this one."""
    learners_only = ("upn", "admission_number", "admission_date", "year_group", "former_upn")
    not_mine = (
        ("staff_code", "start_date")
        if other == "teacher."
        else (*learners_only, "enrolment_status")
    )
    changed: dict[str, object] = dict.fromkeys(not_mine, NOWHERE)
    for name in _REQUIRED:
        place = str(getattr(mapping, name) or "")
        if place.lower().startswith(other):
            changed[name] = NOWHERE
    return mapping.model_copy(update=changed)


class _ClassYears:
    """Names sessions that no file holds: one for each academic year."""

    def __init__(self, mapping: SchoolMapping) -> None:
        self._mapping = mapping
        self.unstated = ""
        if mapping.academic_year:
            self.unstated = session_of_year(str(int(mapping.academic_year[:4]) + 1))

    def source(self, column: str, session_of: Callable[[str], str]) -> Source:
        """Where a class says its session, which is this year's where it says none."""
        return Source(column, constant=self.unstated, optional=True, convert=session_of)

    def named(self, cell: str) -> str:
        """The session that a class names."""
        return cell or self.unstated

    def beginning(self, cell: str) -> str:
        """The session of the year in which a term that begins on this day lies."""
        if not cell:
            return self.unstated
        year = year_ending(self._mapping.date(cell))
        return session_of_year(year) if year else cell


def session_of_year(ends_in: str) -> str:
    return f"year ending {ends_in}"


def year_ending(first_day: str) -> str | None:
    """The year in which the academic year of this day ends; None for what is no date."""
    if not is_iso_date(first_day):
        return None
    year, month = int(first_day[:4]), int(first_day[5:7])
    return str(year + 1 if month >= FIRST_MONTH else year)


def _sessions_of_2_1(archive: Archive, mapping: SchoolMapping) -> Iterator[Row]:
    yield from _stated_year(mapping)
    if "academicSessions.csv" not in archive:
        return
    file = archive.csv("academicSessions.csv")
    missing = [name for name in ("sourcedId", "startDate") if file.header.count(name.lower()) != 1]
    if missing:
        raise missing_columns(file.name, missing)
    at_id, at_start = file.header.index("sourcedid"), file.header.index("startdate")
    for line, cells, broken in file.rows():
        if cells is None:
            yield Row(line, None, broken[at_id].strip() if at_id < len(broken) else "")
        else:
            year = year_ending(mapping.date(cells[at_start].strip()))
            yield Row(line, (cells[at_id].strip(), "schoolYear", year or "", ""))


def _sessions_of_1(archive: Archive, mapping: SchoolMapping, *, has_classes: bool) -> Iterator[Row]:
    yield from _stated_year(mapping)
    if not has_classes:
        return
    file = archive.csv("Section.csv")
    if file.header.count("term startdate") != 1:
        return
    at_start = file.header.index("term startdate")
    years = {
        year_ending(mapping.date(cells[at_start].strip()))
        for _, cells, _ in file.rows()
        if cells is not None
    }
    for year in sorted(year for year in years if year is not None):
        yield Row(1, (session_of_year(year), "schoolYear", year, ""))


def _stated_year(mapping: SchoolMapping) -> Iterator[Row]:
    if mapping.academic_year:
        ends_in = str(int(mapping.academic_year[:4]) + 1)
        yield Row(1, (session_of_year(ends_in), "schoolYear", ends_in, ""))


def _teacher_id(sis_id: str) -> str:
    """Students' and teachers' ids are two series in v1: one number may stand for two people."""
    return f"teacher/{sis_id}" if sis_id else ""


def _role(role: str) -> str:
    small = re.sub(r"[^a-z]", "", role.lower())
    return "teacher" if small in STAFF_ROLES_OF_SDS else small


def _rank_of_role(row: Mapping[str, str], mapping: SchoolMapping) -> tuple[int, ...]:
    """The role at the school itself goes before others, then the primary one."""
    known = _role(row.get("role", "")) in {"student", "teacher"}
    ours = mapping.is_ours(row.get("orgsourcedid", ""))
    return (known and ours, known, row.get("isprimary", "").lower() == "true")
