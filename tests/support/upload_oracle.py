"""Says what must become of an upload, from docs/reference/upload-format.md and nothing of ours.

Written apart from the parsers, in the plainest way: everything is read into dicts at once and every
rule is a line. It knows the mapping files of the tests' own exports.
"""

# ruff: noqa: C901, PLR0912 - a table is read in one place, every rule a line

import csv
import datetime as dt
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.support.school_export import COLUMNS

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
YEARS = ["N1", "N2", "R", *map(str, range(1, 15))]
NEEDED = {
    "orgs": "sourcedId type identifier",
    "academicSessions": "sourcedId type schoolYear parentSourcedId",
    "users": "sourcedId status orgSourcedIds role givenName familyName identifier grades "
    "metadata.admissionNumber metadata.admissionDate metadata.startDate metadata.leavingDate "
    "metadata.enrolmentStatus metadata.formerUpn",
    "classes": "sourcedId status title grades classCode schoolSourcedId termSourcedIds",
    "enrollments": "sourcedId status classSourcedId schoolSourcedId userSourcedId role",
    "demographics": "sourcedId status birthDate",
}
KINDS = {
    "org": "orgs",
    "academicSession": "academicSessions",
    "user": "users",
    "class": "classes",
    "enrollment": "enrollments",
    "demographics": "demographics",
}


class RefuseError(Exception):
    """The upload must be refused whole."""


@dataclass
class Line:
    """A row; ``cells`` is None where it has another width. ``names`` are the export's own names."""

    file: str
    number: int
    cells: dict[str, str] | None
    id: str
    names: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


@dataclass
class Verdict:
    """People by kind and code, and faults as file, line, field and reason."""

    people: set[tuple[str, str]] = field(default_factory=set)
    faults: set[tuple[str, int, str, str]] = field(default_factory=set)


Tables = dict[str, list[Line]]


def text_of(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise RefuseError
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefuseError


def sheet(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header in small letters, and the line and cells of every row."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text_of(data), newline=""), strict=True)
    try:
        begins = 1
        for cells in reader:
            if reader.line_num > begins and rows:
                rows.append((begins, [re.sub("\r\n|\r|\n", " ", cell) for cell in cells]))
            else:
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error:
        raise RefuseError from None
    if not rows:
        return [], []
    return [name.strip().lower() for name in rows[0][1]], [row for row in rows[1:] if row[1]]


def table(
    files: dict[str, bytes], name: str, columns: dict[str, str], optional: Iterable[str] = ()
) -> list[Line]:
    """Rows of a file; ``columns`` gives, by our name, the column of the export."""
    header, rows = sheet(files[name])
    wanted = {
        ours: theirs.split(".", 1)[-1]
        if theirs.split(".")[0].lower() + ".csv" == name.lower()
        else theirs
        for ours, theirs in columns.items()
    }
    for theirs in wanted.values():
        if theirs not in optional and header.count(theirs.lower()) != 1:
            raise RefuseError
    lines = []
    for number, cells in rows:
        at = header.index(wanted["sourcedId"].lower()) if "sourcedId" in wanted else 0
        found = cells[at].strip() if at < len(cells) else ""
        values = None
        if len(cells) == len(header):
            values = {
                ours: cells[header.index(theirs.lower())].strip()
                if header.count(theirs.lower()) == 1
                else ""
                for ours, theirs in wanted.items()
            }
        lines.append(Line(name, number, values, found, columns, is_cut=at >= len(cells)))
    return lines


# Each format, as the tables that the rules are about.


def oneroster(files: dict[str, bytes]) -> Tables:
    for name in ("manifest", *NEEDED):
        if f"{name}.csv" not in files:
            raise RefuseError
    tables = {
        name: table(files, f"{name}.csv", {one: one for one in columns.split()})
        for name, columns in NEEDED.items()
    }
    if not all(tables[name] for name in ("users", "classes", "enrollments", "academicSessions")):
        raise RefuseError
    return tables


def oneroster_1_2(files: dict[str, bytes]) -> Tables:
    if not {"manifest.csv", "roles.csv", *(f"{name}.csv" for name in NEEDED)} <= set(files):
        raise RefuseError
    plain = {name: {one: one for one in columns.split()} for name, columns in NEEDED.items()}
    for name in ("role", "orgSourcedIds"):
        del plain["users"][name]
    tables = {name: table(files, f"{name}.csv", columns) for name, columns in plain.items()}
    of_roles = {
        "sourcedId": "userSourcedId",
        "role": "role",
        "orgSourcedIds": "orgSourcedId",
        "status": "status",
        "roleType": "roleType",
    }
    roles = table(files, "roles.csv", of_roles, optional=("status", "roleType"))
    broken = {line.id for line in roles if line.cells is None}
    if any(line.is_cut for line in roles):
        raise RefuseError
    for line in tables["users"]:
        if line.cells is None:
            continue
        if line.id in broken:
            line.cells = None
            continue
        mine = [one.cells for one in roles if one.cells and one.cells["sourcedId"] == line.id]
        best = max(mine, key=_rank_of_1_2, default=dict.fromkeys(of_roles, ""))
        line.cells |= {
            "role": _role_of_1_2(best["role"]),
            "orgSourcedIds": best["orgSourcedIds"],
        }
        line.names = {"role": "roles.role", "orgSourcedIds": "roles.orgSourcedId"}
    if not all(tables[name] for name in ("users", "classes", "enrollments", "academicSessions")):
        raise RefuseError
    return tables


def _role_of_1_2(role: str) -> str:
    staff = {"teacher", "aide", "administrator", "principal", "counselor", "siteadministrator"}
    return "teacher" if role.lower() in staff else role.lower()


def _rank_of_1_2(role: dict[str, str]) -> tuple[bool, bool, bool]:
    known = _role_of_1_2(role["role"]) in {"student", "teacher"}
    return (role["status"] != "tobedeleted", known, role["roleType"] == "primary")


def json_lines(data: bytes) -> Tables:
    tables: Tables = {name: [] for name in NEEDED}
    lines = data.rstrip(b"\r\n \t").split(b"\n")
    objects = []
    for line in lines:
        try:
            objects.append(
                json.loads(line.decode(), parse_constant=_refuse) if line.strip() else None
            )
        except ValueError:
            raise RefuseError from None
    end = objects.pop()
    if not isinstance(end, dict) or end.get("type") != "end" or end.get("lines") != len(objects):
        raise RefuseError
    for number, one in enumerate(objects, start=1):
        if one is None:
            continue
        if not isinstance(one, dict):
            raise RefuseError
        if number == 1:
            if (one.get("type"), one.get("version")) != ("manifest", "1.1"):
                raise RefuseError
            continue
        name = KINDS.get(str(one.get("type")))
        if name is None:
            raise RefuseError
        if not set(one) <= {"type", *COLUMNS[name].split(",")}:
            raise RefuseError
        cells = dict.fromkeys(NEEDED[name].split(), "")
        cells |= {key: str(value).strip() for key, value in one.items()}
        if name == "orgs":
            cells["type"] = "school"
        tables[name].append(Line("jsonl", number, cells, cells["sourcedId"]))
    if not all(tables[name] for name in ("users", "classes", "enrollments", "academicSessions")):
        raise RefuseError
    return tables


def _refuse(_: str) -> None:
    raise RefuseError


def sds_2_1(files: dict[str, bytes]) -> Tables:
    """With the mapping of tests.support.sds_export."""
    users = table(
        files,
        "users.csv",
        {
            "sourcedId": "sourcedId",
            "givenName": "givenName",
            "familyName": "familyName",
            "upn": "upn",
            "staff": "username",
            "metadata.admissionNumber": "adno",
        },
    )
    of_roles = {
        "sourcedId": "userSourcedId",
        "orgSourcedIds": "orgSourcedId",
        "role": "role",
        "grades": "grade",
        "primary": "isPrimary",
        "starts": "roleStartDate",
        "ends": "roleEndDate",
    }
    roles = table(files, "roles.csv", of_roles, optional=("grade", "isPrimary"))
    broken = {line.id for line in roles if line.cells is None}
    if any(line.is_cut for line in roles):
        raise RefuseError
    for line in users:
        if line.cells is None:
            continue
        mine = [one.cells for one in roles if one.cells and one.cells["sourcedId"] == line.id]
        if line.id in broken:
            line.cells = None
            continue
        best = max(mine, key=_rank, default=dict.fromkeys(of_roles, ""))
        cells, kind = line.cells, _sds_role(best["role"])
        line.cells = {
            **cells,
            "status": "",
            "role": kind,
            "orgSourcedIds": "S1"
            if best["orgSourcedIds"] in {"S1", "D1"}
            else best["orgSourcedIds"],
            "grades": "7" if best["grades"] == "Year 7" else best["grades"],
            "identifier": cells["staff"] if kind == "teacher" else cells["upn"],
            "metadata.admissionDate": uk(best["starts"]),
            "metadata.startDate": uk(best["starts"]),
            "metadata.leavingDate": uk(best["ends"]),
            "metadata.enrolmentStatus": "",
            "metadata.formerUpn": "",
        }
        line.names = {
            "sourcedId": "sourcedId",
            "identifier": "username" if kind == "teacher" else "upn",
            "metadata.admissionNumber": "adno",
            "metadata.admissionDate": "roles.roleStartDate",
            "metadata.startDate": "roles.roleStartDate",
            "metadata.leavingDate": "roles.roleEndDate",
            "grades": "roles.grade",
            "orgSourcedIds": "roles.orgSourcedId",
            "role": "roles.role",
        }
    sessions = table(files, "academicSessions.csv", {"sourcedId": "sourcedId", "d": "startDate"})
    for line in sessions:
        if line.cells:
            year = _year_of(uk(line.cells["d"]))
            line.cells |= {"type": "schoolYear", "schoolYear": year, "parentSourcedId": ""}
    of_classes = {
        "sourcedId": "sourcedId",
        "title": "title",
        "schoolSourcedId": "orgSourcedId",
        "termSourcedIds": "sessionSourcedIds",
    }
    classes = table(files, "classes.csv", of_classes, optional=("sessionSourcedIds",))
    for line in classes:
        if line.cells:
            org = _ours(line.cells["schoolSourcedId"])
            line.cells |= {"status": "", "grades": "", "classCode": line.id}
            line.cells["schoolSourcedId"] = org
            line.names = {**of_classes, "classCode": "sourcedId"}
    of_lists = {
        "classSourcedId": "classSourcedId",
        "userSourcedId": "userSourcedId",
        "role": "role",
    }
    lists = table(files, "enrollments.csv", of_lists)
    for line in lists:
        if line.cells:
            line.cells |= {"sourcedId": "-", "status": "", "schoolSourcedId": ""}
            line.cells["role"] = _sds_role(line.cells["role"])
    births = []
    if "demographics.csv" in files:
        of_births = {"sourcedId": "userSourcedId", "birthDate": "birthDate"}
        births = table(files, "demographics.csv", of_births, optional=("birthDate",))
    for line in births:
        if line.cells:
            line.cells |= {"status": "", "birthDate": uk(line.cells["birthDate"])}
    orgs = table(files, "orgs.csv", {"sourcedId": "sourcedId", "type": "type"})
    if not (users and classes and lists):
        raise RefuseError
    return {
        "orgs": _school_named("S1", orgs),
        "academicSessions": sessions,
        "users": users,
        "classes": classes,
        "enrollments": lists,
        "demographics": births,
    }


def sds_1(files: dict[str, bytes]) -> Tables:
    """With the mapping of tests.support.sds_export."""
    people = {
        "orgSourcedIds": "School SIS ID",
        "givenName": "First Name",
        "familyName": "Last Name",
    }
    of_students = {
        "sourcedId": "SIS ID",
        **people,
        "identifier": "Student.State ID",
        "grades": "Grade",
        "metadata.admissionNumber": "Student Number",
        "metadata.admissionDate": "Entry Date",
        "metadata.leavingDate": "Leaving Date",
        "birthDate": "Birthdate",
    }
    of_teachers = {
        "sourcedId": "SIS ID",
        **people,
        "identifier": "Teacher.Teacher Number",
        "metadata.startDate": "Start Date",
        "metadata.leavingDate": "Leaving Date",
    }
    students = table(files, "Student.csv", of_students, optional=("Grade", "Birthdate"))
    teachers = table(files, "Teacher.csv", of_teachers)
    births = []
    for line in (*students, *teachers):
        line.id = f"teacher/{line.id}" if line.file == "Teacher.csv" and line.id else line.id
        if line.cells is None:
            continue
        role = "teacher" if line.file == "Teacher.csv" else "student"
        blank = dict.fromkeys(NEEDED["users"].split(), "")
        line.cells = {**blank, **line.cells, "sourcedId": line.id, "role": role}
        for name in ("admissionDate", "startDate", "leavingDate"):
            line.cells[f"metadata.{name}"] = us(line.cells[f"metadata.{name}"])
        if line.file == "Student.csv":
            born = {"sourcedId": line.id, "status": "", "birthDate": us(line.cells["birthDate"])}
            births.append(Line(line.file, line.number, born, line.id, of_students))
    of_sections = {
        "sourcedId": "SIS ID",
        "schoolSourcedId": "School SIS ID",
        "title": "Section Name",
        "termSourcedIds": "Term StartDate",
    }
    sections = table(files, "Section.csv", of_sections, optional=("Term StartDate",))
    years = {}
    for line in sections:
        if line.cells:
            begins = line.cells["termSourcedIds"]
            year = _year_of(us(begins))
            if year:
                years[f"ending {year}"] = year
            line.cells |= {"status": "", "grades": "", "classCode": line.id}
            line.cells["termSourcedIds"] = f"ending {year}" if year else begins
            line.names = {**of_sections, "classCode": "SIS ID"}
    sessions = [
        Line("", 0, {"sourcedId": one, "schoolYear": year, "parentSourcedId": ""}, one)
        for one, year in years.items()
    ]
    lists = []
    of_lists = {"classSourcedId": "Section SIS ID", "userSourcedId": "SIS ID"}
    for name, role in (("StudentEnrollment.csv", "student"), ("TeacherRoster.csv", "teacher")):
        for line in table(files, name, of_lists):
            lists.append(line)
            if line.cells:
                user = line.cells["userSourcedId"]
                line.cells |= {"sourcedId": "-", "status": "", "schoolSourcedId": "", "role": role}
                line.cells["userSourcedId"] = (
                    f"teacher/{user}" if user and role == "teacher" else user
                )
    schools = table(files, "School.csv", {"sourcedId": "SIS ID"})
    for line in schools:
        if line.cells:
            line.cells |= {"type": "school"}
    if not ((students or teachers) and sections and lists):
        raise RefuseError
    return {
        "orgs": _school_named(None, schools),
        "academicSessions": sessions,
        "users": [*students, *teachers],
        "classes": sections,
        "enrollments": lists,
        "demographics": births,
    }


def ctf(data: bytes) -> Tables:
    try:
        root = ET.fromstring(data)  # noqa: S314 - the test's own mutated files
    except (ET.ParseError, LookupError, ValueError):
        raise RefuseError from None
    if b"<!DOCTYPE" in data or root.tag != "CTfile":
        raise RefuseError
    users, births = [], []
    of_school = [root.findtext(f"Header/SourceSchool/{name}") or "" for name in ("LEA", "Estab")]
    number = "".join(" ".join(one.split()) for one in of_school)
    names = {
        "identifier": "UPN",
        "familyName": "Surname",
        "givenName": "Forename",
        "birthDate": "DOB",
        "metadata.admissionNumber": "AdmissionNumber",
        "metadata.admissionDate": "EntryDate",
        "metadata.leavingDate": "LeavingDate",
        "grades": "NCyearActual",
        "metadata.enrolmentStatus": "EnrolStatus",
        "metadata.formerUpn": "FormerUPN",
    }
    for pupil in root.iter("Pupil"):
        said = {
            ours: " ".join((pupil.findtext(theirs) or "").split()) for ours, theirs in names.items()
        }
        cells = {**dict.fromkeys(NEEDED["users"].split(), ""), **said, "role": "student"}
        cells["sourcedId"] = cells["identifier"]
        users.append(Line("ctf.xml", 1, cells, cells["sourcedId"], names))
        if said["birthDate"]:
            born = {"sourcedId": cells["sourcedId"], "status": "", "birthDate": said["birthDate"]}
            births.append(Line("ctf.xml", 1, born, cells["sourcedId"], names))
    if not users:
        raise RefuseError
    org = {"sourcedId": "school", "type": "school", "identifier": number}
    nothing: Tables = {"academicSessions": [], "classes": [], "enrollments": []}
    orgs = [Line("", 1, org, "school")]
    return {**nothing, "orgs": orgs, "users": users, "demographics": births}


def _rank(role: dict[str, str]) -> tuple[bool, bool, bool]:
    known = _sds_role(role["role"]) in {"student", "teacher"}
    is_primary = role["primary"].lower() == "true"
    return (known and _ours(role["orgSourcedIds"]) == "S1", known, is_primary)


def _ours(org: str) -> str:
    return "S1" if {one.strip() for one in org.split(",")} & {"S1", "D1"} else org


def _sds_role(role: str) -> str:
    small = re.sub("[^a-z]", "", role.lower())
    return "teacher" if small in {"teacher", "professor", "administrator", "aide"} else small


def _school_named(id_: str | None, orgs: list[Line]) -> list[Line]:
    schools = [one for one in orgs if one.cells and (id_ is None or one.cells["sourcedId"] == id_)]
    for one in schools:
        assert one.cells is not None
        one.cells |= {"type": "school", "identifier": "6604027"}
        if id_ is None and re.fullmatch("[0-9]{7}", one.cells["sourcedId"]):
            one.cells["identifier"] = one.cells["sourcedId"]
    return schools


def uk(cell: str) -> str:
    return _turned(cell, day_first=True)


def us(cell: str) -> str:
    return _turned(cell, day_first=False)


def _turned(cell: str, *, day_first: bool) -> str:
    parts = re.split("[/.-]", cell)
    if [len(part) for part in parts[2:]] != [4] or not re.fullmatch("[0-9/.-]+", cell):
        return cell
    if not all(1 <= len(part) <= 2 for part in parts[:2]):
        return cell
    day, month = parts[:2] if day_first else parts[1::-1]
    return f"{parts[2]}-{month.zfill(2)}-{day.zfill(2)}"


def is_date(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return 1900 <= dt.date.fromisoformat(text).year <= 2199
    except ValueError:
        return False


def _year_of(day: str) -> str:
    if not is_date(day):
        return ""
    return str(int(day[:4]) + (int(day[5:7]) >= 7))


def upn_fault(text: str) -> str | None:
    if not text:
        return "upn_missing"
    if not re.fullmatch(f"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]", text):
        return "upn_malformed"
    worth = [LETTERS.index(one) if one in LETTERS else int(one) for one in text[1:]]
    total = sum(place * value for place, value in zip(range(2, 14), worth, strict=True))
    return None if LETTERS[total % 23] == text[0] else "upn_check_letter"


def judge(tables: Tables, school: str, *, is_whole: bool = True) -> Verdict:
    """What must come of these tables. Raises RefuseError."""
    return _Judge(tables, school, is_whole=is_whole).verdict()


class _Judge:
    def __init__(self, tables: Tables, school: str, *, is_whole: bool) -> None:
        self.tables = tables
        self.is_whole = is_whole
        self.found = Verdict()
        schools = [
            one.cells
            for one in tables["orgs"]
            if one.cells is not None and one.cells["type"] == "school"
        ]
        if len(schools) != 1 or schools[0]["identifier"] != school:
            raise RefuseError
        self.org = schools[0]["sourcedId"]

    def verdict(self) -> Verdict:
        for line in self.tables["academicSessions"]:
            if line.cells is None:
                self.fault(line, "", "row_width")
        for line in self.tables["demographics"]:
            faults = self.of_any(line, "demographics")
            if line.cells and line.cells["birthDate"] and not is_date(line.cells["birthDate"]):
                faults.append(("birthDate", "date_invalid"))
            self.reject(line, faults)
        good_classes, bad_classes = self.classes()
        good, bad = self.people()
        if not good and not bad:
            raise RefuseError
        filled = self.enrolments(good, bad, good_classes, bad_classes)
        if self.is_whole and good_classes and not filled:
            raise RefuseError
        return self.found

    def fault(self, line: Line, column: str, reason: str) -> None:
        self.found.faults.add((line.file, line.number, line.names.get(column, column), reason))

    def reject(self, line: Line, faults: list[tuple[str, str]]) -> bool:
        for column, reason in faults:
            self.fault(line, column, reason)
        return bool(faults)

    def of_any(self, line: Line, name: str) -> list[tuple[str, str]]:
        if line.cells is None:
            return [("", "row_width")]
        faults = []
        if not line.cells["sourcedId"]:
            faults.append(("sourcedId", "sourced_id_missing"))
        if line.cells["status"] == "tobedeleted":
            faults.append(("status", "marked_deleted"))
        for column in NEEDED[name].split():
            value = line.cells.get(column, "")
            if len(value) > 200:
                faults.append((column, "too_long"))
            if re.search("[\x00-\x1f\x7f\u2028\u2029]", value):
                faults.append((column, "control_character"))
        return faults

    def years(self) -> dict[str, str]:
        rows = {
            line.cells["sourcedId"]: line.cells
            for line in self.tables["academicSessions"]
            if line.cells
        }
        years = {}
        own = {}
        for line in self.tables["academicSessions"]:
            if line.cells and re.fullmatch("[0-9]{4}", line.cells["schoolYear"], re.ASCII):
                own[line.cells["sourcedId"]] = line.cells["schoolYear"]
        for one in rows:
            at, steps = one, 0
            while at not in own and at in rows and rows[at]["parentSourcedId"] and steps < 9:
                at, steps = rows[at]["parentSourcedId"], steps + 1
            if at in own:
                years[one] = own[at]
        return years

    def classes(self) -> tuple[dict[str, str], set[str]]:
        """Good ones: id and key; ids of rejected ones."""
        years = self.years()
        good, bad = [], set()
        for line in self.tables["classes"]:
            faults = self.of_any(line, "classes")
            year = None
            if line.cells is not None:
                cells = line.cells
                terms = {years.get(term.strip()) for term in cells["termSourcedIds"].split(",")}
                year = terms.pop() if len(terms) == 1 else None
                if not cells["classCode"]:
                    faults.append(("classCode", "class_code_missing"))
                if year is None:
                    faults.append(("termSourcedIds", "class_year_unknown"))
                if cells["schoolSourcedId"] not in {"", self.org}:
                    faults.append(("schoolSourcedId", "other_school"))
            if self.reject(line, faults):
                bad.add(line.id)
            elif line.cells is not None:
                good.append((line, line.id, (year, line.cells["classCode"])))
        ids = Counter(id_ for _, id_, _ in good)
        keys = Counter(key for _, _, key in good)
        kept = {}
        for line, id_, key in good:
            if ids[id_] > 1:
                self.fault(line, "sourcedId", "sourced_id_twice")
                bad.add(id_)
            elif keys[key] > 1:
                self.fault(line, "classCode", "class_code_twice")
                bad.add(id_)
            else:
                kept[id_] = str(key)
        return kept, bad

    def people(self) -> tuple[dict[str, str], set[str]]:
        """Good ones: id and kind; ids of rejected ones."""
        good, bad = [], set()
        for line in self.tables["users"]:
            faults = self.of_any(line, "users")
            if line.cells is None:
                self.reject(line, faults)
                bad.add(line.id)
                continue
            kind = {
                "student": "learner",
                "teacher": "staff",
                "administrator": "staff",
                "aide": "staff",
            }.get(line.cells["role"])
            if kind is None:
                continue
            faults += (
                self.of_learner(line.cells) if kind == "learner" else self.of_staff(line.cells)
            )
            orgs = line.cells["orgSourcedIds"]
            if orgs and self.org not in orgs.split(",") and orgs != self.org:
                faults.append(("orgSourcedIds", "other_school"))
            if self.reject(line, faults):
                bad.add(line.id)
            else:
                good.append((line, kind, line.cells["identifier"]))
        codes = Counter((kind, code) for _, kind, code in good)
        ids = Counter(line.id for line, _, _ in good)
        kept = {}
        for line, kind, code in good:
            if codes[kind, code] > 1:
                twice = "upn_twice" if kind == "learner" else "staff_code_twice"
                self.fault(line, "identifier", twice)
            if ids[line.id] > 1:
                self.fault(line, "sourcedId", "sourced_id_twice")
            if codes[kind, code] > 1 or ids[line.id] > 1:
                bad.add(line.id)
            else:
                kept[line.id] = kind
                self.found.people.add((kind, code))
        return kept, bad

    def of_learner(self, cells: dict[str, str]) -> list[tuple[str, str]]:
        faults = self.names(cells)
        if wrong := upn_fault(cells["identifier"]):
            faults.append(("identifier", wrong))
        if cells["metadata.formerUpn"] and upn_fault(cells["metadata.formerUpn"]):
            faults.append(("metadata.formerUpn", "former_upn_invalid"))
        if not cells["metadata.admissionNumber"]:
            faults.append(("metadata.admissionNumber", "admission_number_missing"))
        faults += self.dates(cells, "metadata.admissionDate", "admission_date_missing")
        if cells["grades"] and cells["grades"] not in YEARS:
            faults.append(("grades", "year_group_unknown"))
        if cells["metadata.enrolmentStatus"] not in {"", "C", "M", "S", "G"}:
            faults.append(("metadata.enrolmentStatus", "enrolment_status_unknown"))
        return faults

    def of_staff(self, cells: dict[str, str]) -> list[tuple[str, str]]:
        faults = self.names(cells)
        if not cells["identifier"]:
            faults.append(("identifier", "staff_code_missing"))
        return faults + self.dates(cells, "metadata.startDate", "start_date_missing")

    def names(self, cells: dict[str, str]) -> list[tuple[str, str]]:
        missing = [("familyName", "surname_missing"), ("givenName", "forename_missing")]
        return [(column, reason) for column, reason in missing if not cells[column]]

    def dates(self, cells: dict[str, str], first: str, missing: str) -> list[tuple[str, str]]:
        faults = []
        if not cells[first]:
            faults.append((first, missing))
        elif not is_date(cells[first]):
            faults.append((first, "date_invalid"))
        if cells["metadata.leavingDate"] and not is_date(cells["metadata.leavingDate"]):
            faults.append(("metadata.leavingDate", "date_invalid"))
        return faults

    def enrolments(
        self, good: dict[str, str], bad: set[str], classes: dict[str, str], bad_classes: set[str]
    ) -> bool:
        """Whether any good class has anybody in it."""
        users = {line.id for line in self.tables["users"]}
        filled = False
        for line in self.tables["enrollments"]:
            faults = self.of_any(line, "enrollments")
            if line.cells is None:
                self.reject(line, faults)
                continue
            cells = line.cells
            kind = {"student": "learner", "teacher": "staff"}.get(cells["role"])
            if kind is None and not faults:
                continue
            if cells["schoolSourcedId"] not in {"", self.org}:
                faults.append(("schoolSourcedId", "other_school"))
            if cells["classSourcedId"] not in {*classes, *bad_classes}:
                faults.append(("classSourcedId", "class_unknown"))
            user = cells["userSourcedId"]
            if not faults and user in good and good[user] != kind:
                faults.append(("role", "enrolment_role_disagrees"))
            elif not faults and user not in users:
                faults.append(("userSourcedId", "user_unknown"))
            elif not faults and user in {*good, *bad} and cells["classSourcedId"] in classes:
                filled = True
            self.reject(line, faults)
        return filled
