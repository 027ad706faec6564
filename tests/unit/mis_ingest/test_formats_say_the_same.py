"""Every format that a school's MIS may write, with a mapping file where the format needs one."""

from pathlib import Path

import pytest
from tests.support.oneroster_1_2 import oneroster_1_2
from tests.support.school_export import SCHOOL, small_school, upn, zip_of
from tests.support.sds_export import sds_1, sds_2_1

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.domain.snapshot import Snapshot, assemble
from hwb_mis_ingest.errors import UploadRefusedError

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))
SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "microsoft-sds" / "SDS_v2.1"


def read(files: dict[str, str], *, format_: str) -> Snapshot:
    data = zip_of(files)
    assert READER.check(data, SCHOOL) == format_
    return assemble(READER.open(data), school=SCHOOL, published_classes={})


def refusal_of(files: dict[str, str]) -> UploadRefusedError:
    with pytest.raises(UploadRefusedError) as refused:
        READER.check(zip_of(files), SCHOOL)
    assert refused.value.detail.startswith("Nothing was changed.")
    return refused.value


def faults(snapshot: Snapshot) -> list[tuple[str, int, str, str]]:
    return [(one.file, one.line, one.field, one.reason.value) for one in snapshot.rejections]


def facts(snapshot: Snapshot) -> list[tuple[object, ...]]:
    """What both SDS layouts say of the same people, but for their ids."""
    return [
        (
            one.code,
            one.record["forename"],
            one.record["birth_date"],
            one.record.get("admission_date") or one.record.get("start_date"),
            one.record["leaving_date"],
            one.record.get("year_group"),
            one.record["classes"],
        )
        for one in snapshot.people
    ]


PEOPLE = [
    (upn(1), "Alys", "2010-03-04", "2021-09-01", None, "7", [f"{SCHOOL}/2021-22/C1"]),
    (upn(2), "Ben", None, "2020-09-01", "2022-08-31", "8", [f"{SCHOOL}/2021-22/C1"]),
    ("MLL", "Mair", None, "2018-09-01", None, None, [f"{SCHOOL}/2021-22/C1"]),
]


def test_microsoft_sds_2_1_is_read_with_a_mapping_of_ten_lines() -> None:
    files = sds_2_1()
    assert len(files["hwb-mapping.yaml"].splitlines()) <= 10
    snapshot = read(files, format_="sds-2.1-zip")

    assert facts(snapshot) == PEOPLE
    assert snapshot.rejections == []
    assert snapshot.ignored_rows == 1


def test_microsoft_sds_1_is_read_with_a_mapping_though_a_teacher_has_a_students_number() -> None:
    snapshot = read(sds_1(), format_="sds-1-zip")

    assert facts(snapshot) == PEOPLE
    assert snapshot.rejections == []


def test_the_report_names_file_line_and_field_as_the_school_knows_them() -> None:
    files = sds_1()
    files["Student.csv"] = files["Student.csv"].replace(upn(2), "")
    files["Teacher.csv"] = files["Teacher.csv"].replace("9/1/2018", "31/1/2018")

    assert faults(read(files, format_="sds-1-zip")) == [
        ("Student.csv", 3, "Student.State ID", "upn_missing"),
        ("Teacher.csv", 2, "Start Date", "date_invalid"),
    ]

    files = sds_2_1()
    files["users.csv"] = files["users.csv"].replace("MLL", "").replace(upn(1), "A1")
    assert faults(read(files, format_="sds-2.1-zip")) == [
        ("users.csv", 2, "upn", "upn_malformed"),
        ("users.csv", 4, "username", "staff_code_missing"),
    ]


def test_a_broken_row_of_roles_rejects_the_person_instead_of_losing_the_role() -> None:
    files = sds_2_1()
    files["roles.csv"] = files["roles.csv"].replace("2,D1,Student", "2,D1,extra,Student")
    assert faults(read(files, format_="sds-2.1-zip")) == [("users.csv", 3, "", "row_width")]


def test_a_role_at_several_orgs_of_which_one_is_the_school_is_a_role_at_the_school() -> None:
    files = sds_2_1()
    files["roles.csv"] = (
        files["roles.csv"]
        .replace("3,X9,teacher,Y,,FALSE", '3,"X9, S1",teacher,Y,,FALSE')
        .replace("3,S1,professor", "3,X9,professor")
    )
    snapshot = read(files, format_="sds-2.1-zip")

    assert snapshot.rejections == []
    assert snapshot.people[2].record["start_date"] == "2010-09-01"


def test_a_broken_row_of_students_is_reported_once() -> None:
    files = sds_1()
    files["Student.csv"] = files["Student.csv"].replace("Ben,", "Ben,Ben,")
    assert faults(read(files, format_="sds-1-zip")) == [("Student.csv", 3, "", "row_width")]


@pytest.mark.parametrize("name", ["upn", "staff_code", "admission_number", "leaving_date"])
def test_a_mapping_that_leaves_out_what_is_needed_says_what(name: str) -> None:
    for files in (sds_1(), sds_2_1()):
        lines = files["hwb-mapping.yaml"].splitlines()
        files["hwb-mapping.yaml"] = "\n".join(one for one in lines if not one.startswith(name))
        refused = refusal_of(files)
        assert refused.code == "mapping_incomplete"
        assert name in refused.detail


def test_an_export_without_leavers_says_so() -> None:
    files = sds_2_1()
    files["hwb-mapping.yaml"] = files["hwb-mapping.yaml"].replace("roles.roleEndDate", "none")
    people = read(files, format_="sds-2.1-zip").people
    assert {one.record["leaving_date"] for one in people} == {None}


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("upn: [a", "mapping_invalid"),
        ("unp: Student Number", "mapping_invalid"),
        ("a: &a [1]\nb: [*a, *a]", "mapping_invalid"),
        ("dates: dutch", "mapping_invalid"),
        ("- upn", "mapping_invalid"),
        ("school: 660402", "mapping_invalid"),
        ("#" * 10_000, "mapping_invalid"),
        ("upn: nowhere to be found", "missing_column"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: str, code: str) -> None:
    files = small_school().csv_files()
    files["hwb-mapping.yaml"] = mapping
    assert refusal_of(files).code == code


def test_a_mapping_also_serves_an_export_in_oneroster() -> None:
    export = small_school()
    for row in export.rows["users"]:
        row["username"], row["identifier"] = row["identifier"], "x"
        row["metadata.startDate"] = "01/09/2018"
    export.rows["users"][0]["grades"] = "Yr 7"
    files = export.csv_files()
    files["hwb-mapping.yaml"] = (
        "upn: username\nstaff_code: username\ndates: uk\nyear_groups: {Yr 7: '7'}"
    )
    snapshot = read(files, format_="oneroster-1.1-zip")

    assert snapshot.rejections == []
    assert [one.code for one in snapshot.people] == [upn(1), upn(2), upn(3), "MLL", "RHJ"]
    assert snapshot.people[3].record["start_date"] == "2018-09-01"


@pytest.mark.parametrize(
    ("order", "written", "read_as"),
    [
        ("iso", "2022-08-31", "2022-08-31"),
        ("uk", "2022-08-31", "2022-08-31"),
        ("uk", "31/08/2022", "2022-08-31"),
        ("uk", "1.8.2022", "2022-08-01"),
        ("us", "8/1/2022", "2022-08-01"),
        ("iso", "31/08/2022", None),
        ("us", "31/08/2022", None),
        ("uk", "31/08/22", None),
        ("uk", "31/02/2022", None),
    ],
)
def test_dates_are_read_in_the_order_that_the_mapping_says(
    order: str, written: str, read_as: str | None
) -> None:
    export = small_school()
    export.rows["users"][0]["metadata.leavingDate"] = written
    files = export.csv_files()
    files["hwb-mapping.yaml"] = f"dates: {order}"
    snapshot = read(files, format_="oneroster-1.1-zip")

    if read_as is None:
        assert faults(snapshot) == [("users.csv", 2, "metadata.leavingDate", "date_invalid")]
    else:
        assert snapshot.people[0].record["leaving_date"] == read_as


def test_oneroster_1_2_says_the_same_as_1_1() -> None:
    new = read(oneroster_1_2(), format_="oneroster-1.2-zip")
    old = read(small_school().csv_files(), format_="oneroster-1.1-zip")

    assert (new.people, new.classes) == (old.people, old.classes)
    assert new.rejections == []


def test_byte_order_mark_windows_1252_line_ends_and_strange_headers_are_taken_in_stride() -> None:
    export = small_school()
    export.rows["users"][0]["givenName"] = "Siân"
    export.rows["users"][1]["email"] = "two\nlines"
    plain = assemble(READER.open(export.zip()), school=SCHOOL, published_classes={})
    messy: dict[str, str | bytes] = {}
    for name, text in export.csv_files().items():
        header, rest = text.split("\n", 1)
        if name != "manifest.csv":
            header = " , ".join(header.upper().split(",")) + ",More"
            rest = "".join(
                f"{line},\n" for line in rest.replace("two\nlines", "two lines").splitlines()
            )
        spoilt = f"{header}\n{rest}".replace("two lines", "two\nlines").replace("\n", "\r\n")
        encoded = spoilt.encode("cp1252")
        messy[name.title() if name != "orgs.csv" else name] = (
            b"\xef\xbb\xbf" + encoded if name != "users.csv" else encoded
        )
    data = zip_of(messy)
    READER.check(data, SCHOOL)
    snapshot = assemble(READER.open(data), school=SCHOOL, published_classes={})

    assert snapshot.rejections == []
    assert [one._replace(line=0) for one in snapshot.people] == [
        one._replace(line=0) for one in plain.people
    ]


SAMPLE_MAPPING = f"""\
school: {SCHOOL}
orgs: ["110003", "110001", "110002", "110004"]
upn: users.upn
staff_code: users.username
admission_number: users.sourcedId
admission_date: roles.roleStartDate
start_date: roles.roleStartDate
leaving_date: roles.roleEndDate
year_groups: {{ps1: "12"}}
"""


def samples() -> dict[str, str]:
    if not SAMPLES.is_dir():
        pytest.skip("the samples of Microsoft SDS are not on this machine")
    return {path.name: path.read_text(encoding="utf-8-sig") for path in SAMPLES.glob("*.csv")}


def test_microsofts_own_samples_are_explained_row_by_row() -> None:
    files = samples()
    assert refusal_of(files).code == "mapping_incomplete"
    mapping = SAMPLE_MAPPING.replace("users.upn", "users.email").replace("ps1", "other")
    snapshot = read({**files, "hwb-mapping.yaml": mapping}, format_="sds-2.1-zip")

    assert faults(snapshot) == [
        ("users.csv", 2, "users.email", "upn_missing"),
        ("users.csv", 4, "users.email", "upn_missing"),
        ("users.csv", 5, "users.email", "upn_missing"),
        ("users.csv", 9, "users.email", "upn_missing"),
        ("users.csv", 9, "roles.grade", "year_group_unknown"),
    ]
    assert [one.code for one in snapshot.people] == [
        "jjonzer@classrmtest31.org",
        "kfein@classrmtest31.org",
    ]


def test_every_student_and_teacher_of_microsofts_samples_is_taken_with_upns_put_in() -> None:
    files = samples()
    header, *rows = files["users.csv"].splitlines()
    with_upns = [f"{row},{upn(number)}" for number, row in enumerate(rows, start=1)]
    files["users.csv"] = "\n".join([f"{header},upn", *with_upns]) + "\n"
    assert len(SAMPLE_MAPPING.splitlines()) <= 10
    snapshot = read({**files, "hwb-mapping.yaml": SAMPLE_MAPPING}, format_="sds-2.1-zip")

    assert snapshot.rejections == []
    assert [(one.local_id, one.kind.value) for one in snapshot.people] == [
        ("114001", "learner"),
        ("114003", "learner"),
        ("114004", "learner"),
        ("114006", "staff"),
        ("114007", "staff"),
        ("114008", "learner"),
    ]
    assert {key: len(one.members) for key, one in snapshot.classes.items()} == {
        f"{SCHOOL}/2021-22/112001": 1,
        f"{SCHOOL}/2021-22/112002": 3,
    }
