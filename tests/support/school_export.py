"""A small school's export, row by row, for tests of uploads in both forms."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hwb_schemas.upn import check_letter

SCHOOL = "6604027"
COLUMNS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,"
    "parentSourcedId,schoolYear",
    "users": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,"
    "givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,"
    "metadata.admissionNumber,metadata.admissionDate,metadata.startDate,metadata.leavingDate,"
    "metadata.enrolmentStatus,metadata.formerUpn",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,"
    "location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
    "userSourcedId,role,primary,beginDate,endDate",
    "demographics": "sourcedId,status,dateLastModified,birthDate,sex",
}
KINDS = {
    "orgs": "org",
    "academicSessions": "academicSession",
    "users": "user",
    "classes": "class",
    "enrollments": "enrollment",
    "demographics": "demographics",
}
Fields = dict[str, str]


def upn(serial: int, *, temporary: str = "") -> str:
    """A valid UPN; a ``temporary`` letter takes the place of the last digit."""
    rest = f"660402719{serial:03d}"[: 11 if temporary else 12] + temporary
    return check_letter(rest) + rest


def said(run: Mapping[str, Mapping[str, int]]) -> int:
    """How many words on people a run said; what is for diagnosis only does not count."""
    return run["counts"]["changes"] - run["counts"]["kept_back"]


@dataclass
class Export:
    """Rows as dicts by column name; a learner's or teacher's id is ``L<n>`` or ``T<code>``."""

    school: str = SCHOOL
    year_ends: str = "2022"
    rows: dict[str, list[Fields]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: [] for name in COLUMNS}
        org = {"sourcedId": "S1", "name": "Ysgol y Bont", "type": "school"}
        self.rows["orgs"].append(org | {"identifier": self.school})
        self.rows["academicSessions"].append(
            {"sourcedId": "Y1", "type": "schoolYear", "schoolYear": self.year_ends}
        )

    def learner(self, serial: int, *, classes: Iterable[str] = (), **changes: str) -> Fields:
        """Add a good learner's row; ``changes`` replace fields (``metadata_`` for metadata)."""
        row = {
            "sourcedId": f"L{serial}",
            "orgSourcedIds": "S1",
            "role": "student",
            "givenName": "Gwen",
            "familyName": f"Parry {serial}",
            "identifier": upn(serial),
            "grades": "7",
            "metadata.admissionNumber": f"{serial:06d}",
            "metadata.admissionDate": "2021-09-01",
        }
        row |= _fields(changes)
        self.rows["users"].append(row)
        self.rows["demographics"].append({"sourcedId": row["sourcedId"], "birthDate": "2010-03-04"})
        self._enrol(row["sourcedId"], "student", classes)
        return row

    def teacher(self, code: str, *, classes: Iterable[str] = (), **changes: str) -> Fields:
        """Add a good member of staff."""
        row = {
            "sourcedId": f"T{code}",
            "orgSourcedIds": "S1",
            "role": "teacher",
            "givenName": "Mair",
            "familyName": "Llwyd",
            "identifier": code,
            "metadata.startDate": "2018-09-01",
        }
        row |= _fields(changes)
        self.rows["users"].append(row)
        self._enrol(row["sourcedId"], "teacher", classes)
        return row

    def school_class(self, code: str, **changes: str) -> Fields:
        """Add a class; its id is ``C<code>``."""
        row = {
            "sourcedId": f"C{code}",
            "title": f"Class {code}",
            "grades": "7",
            "classCode": code,
            "schoolSourcedId": "S1",
            "termSourcedIds": "Y1",
        }
        row |= _fields(changes)
        self.rows["classes"].append(row)
        return row

    def without(self, table: str, local_id: str) -> "Export":
        """Take a row out again."""
        self.rows[table] = [row for row in self.rows[table] if row["sourcedId"] != local_id]
        return self

    def _enrol(self, user: str, role: str, classes: Iterable[str]) -> None:
        self.rows["enrollments"] += [
            {
                "sourcedId": f"E{user}{code}",
                "classSourcedId": f"C{code}",
                "schoolSourcedId": "S1",
                "userSourcedId": user,
                "role": role,
            }
            for code in classes
        ]

    def csv_files(self) -> dict[str, str]:
        """The files of the zip, by name."""
        manifest = [("manifest.version", "1.0"), ("oneroster.version", "1.1")]
        manifest += [(f"file.{name}", "bulk") for name in COLUMNS]
        files = {"manifest.csv": _csv(["propertyName", "value"], manifest)}
        for name, columns in COLUMNS.items():
            header = columns.split(",")
            rows = [[row.get(column, "") for column in header] for row in self.rows[name]]
            files[f"{name}.csv"] = _csv(header, rows)
        return files

    def zip(self) -> bytes:
        return zip_of(self.csv_files())

    def delta(self) -> bytes:
        """The zip as what is new alone, without birth dates."""
        files = self.csv_files()
        manifest = files["manifest.csv"].replace(",bulk", ",delta")
        files["manifest.csv"] = manifest.replace("demographics,delta", "demographics,absent")
        del files["demographics.csv"]
        return zip_of(files)

    def jsonl(self) -> bytes:
        lines = [json.dumps({"type": "manifest", "version": "1.1"})]
        for name, rows in self.rows.items():
            lines += [json.dumps({**row, "type": KINDS[name]}) for row in rows]
        lines.append(json.dumps({"type": "end", "lines": len(lines)}))
        return ("\n".join(lines) + "\n").encode()


def small_school(*, school: str = SCHOOL, year_ends: str = "2022") -> Export:
    """Three learners and two teachers in two classes."""
    export = Export(school, year_ends)
    export.school_class("7A")
    export.school_class("7B")
    export.learner(1, classes=["7A"])
    export.learner(2, classes=["7A"])
    export.learner(3, classes=["7B"])
    export.teacher("MLL", classes=["7A"])
    export.teacher("RHJ", classes=["7B"])
    return export


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _csv(header: list[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _fields(changes: dict[str, str]) -> Fields:
    return {name.replace("metadata_", "metadata."): value for name, value in changes.items()}
