"""Deltas, absent files and CTFs: what they do not say is as it was, and nobody is missing."""

import pytest
from tests.support.ctf_export import ctf, pupil
from tests.support.school_export import SCHOOL, Export, small_school, upn, zip_of

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.domain.difference import Published, words_of_run
from hwb_mis_ingest.domain.judgement import Person
from hwb_mis_ingest.domain.merged import (
    LastClass,
    LastSaid,
    MergedFiles,
    is_whole,
    without_the_unsaid,
)
from hwb_mis_ingest.domain.snapshot import Snapshot, assemble
from hwb_mis_ingest.errors import UploadRefusedError
from hwb_schemas.words import RecordState

READER = UploadReader(Limits(unpacked_bytes=10_000_000, rows=100_000))
A, B = f"{SCHOOL}/2021-22/7A", f"{SCHOOL}/2021-22/7B"


def whole() -> Snapshot:
    return assemble(READER.open(small_school().zip()), school=SCHOOL, published_classes={})


def said(snapshot: Snapshot) -> LastSaid:
    people = [Published(one.kind, one.code, one.state, one.record) for one in snapshot.people]
    classes = [
        LastClass(key, one.local_id, one.academic_year, one.class_code, one.title, one.year_group)
        for key, one in snapshot.classes.items()
    ]
    return LastSaid(people, classes)


def merged(data: bytes) -> Snapshot:
    files = READER.open(data)
    assert not is_whole(files)
    published = {one.local_id: one.class_key for one in said(whole()).classes}
    return assemble(MergedFiles(files, said(whole())), school=SCHOOL, published_classes=published)


def delta_of(export: Export, **modes: str) -> bytes:
    """The export with other modes in its manifest; absent files are not there."""
    files = export.csv_files()
    for table, mode in modes.items():
        files["manifest.csv"] = files["manifest.csv"].replace(
            f"file.{table},bulk", f"file.{table},{mode}"
        )
        if mode == "absent":
            del files[f"{table}.csv"]
    return zip_of(files)


ALL_DELTA = dict.fromkeys(
    ("academicSessions", "users", "classes", "enrollments", "demographics"), "delta"
)


def people_of(snapshot: Snapshot) -> dict[str, Person]:
    return {one.code: one._replace(line=0) for one in snapshot.people}


def test_an_empty_delta_says_nothing_new() -> None:
    snapshot = merged(delta_of(Export(), **ALL_DELTA))

    assert people_of(snapshot) == people_of(whole())
    assert snapshot.classes == whole().classes
    assert (snapshot.rejections, snapshot.rejected_rows) == ([], 0)


def test_a_delta_with_one_changed_learner_changes_that_learner_alone() -> None:
    export = Export()
    export.learner(2, familyName="Rees")
    export.learner(9, classes=[])
    now, before = people_of(merged(delta_of(export, **ALL_DELTA))), people_of(whole())

    assert now[upn(2)].record == {**before[upn(2)].record, "surname": "Rees"}
    assert now[upn(9)].record["classes"] == []
    assert {code: one for code, one in now.items() if code not in {upn(2), upn(9)}} == {
        code: one for code, one in before.items() if code != upn(2)
    }


def test_a_delta_moves_a_learner_between_classes_without_a_row_of_users() -> None:
    export = Export()
    rows = export.rows["enrollments"]
    rows.append(
        {"sourcedId": "1", "classSourcedId": "C7B", "userSourcedId": "L1", "role": "student"}
    )
    rows.append(
        {
            "sourcedId": "2",
            "status": "tobedeleted",
            "classSourcedId": "C7A",
            "userSourcedId": "L1",
            "role": "student",
        }
    )
    snapshot = merged(delta_of(export, **ALL_DELTA))

    assert people_of(snapshot)[upn(1)].record["classes"] == [B]
    assert snapshot.classes[A].members == [upn(2)]
    assert sorted(snapshot.classes[B].members) == sorted([upn(1), upn(3)])


def test_a_delta_withdraws_a_class_that_is_marked_as_deleted() -> None:
    export = Export()
    export.school_class("7B", status="tobedeleted")
    snapshot = merged(delta_of(export, **ALL_DELTA))

    assert set(snapshot.classes) == {A}
    assert people_of(snapshot)[upn(3)].record["classes"] == []
    assert snapshot.rejections == []


def test_a_person_marked_as_deleted_in_a_delta_is_rejected_and_stays() -> None:
    export = Export()
    export.learner(1, status="tobedeleted")
    snapshot = merged(delta_of(export, **ALL_DELTA))

    assert [one.reason.value for one in snapshot.rejections] == ["marked_deleted"]
    assert snapshot.shield.covers(upn(1), "L1", None)
    assert snapshot.classes[A].unsure == [(people_of(whole())[upn(1)].kind, "L1")]


def test_a_bulk_file_of_people_without_class_files_leaves_the_classes_as_they_were() -> None:
    export = small_school().without("users", "L2")
    snapshot = merged(
        delta_of(export, classes="absent", enrollments="absent", demographics="absent")
    )
    before = people_of(whole())
    del before[upn(2)]

    assert people_of(snapshot) == before
    assert snapshot.classes[A].members == [upn(1)]
    assert set(snapshot.classes) == {A, B}
    assert snapshot.rejections == []


def test_only_a_whole_list_of_people_can_make_somebody_missing() -> None:
    export = Export()
    export.learner(3, identifier=upn(30), metadata_admissionNumber="999999")
    files = READER.open(delta_of(export, **ALL_DELTA))
    snapshot = merged(delta_of(export, **ALL_DELTA))
    (vanished,) = [one for one in said(whole()).people if one.code == upn(3)]
    index = [one.code for one in snapshot.people].index(upn(30))
    words = words_of_run(
        people=snapshot.people,
        differing={index: None},
        vanished=[vanished],
        shield=snapshot.shield,
    )

    assert RecordState.MISSING in {word.state for word in words}
    assert [word.code for word in without_the_unsaid(words, files)] == [upn(30)]


def test_a_ctf_changes_what_it_says_of_a_learner_who_is_known() -> None:
    history = (
        "<SchoolHistory><School><LEA>660</LEA><Estab>2000</Estab><EntryDate>2014-09-01</EntryDate>"
        "<LeavingDate>2021-07-20</LeavingDate></School><School><LEA>660</LEA><Estab>4027</Estab>"
        "<EntryDate>2021-09-01</EntryDate><LeavingDate>2022-07-20</LeavingDate></School>"
        "</SchoolHistory>"
    )
    data = ctf(
        pupil(
            upn(1),
            surname="Parry\n  Williams",
            more=f"<BasicDetails><NCyearActual>8</NCyearActual></BasicDetails>{history}",
        )
    )
    READER.check(data, SCHOOL)
    now, before = people_of(merged(data)), people_of(whole())

    assert now[upn(1)].record == {
        **before[upn(1)].record,
        "surname": "Parry Williams",
        "year_group": "8",
        "leaving_date": "2022-07-20",
    }
    assert now[upn(1)].state is RecordState.LEFT
    assert {**now, upn(1): None} == {**before, upn(1): None}


def test_a_ctf_with_a_former_upn_is_about_the_learner_who_had_it() -> None:
    data = ctf(pupil(upn(4), more=f"<FormerUPN>{upn(1)}</FormerUPN>"))
    now = people_of(merged(data))

    assert now[upn(4)].record["former_upn"] == upn(1)
    assert now[upn(4)].record["classes"] == [A]
    assert upn(1) not in now


def test_a_learner_whom_only_a_ctf_knows_needs_an_admission_number_first() -> None:
    snapshot = merged(ctf(pupil(upn(8))))

    assert [(one.file, one.line, one.field, one.reason.value) for one in snapshot.rejections] == [
        ("ctf.xml", 1, "AdmissionNumber", "admission_number_missing"),
        ("ctf.xml", 1, "EntryDate", "admission_date_missing"),
    ]


def test_a_ctf_in_a_zip_may_have_a_mapping() -> None:
    more = "<BasicDetails><Ref>77</Ref><Start>01/09/2021</Start></BasicDetails>"
    files: dict[str, str | bytes] = {
        "6604027_CTF_6604028_001.XML": ctf(pupil(upn(8), more=more)),
        "hwb-mapping.yaml": "admission_number: Ref\nadmission_date: Start\ndates: uk\n",
    }
    snapshot = merged(zip_of(files))

    assert snapshot.rejections == []
    assert people_of(snapshot)[upn(8)].record["admission_date"] == "2021-09-01"


BILLION_LAUGHS = (
    '<!DOCTYPE CTfile [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)
EXTERNAL_ENTITY = '<!DOCTYPE CTfile [<!ENTITY p SYSTEM "file:///etc/passwd">]>'
PARAMETER_ENTITY = '<!DOCTYPE CTfile [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (ctf(before='<!DOCTYPE CTfile [<!ENTITY a "aaaa">]>'), "entity_declared"),
        (ctf(pupil("&l9;"), before=BILLION_LAUGHS), "entity_declared"),
        (ctf(pupil("&p;"), before=EXTERNAL_ENTITY), "entity_declared"),
        (ctf(before=PARAMETER_ENTITY), "entity_declared"),
        (ctf(before='<!DOCTYPE CTfile SYSTEM "file:///etc/passwd">'), "entity_declared"),
        (ctf(pupil("&nobody;")), "malformed"),
        (ctf()[:-40], "truncated"),
        (ctf().replace(b"</UPN>", b"</UPM>", 1), "malformed"),
        (ctf(school="6604028"), "wrong_school"),
        (ctf(" "), "no_rows"),
        (ctf("<a>" * 50 + "</a>" * 50), "malformed"),
        (ctf().replace(b"utf-8", b"klingon"), "not_utf8"),
        (b"<CTfile/>", "wrong_school"),
    ],
)
def test_a_ctf_that_cannot_be_taken_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(UploadRefusedError) as refused:
        READER.check(data, SCHOOL)
    assert refused.value.code == code
