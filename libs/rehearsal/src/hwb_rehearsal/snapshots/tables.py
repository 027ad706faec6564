"""The rows of an upload, table by table, in the columns that both of its forms share."""

from collections.abc import Iterator
from datetime import date

from hwb_rehearsal.world.rows import LearnerRow, Snapshot, StaffRow

ORGS = ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId")
SESSIONS = (
    *("sourcedId", "status", "dateLastModified", "title", "type", "startDate", "endDate"),
    *("parentSourcedId", "schoolYear"),
)
USERS = (
    *("sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role"),
    *("username", "userIds", "givenName", "familyName", "middleName", "identifier", "email"),
    *("sms", "phone", "agentSourcedIds", "grades", "password"),
    *("metadata.admissionNumber", "metadata.admissionDate", "metadata.startDate"),
    *("metadata.leavingDate", "metadata.enrolmentStatus", "metadata.formerUpn"),
)
CLASSES = (
    *("sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId"),
    *("classCode", "classType", "location", "schoolSourcedId", "termSourcedIds", "subjects"),
    *("subjectCodes", "periods"),
)
ENROLMENTS = (
    *("sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId"),
    *("userSourcedId", "role", "primary", "beginDate", "endDate"),
)
DEMOGRAPHICS = ("sourcedId", "status", "dateLastModified", "birthDate", "sex")

Row = tuple[str, ...]


def orgs(snapshot: Snapshot) -> Iterator[Row]:
    """The school itself."""
    yield (_org(snapshot), "", "", snapshot.school_name, "school", snapshot.school, "")


def sessions(snapshot: Snapshot) -> Iterator[Row]:
    """The academic year of the classes."""
    begins = snapshot.academic_year[:4]
    ends = str(int(begins) + 1)
    dates = (f"{begins}-09-01", f"{ends}-08-31")
    yield (_session(snapshot), "", "", snapshot.academic_year, "schoolYear", *dates, "", ends)


def users(snapshot: Snapshot) -> Iterator[Row]:
    """Learners first, then staff."""
    org = _org(snapshot)
    for row in snapshot.learners:
        yield (_user(snapshot, row.local_id), *_learner(row, org))
    for member in snapshot.staff:
        yield (_user(snapshot, member.local_id), *_member(member, org))


def _learner(row: LearnerRow, org: str) -> Row:
    return (
        *("", "", "true", org, "student", "", "", row.forename, row.surname, ""),
        *(row.upn, "", "", "", "", row.year_group, "", row.admission_number),
        *(row.admission_date.isoformat(), "", _iso(row.leaving_date), row.enrolment_status),
        row.former_upn,
    )


def _member(row: StaffRow, org: str) -> Row:
    return (
        *("", "", "true", org, row.role, "", "", row.forename, row.surname, ""),
        *(row.staff_code, "", "", "", "", "", "", "", ""),
        *(_iso(row.start_date), _iso(row.leaving_date), "", ""),
    )


def classes(snapshot: Snapshot) -> Iterator[Row]:
    """Every class, in the session of the snapshot."""
    org, session = _org(snapshot), _session(snapshot)
    for row in snapshot.classes:
        yield (
            *(
                _class(snapshot, row.code),
                "",
                "",
                row.title,
                row.year_group,
                "",
                row.code,
                row.kind,
                "",
            ),
            *(org, session, "", "", ""),
        )


def enrolments(snapshot: Snapshot) -> Iterator[Row]:
    """Who learns and who teaches in which class."""
    org = _org(snapshot)
    learning = ((row.local_id, "student", row.classes) for row in snapshot.learners)
    teaching = ((row.local_id, "teacher", row.classes) for row in snapshot.staff)
    for local_id, role, codes in (*learning, *teaching):
        for code in codes:
            user = _user(snapshot, local_id)
            name = f"E-{user}-{code}"
            yield (name, "", "", _class(snapshot, code), org, user, role, "", "", "")


def demographics(snapshot: Snapshot) -> Iterator[Row]:
    """Birth dates of the learners."""
    for row in snapshot.learners:
        yield (_user(snapshot, row.local_id), "", "", row.birth_date.isoformat(), row.sex)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _org(snapshot: Snapshot) -> str:
    return f"{snapshot.mis}S-{snapshot.school}"


def _session(snapshot: Snapshot) -> str:
    return f"{snapshot.mis}Y-{snapshot.academic_year}"


def _class(snapshot: Snapshot, code: str) -> str:
    return f"{snapshot.mis}C-{code}"


def _user(snapshot: Snapshot, local_id: str) -> str:
    return f"{snapshot.mis}{local_id}"
