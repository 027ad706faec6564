"""Every rule about a row, with a good school around it."""

from pathlib import Path

import pytest
from tests.support.school_export import SCHOOL, Export, small_school, upn, zip_of

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.domain.reasons import WHAT_TO_DO, Reason
from hwb_mis_ingest.domain.snapshot import NobodyThereError, Snapshot, academic_year, assemble
from hwb_schemas.words import RecordKind, RecordState

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))


def read(export: Export, *, published_classes: dict[str, str] | None = None) -> Snapshot:
    data = export.zip()
    READER.check(data, SCHOOL)
    return assemble(READER.open(data), school=SCHOOL, published_classes=published_classes or {})


def faults(snapshot: Snapshot) -> list[tuple[str, int, str, str]]:
    return [(one.file, one.line, one.field, one.reason.value) for one in snapshot.rejections]


def test_a_good_school_is_taken_whole() -> None:
    snapshot = read(small_school())

    assert snapshot.rejections == []
    assert [person.kind for person in snapshot.people] == [RecordKind.LEARNER] * 3 + [
        RecordKind.STAFF
    ] * 2
    assert snapshot.people[0].record == {
        "upn": upn(1),
        "former_upn": None,
        "local_id": "L1",
        "surname": "Parry 1",
        "forename": "Gwen",
        "birth_date": "2010-03-04",
        "admission_number": "000001",
        "admission_date": "2021-09-01",
        "leaving_date": None,
        "enrolment_status": "C",
        "year_group": "7",
        "classes": [f"{SCHOOL}/2021-22/7A"],
    }
    one = snapshot.classes[f"{SCHOOL}/2021-22/7A"]
    assert (one.members, one.teachers) == ([upn(1), upn(2)], ["MLL"])


def test_json_lines_say_the_same_as_the_zip() -> None:
    export = small_school()
    export.learner(4, classes=["7A", "7B"], metadata_leavingDate="2022-08-31")
    by_zip, by_lines = (
        assemble(READER.open(data), school=SCHOOL, published_classes={})
        for data in (export.zip(), export.jsonl())
    )

    assert [one._replace(line=0) for one in by_zip.people] == [
        one._replace(line=0) for one in by_lines.people
    ]
    assert by_zip.classes == by_lines.classes


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"identifier": ""}, "identifier", Reason.UPN_MISSING),
        ({"identifier": "A12"}, "identifier", Reason.UPN_MALFORMED),
        ({"identifier": "I" + upn(4)[1:]}, "identifier", Reason.UPN_MALFORMED),
        ({"identifier": upn(4)[:12] + "S"}, "identifier", Reason.UPN_MALFORMED),
        (
            {"identifier": ("B" if upn(4)[0] == "A" else "A") + upn(4)[1:]},
            "identifier",
            Reason.UPN_CHECK_LETTER,
        ),
        ({"metadata_formerUpn": "A12"}, "metadata.formerUpn", Reason.FORMER_UPN_INVALID),
        ({"familyName": " "}, "familyName", Reason.SURNAME_MISSING),
        ({"givenName": ""}, "givenName", Reason.FORENAME_MISSING),
        (
            {"metadata_admissionNumber": ""},
            "metadata.admissionNumber",
            Reason.ADMISSION_NUMBER_MISSING,
        ),
        ({"metadata_admissionDate": ""}, "metadata.admissionDate", Reason.ADMISSION_DATE_MISSING),
        ({"metadata_admissionDate": "01/09/2021"}, "metadata.admissionDate", Reason.DATE_INVALID),
        ({"metadata_admissionDate": "2021-02-30"}, "metadata.admissionDate", Reason.DATE_INVALID),
        ({"metadata_leavingDate": "20220831"}, "metadata.leavingDate", Reason.DATE_INVALID),
        ({"metadata_leavingDate": "2022-W01-1"}, "metadata.leavingDate", Reason.DATE_INVALID),
        ({"grades": "15"}, "grades", Reason.YEAR_GROUP_UNKNOWN),
        ({"grades": "07"}, "grades", Reason.YEAR_GROUP_UNKNOWN),
        (
            {"metadata_enrolmentStatus": "X"},
            "metadata.enrolmentStatus",
            Reason.ENROLMENT_STATUS_UNKNOWN,
        ),
        ({"orgSourcedIds": "S2"}, "orgSourcedIds", Reason.OTHER_SCHOOL),
        ({"status": "tobedeleted"}, "status", Reason.MARKED_DELETED),
        ({"familyName": "x" * 201}, "familyName", Reason.TOO_LONG),
        ({"familyName": "Par\x07ry"}, "familyName", Reason.CONTROL_CHARACTER),
    ],
)
def test_a_faulty_learner_is_rejected_with_line_field_and_reason(
    changes: dict[str, str], field: str, reason: Reason
) -> None:
    export = small_school()
    export.learner(4, **changes)
    snapshot = read(export)

    assert faults(snapshot) == [("users.csv", 7, field, reason.value)]
    assert len(snapshot.people) == 5, "the rest goes on"
    assert snapshot.rejected_rows == 1


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"identifier": ""}, "identifier", Reason.STAFF_CODE_MISSING),
        ({"metadata_startDate": ""}, "metadata.startDate", Reason.START_DATE_MISSING),
        ({"metadata_startDate": "soon"}, "metadata.startDate", Reason.DATE_INVALID),
        ({"metadata_leavingDate": "2022-13-01"}, "metadata.leavingDate", Reason.DATE_INVALID),
        ({"familyName": ""}, "familyName", Reason.SURNAME_MISSING),
        ({"sourcedId": ""}, "sourcedId", Reason.SOURCED_ID_MISSING),
    ],
)
def test_a_faulty_member_of_staff_is_rejected(
    changes: dict[str, str], field: str, reason: Reason
) -> None:
    export = small_school()
    export.teacher("NEW", **changes)

    assert faults(read(export)) == [("users.csv", 7, field, reason.value)]


def test_every_fault_of_a_row_is_reported_and_the_row_counts_once() -> None:
    export = small_school()
    export.learner(4, identifier="", familyName="", grades="Year 7")
    snapshot = read(export)

    assert {one.reason for one in snapshot.rejections} == {
        Reason.UPN_MISSING,
        Reason.SURNAME_MISSING,
        Reason.YEAR_GROUP_UNKNOWN,
    }
    assert snapshot.rejected_rows == 1


@pytest.mark.parametrize("grades", ["N1", "N2", "R", "1", "14", ""])
def test_every_year_group_of_wales_is_known(grades: str) -> None:
    export = small_school()
    export.learner(4, grades=grades)

    assert read(export).rejections == []


def test_temporary_and_former_upns_are_upns() -> None:
    export = small_school()
    export.learner(4, identifier=upn(40, temporary="V"))
    export.learner(5, metadata_formerUpn=upn(50, temporary="A"))
    snapshot = read(export)

    assert snapshot.rejections == []
    assert [one.former_upn for one in snapshot.people if one.former_upn] == [upn(50, temporary="A")]


def test_two_rows_with_one_staff_code_are_both_rejected() -> None:
    export = small_school()
    export.teacher("MLL", sourcedId="T9")
    snapshot = read(export)

    assert [(one.line, one.reason) for one in snapshot.rejections] == [
        (5, Reason.STAFF_CODE_TWICE),
        (7, Reason.STAFF_CODE_TWICE),
    ]
    assert "MLL" not in {person.code for person in snapshot.people}


def test_two_rows_with_one_upn_are_both_rejected() -> None:
    export = small_school()
    export.learner(9, identifier=upn(1))

    assert [one.reason for one in read(export).rejections] == [Reason.UPN_TWICE] * 2


def test_two_rows_with_one_sourced_id_are_both_rejected() -> None:
    export = small_school()
    export.learner(9, sourcedId="L1")

    assert [one.reason for one in read(export).rejections] == [Reason.SOURCED_ID_TWICE] * 2


def test_a_leaving_date_makes_the_state_left_even_when_it_is_in_the_future() -> None:
    export = small_school()
    export.learner(4, metadata_leavingDate="2099-08-31")

    states = {one.code: one.state for one in read(export).people}
    assert states[upn(4)] is RecordState.LEFT
    assert states[upn(1)] is RecordState.ON_ROLL


def test_other_roles_are_ignored_and_counted() -> None:
    export = small_school()
    export.learner(4, role="parent", identifier="")
    snapshot = read(export)

    assert snapshot.rejections == []
    assert snapshot.ignored_rows == 1


def test_a_row_of_another_width_is_rejected_where_it_stands() -> None:
    files = small_school().csv_files()
    lines = files["users.csv"].splitlines()
    lines[2] += ",one more"
    data = _zip_with(files, "users.csv", "\n".join(lines) + "\n")
    snapshot = assemble(READER.open(data), school=SCHOOL, published_classes={})

    assert faults(snapshot) == [("users.csv", 3, "", "row_width")]
    assert snapshot.shield.covers("other", "L2", None)


def test_a_quoted_line_break_in_a_column_that_is_not_used_moves_the_line_numbers_along() -> None:
    export = small_school()
    export.rows["users"][0]["email"] = "two\nlines"
    export.learner(4, identifier="")

    assert faults(read(export)) == [("users.csv", 8, "identifier", "upn_missing")]


def test_a_name_on_two_lines_of_a_spreadsheet_cell_is_one_name() -> None:
    export = small_school()
    export.rows["users"][0]["familyName"] = "Parry\r\nWilliams"
    snapshot = read(export)

    assert snapshot.rejections == []
    assert snapshot.people[0].record["surname"] == "Parry Williams"


def test_who_is_on_a_list_without_being_there_is_reported() -> None:
    export = small_school()
    export.rows["enrollments"] += [
        {"sourcedId": "E8", "classSourcedId": "C7A", "userSourcedId": "L99", "role": "student"},
        {"sourcedId": "E9", "classSourcedId": "C9Z", "userSourcedId": "L1", "role": "student"},
        {"sourcedId": "E10", "classSourcedId": "C7B", "userSourcedId": "L1", "role": "teacher"},
    ]

    assert faults(read(export)) == [
        ("enrollments.csv", 7, "userSourcedId", "user_unknown"),
        ("enrollments.csv", 8, "classSourcedId", "class_unknown"),
        ("enrollments.csv", 9, "role", "enrolment_role_disagrees"),
    ]


def test_two_classes_with_one_code_in_one_year_are_both_rejected_and_stay_as_they_were() -> None:
    export = small_school()
    export.school_class("7A", sourcedId="C77")
    snapshot = read(export)

    assert [one.reason for one in snapshot.rejections] == [Reason.CLASS_CODE_TWICE] * 2
    assert set(snapshot.classes) == {f"{SCHOOL}/2021-22/7B"}
    assert f"{SCHOOL}/2021-22/7A" in snapshot.rejected_class_keys


def test_people_stay_in_a_published_class_whose_row_is_rejected() -> None:
    export = small_school()
    export.rows["classes"][0]["classCode"] = ""
    key = f"{SCHOOL}/2021-22/7A"
    snapshot = read(export, published_classes={"C7A": key})

    assert faults(snapshot) == [("classes.csv", 2, "classCode", "class_code_missing")]
    assert snapshot.people[0].record["classes"] == [key]
    assert key in snapshot.rejected_class_keys


def test_a_class_finds_its_year_through_the_parents_of_its_term() -> None:
    export = small_school()
    export.rows["academicSessions"] += [
        {"sourcedId": "TM", "type": "term", "parentSourcedId": "Y1"},
        {"sourcedId": "LOST", "type": "term", "parentSourcedId": "nowhere"},
    ]
    export.school_class("7C", termSourcedIds="TM")
    export.school_class("7D", termSourcedIds="LOST")
    snapshot = read(export)

    assert f"{SCHOOL}/2021-22/7C" in snapshot.classes
    assert [one.reason for one in snapshot.rejections] == [Reason.CLASS_YEAR_UNKNOWN]


def test_sessions_that_are_each_others_parent_end_nowhere() -> None:
    export = small_school()
    export.rows["academicSessions"] += [
        {"sourcedId": "A", "type": "term", "parentSourcedId": "B"},
        {"sourcedId": "B", "type": "term", "parentSourcedId": "A"},
    ]
    export.school_class("7C", termSourcedIds="A")

    assert [one.reason for one in read(export).rejections] == [Reason.CLASS_YEAR_UNKNOWN]


def test_a_rejected_birth_date_rejects_that_row_alone() -> None:
    export = small_school()
    export.rows["demographics"][0]["birthDate"] = "4 March"
    snapshot = read(export)

    assert faults(snapshot) == [("demographics.csv", 2, "birthDate", "date_invalid")]
    assert snapshot.birth_date_unsure == {upn(1)}


def test_an_upload_of_nobody_is_never_everyone_left() -> None:
    export = small_school()
    for row in export.rows["users"]:
        row["role"] = "parent"
    with pytest.raises(NobodyThereError):
        read(export)


def test_an_upload_with_every_class_empty_is_refused() -> None:
    export = small_school()
    for row in export.rows["enrollments"]:
        row["role"] = "proctor"
    with pytest.raises(NobodyThereError):
        read(export)


@pytest.mark.parametrize(
    ("ends_in", "year"),
    [("2022", "2021-22"), ("2000", "1999-00"), ("22", None), ("", None), ("2O22", None)],
)
def test_a_school_year_is_named_by_both_its_years(ends_in: str, year: str | None) -> None:
    assert academic_year(ends_in) == year


def test_every_reason_says_what_to_do_in_two_languages() -> None:
    for reason in Reason:
        words = WHAT_TO_DO[reason]
        assert words.en
        assert words.cy
        assert words.en != words.cy


def _zip_with(files: dict[str, str], name: str, text: str) -> bytes:
    return zip_of({**files, name: text})


def test_the_reference_lists_every_reason() -> None:
    reference = Path(__file__).parents[3] / "docs" / "reference" / "upload-format.md"
    text = reference.read_text()
    for reason in Reason:
        words = WHAT_TO_DO[reason]
        assert f"| `{reason.value}` | {words.en} | {words.cy} |" in text
