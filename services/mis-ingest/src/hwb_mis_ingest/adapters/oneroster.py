"""OneRoster 1.1 and 1.2: a manifest says the version and whether each file is whole."""

from collections.abc import Mapping

from hwb_mis_ingest.adapters.archive import Archive
from hwb_mis_ingest.adapters.csv_upload import CsvUpload, Join, Layout, Part, Source, mapped
from hwb_mis_ingest.adapters.mapping import Mapping as SchoolMapping
from hwb_mis_ingest.adapters.school_orgs import school_rows
from hwb_mis_ingest.domain.judgement import STAFF_ROLES
from hwb_mis_ingest.domain.rows import COLUMNS, Mode, Table
from hwb_mis_ingest.errors import not_a_snapshot

MANIFEST = "manifest.csv"
ROLES = "roles.csv"
V1_1, V1_2 = "1.1", "1.2"
NEED_ROWS = (Table.USERS, Table.CLASSES, Table.ENROLLMENTS, Table.ACADEMIC_SESSIONS)
MAY_BE_ABSENT = frozenset({Table.CLASSES, Table.ENROLLMENTS, Table.DEMOGRAPHICS})
STAFF_ROLES_OF_1_2 = frozenset(
    {
        "teacher",
        "aide",
        "administrator",
        "principal",
        "counselor",
        "siteadministrator",
        "districtadministrator",
        "systemadministrator",
    }
)


def open_oneroster(archive: Archive, mapping: SchoolMapping) -> CsvUpload:
    """The upload in this zip. Raises UploadRefusedError."""
    properties = _manifest(archive)
    version = properties.get("oneroster.version", "")
    if version not in {V1_1, V1_2}:
        found = f"says {version[:20]}" if version else "does not say which"
        raise not_a_snapshot(f"oneroster.version in {MANIFEST} must be 1.1 or 1.2; it {found}.")
    modes = {table: _mode(properties, table) for table in Table}
    for table, mode in modes.items():
        if mode is not Mode.ABSENT:
            archive.actual_name(f"{table}.csv")
    join = None
    if version == V1_2:
        archive.actual_name(ROLES)
        join = Join(ROLES, "userSourcedId", "roles", lambda row: _rank_of_role(row, mapping))
    layout = Layout(
        format=f"oneroster-{version}-zip",
        parts={table: (_part(table, mapping, join),) for table in Table if table is not Table.ORGS},
        made={Table.ORGS: lambda: school_rows(archive, "orgs.csv", mapping)},
        modes=modes,
        need_rows=NEED_ROWS,
    )
    return CsvUpload(archive, layout)


def _manifest(archive: Archive) -> dict[str, str]:
    file = archive.csv(MANIFEST)
    properties = {}
    for _, cells, broken in file.rows():
        values = cells or broken
        if len(values) > 1:
            properties[values[0].strip()] = values[1].strip()
    return properties


def _mode(properties: Mapping[str, str], table: Table) -> Mode:
    said = properties.get(f"file.{table}", "")
    try:
        mode = Mode(said)
    except ValueError:
        mode = Mode.PARTIAL
    if mode is Mode.PARTIAL:
        found = f"is {said[:20]}" if said else "is not there"
        raise not_a_snapshot(
            f"file.{table} in {MANIFEST} must be bulk, delta or absent; it {found}."
        )
    if mode is Mode.ABSENT and table not in MAY_BE_ABSENT:
        raise not_a_snapshot(f"file.{table} in {MANIFEST} may not be absent.")
    return mode


def _part(table: Table, mapping: SchoolMapping, join: Join | None) -> Part:
    columns = {name: Source(name) for name in COLUMNS[table]}
    match table:
        case Table.USERS:
            return _users(columns, mapping, join)
        case Table.CLASSES:
            columns["classCode"] = mapped(mapping.class_code, columns["classCode"])
            if mapping.orgs:
                columns["schoolSourcedId"] = Source("schoolSourcedId", convert=mapping.org)
            if mapping.year_groups:
                columns["grades"] = Source("grades", convert=mapping.year_group_of)
        case Table.ENROLLMENTS:
            if mapping.orgs:
                columns["schoolSourcedId"] = Source("schoolSourcedId", convert=mapping.org)
        case Table.DEMOGRAPHICS:
            columns["birthDate"] = _dated(mapping, "birthDate")
    return Part(f"{table}.csv", tuple(columns.values()))


def _users(columns: dict[str, Source], mapping: SchoolMapping, join: Join | None) -> Part:
    if join is not None:
        columns["orgSourcedIds"] = Source("roles.orgSourcedId")
        columns["role"] = Source("roles.role", convert=_role_of_1_2)
    if mapping.orgs:
        org = columns["orgSourcedIds"].column
        columns["orgSourcedIds"] = Source(org, convert=mapping.org)
    if mapping.year_groups or mapping.year_group:
        columns["grades"] = Source(mapping.year_group or "grades", convert=mapping.year_group_of)
    for column, place in (
        ("metadata.admissionDate", mapping.admission_date),
        ("metadata.startDate", mapping.start_date),
        ("metadata.leavingDate", mapping.leaving_date),
    ):
        columns[column] = mapped(place, _dated(mapping, column), convert=mapping.date)
    for column, place in (
        ("metadata.admissionNumber", mapping.admission_number),
        ("metadata.enrolmentStatus", mapping.enrolment_status),
        ("metadata.formerUpn", mapping.former_upn),
    ):
        columns[column] = mapped(place, columns[column])
    identifier = columns["identifier"]
    learner = {**columns, "identifier": mapped(mapping.upn, identifier)}
    staff = {**columns, "identifier": mapped(mapping.staff_code, identifier)}
    sources = tuple(learner.values())
    differs = learner["identifier"] != staff["identifier"]
    return Part("users.csv", sources, tuple(staff.values()) if differs else None, join)


def _dated(mapping: SchoolMapping, column: str) -> Source:
    return Source(column) if mapping.dates == "iso" else Source(column, convert=mapping.date)


def _role_of_1_2(role: str) -> str:
    small = role.lower()
    return "teacher" if small in STAFF_ROLES_OF_1_2 | STAFF_ROLES else small


def _rank_of_role(row: Mapping[str, str], mapping: SchoolMapping) -> tuple[int, ...]:
    """The role at the school itself goes before others, then the primary one."""
    known = _role_of_1_2(row.get("role", "")) in {"student", "teacher"}
    ours = mapping.is_ours(row.get("orgsourcedid", ""))
    current = row.get("status", "") != "tobedeleted"
    return (current, known and ours, known, row.get("roletype", "") == "primary")
