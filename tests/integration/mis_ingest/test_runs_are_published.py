"""Uploads from the first byte to the events on the wire, on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.support.school_export import SCHOOL, Export, small_school, upn

from hwb_mis_ingest.bootstrap import SERVICE
from hwb_runtime.testing import empty_outbox, outbox_of
from hwb_schemas.events import CaseChanged, ClassChanged, Event, RecordChanged, RunChanged
from hwb_schemas.words import RecordState

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

CLASS_7A = f"{SCHOOL}/2021-22/7A"
CLASS_7B = f"{SCHOOL}/2021-22/7B"
NO_ONE = {
    "learners": 0,
    "staff": 0,
    "classes": 0,
    "rejected": 0,
    "missing": 0,
    "held": 0,
    "kept_back": 0,
}

MODELS: dict[str, type[Event]] = {
    "hwb.mis.changes": RecordChanged,
    "hwb.mis.classes": ClassChanged,
    "hwb.mis.runs": RunChanged,
}


async def test_a_first_upload_publishes_every_record_and_class(ingest: "Ingest") -> None:
    run = await ingest.run(small_school().zip())

    assert run["status"] == "published"
    assert run["counts"] == {
        **NO_ONE,
        "learners": 3,
        "staff": 2,
        "classes": 2,
        "changes": 5,
        "class_changes": 2,
    }
    words = await ingest.words()
    assert set(words) == {upn(1), upn(2), upn(3), f"{SCHOOL}/MLL", f"{SCHOOL}/RHJ"}
    event = RecordChanged.model_validate(words[upn(1)])
    assert event.state is RecordState.ON_ROLL
    assert (event.run_id, event.run_seq, event.school) == (run["run_id"], 1, SCHOOL)
    assert event.received_at == ingest.clock.now()
    assert event.record.classes == (CLASS_7A,)
    assert str(event.record.birth_date) == "2010-03-04"
    staff = RecordChanged.model_validate(words[f"{SCHOOL}/MLL"])
    assert (staff.record.staff_code, str(staff.record.start_date)) == ("MLL", "2018-09-01")


async def test_the_json_built_by_hand_is_what_the_models_would_write(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())

    for event in await outbox_of(ingest.platform.database):
        model = MODELS[event.topic]
        value = model.model_validate(event.value, extra="forbid")
        assert event.type == value.type_of()
        written = value.model_dump(mode="json")
        given = {**written, **(event.value or {})}
        if "record" in written:
            given["record"] = {**written["record"], **given["record"]}
        given["received_at"] = written["received_at"]
        assert given == written


async def test_members_and_teachers_are_named_by_person_ref(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())

    classes = {event.key: event.value or {} for event in await ingest.published("hwb.mis.classes")}
    one = ClassChanged.model_validate(classes[CLASS_7A])
    assert one.members == tuple(sorted(ingest.refs.of(upn(serial)) for serial in (1, 2)))
    assert one.teachers == (ingest.refs.of(f"{SCHOOL}/MLL"),)
    assert (one.academic_year, one.class_code, one.year_group) == ("2021-22", "7A", "7")


async def test_the_same_upload_again_publishes_nothing_and_settles_all_the_same(
    ingest: "Ingest",
) -> None:
    await ingest.run(small_school().zip())
    run = await ingest.run(small_school().zip())

    assert (run["counts"]["changes"], run["counts"]["class_changes"]) == (0, 0)
    assert run["run_seq"] == 2
    assert await ingest.words() == {}
    assert await ingest.published("hwb.mis.classes") == []
    changes = [event.type for event in await ingest.published("hwb.mis.runs")]
    assert changes == [
        "wales.hwb.mis-ingest.run.received.v1",
        "wales.hwb.mis-ingest.run.published.v1",
    ]

    await ingest.settle(run)
    settled = await ingest.get(f"/v1/schools/{SCHOOL}/runs/{run['run_id']}")
    assert settled["status"] == "settled"
    assert settled["settled"] == {"applied": 0, "pending": 0, "parked": 0}


async def test_the_same_data_in_the_other_form_publishes_nothing(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    run = await ingest.run(small_school().jsonl())
    assert (run["counts"]["changes"], run["counts"]["class_changes"]) == (0, 0)


async def test_a_rollover_publishes_year_group_and_classes_and_withdraws_last_years_classes(
    ingest: "Ingest",
) -> None:
    await ingest.run(small_school().zip())
    export = Export(year_ends="2023")
    export.school_class("8A", grades="8")
    for serial in (1, 2, 3):
        export.learner(serial, classes=["8A"], grades="8")
    export.teacher("MLL", classes=["8A"])
    export.teacher("RHJ")
    run = await ingest.run(export.zip())

    words = await ingest.words()
    assert words[upn(1)]["changed"] == ["year_group", "classes"]
    assert words[upn(1)]["record"]["classes"] == [f"{SCHOOL}/2022-23/8A"]
    classes = {event.key: event.value or {} for event in await ingest.published("hwb.mis.classes")}
    assert {key: value["state"] for key, value in classes.items()} == {
        CLASS_7A: "withdrawn",
        CLASS_7B: "withdrawn",
        f"{SCHOOL}/2022-23/8A": "current",
    }
    assert len(classes[CLASS_7A]["members"]) == 2, "with its last lists"
    assert run["counts"]["class_changes"] == 3


async def test_a_withdrawn_class_that_is_back_is_current_again(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    await ingest.run(small_school().without("classes", "C7B").zip())
    await ingest.run(small_school().zip())

    classes = {event.key: event.value or {} for event in await ingest.published("hwb.mis.classes")}
    assert {key: value["state"] for key, value in classes.items()} == {CLASS_7B: "current"}


async def test_who_vanishes_is_missing_once_and_a_case_is_raised_and_resolved(
    ingest: "Ingest",
) -> None:
    await ingest.run(small_school().zip())
    without = small_school().without("users", "L3").without("enrollments", "EL37B")
    run = await ingest.run(without.without("demographics", "L3").zip())

    assert run["counts"]["missing"] == 1
    words = await ingest.words()
    assert {key: value["state"] for key, value in words.items()} == {upn(3): "missing"}
    assert words[upn(3)]["record"]["surname"] == "Parry 3"
    (case,) = await ingest.published("hwb.servicedesk.cases")
    raised = CaseChanged.model_validate(case.value)
    assert (case.key, raised.change.value) == (f"mis-ingest/record_missing/{SCHOOL}", "raised")
    assert raised.facts == {"missing": "1", "run_id": run["run_id"]}

    again = await ingest.run(without.zip())
    assert (again["counts"]["changes"], again["counts"]["missing"]) == (0, 0)
    assert await ingest.published("hwb.servicedesk.cases") == [], "one open case a school"

    await ingest.run(small_school().zip())
    assert (await ingest.words())[upn(3)]["state"] == "on_roll"
    (case,) = await ingest.published("hwb.servicedesk.cases")
    assert case.type == "wales.hwb.mis-ingest.case.resolved.v1"


async def test_one_that_had_left_and_vanishes_stays_left(ingest: "Ingest") -> None:
    export = small_school()
    export.learner(4, metadata_leavingDate="2022-08-31")
    await ingest.run(export.zip())
    assert (await ingest.words())[upn(4)]["state"] == "left"
    run = await ingest.run(small_school().zip())
    assert run["counts"]["changes"] == 0


async def test_a_rejected_row_neither_publishes_nor_advances_nor_counts_as_missing(
    ingest: "Ingest",
) -> None:
    await ingest.run(small_school().zip())
    export = small_school()
    export.rows["users"][0] |= {"metadata.admissionDate": "", "familyName": "Changed"}
    run = await ingest.run(export.zip())

    assert run["counts"] == {
        **NO_ONE,
        "learners": 2,
        "staff": 2,
        "classes": 2,
        "rejected": 1,
        "changes": 1,
        "kept_back": 1,
        "class_changes": 0,
    }, "and the class keeps its member"
    assert await ingest.words() == {}
    assert await ingest.kept_back() == {upn(1): ("rejected", ["admission_date_missing"])}
    report = await ingest.get(f"/v1/schools/{SCHOOL}/runs/{run['run_id']}/report")
    assert [(row["file"], row["line"], row["field"], row["reason"]) for row in report["rows"]] == [
        ("users.csv", 2, "metadata.admissionDate", "admission_date_missing")
    ]
    assert "dyddiad derbyn" in report["rows"][0]["what_to_do_cy"]
    (case,) = await ingest.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert case.value["facts"] == {"rejected": "1", "run_id": run["run_id"]}

    export.rows["users"][0]["metadata.admissionDate"] = "2021-09-01"
    mended = await ingest.run(export.zip())
    assert mended["counts"]["changes"] == 1, "what was kept back comes up again"
    (case,) = await ingest.published("hwb.servicedesk.cases")
    assert case.type == "wales.hwb.mis-ingest.case.resolved.v1"


async def test_the_report_never_shows_a_upn(ingest: "Ingest") -> None:
    export = small_school()
    export.learner(4, identifier="Z" + upn(4)[1:])
    run = await ingest.run(export.zip())
    answer = await ingest.get(f"/v1/schools/{SCHOOL}/runs/{run['run_id']}/report")
    assert upn(4)[1:] not in str(answer)
    assert answer["total"] == 1


async def test_a_permanent_upn_replaces_a_temporary_one_and_then_nothing_is_new(
    ingest: "Ingest",
) -> None:
    temporary, permanent = upn(40, temporary="V"), upn(4)
    before, after = small_school(), small_school()
    before.learner(4, identifier=temporary, classes=["7A"])
    after.learner(4, identifier=permanent, classes=["7A"])
    await ingest.run(before.zip())
    run = await ingest.run(after.zip())

    words = await ingest.words()
    assert words[permanent]["record"]["former_upn"] == temporary
    assert (words[temporary]["state"], words[permanent]["state"]) == ("replaced", "on_roll")
    assert run["counts"]["missing"] == 0
    assert run["counts"]["class_changes"] == 1, "the person_ref changed"
    again = await ingest.run(after.zip())
    assert (again["counts"]["changes"], again["counts"]["class_changes"]) == (0, 0)


async def test_a_birth_date_that_is_rejected_once_changes_nothing(ingest: "Ingest") -> None:
    await ingest.run(small_school().zip())
    export = small_school()
    export.rows["demographics"][0]["birthDate"] = "?"
    assert (await ingest.run(export.zip()))["counts"]["changes"] == 0
    export.rows["users"][0]["familyName"] = "Rees"
    await ingest.run(export.zip())
    word = (await ingest.words())[upn(1)]
    assert (word["changed"], word["record"]["birth_date"]) == (["surname"], "2010-03-04")
    export.rows["demographics"][0]["birthDate"] = "2010-03-04"
    assert (await ingest.run(export.zip()))["counts"]["changes"] == 0


async def test_odd_characters_survive_the_way_through_the_database(ingest: "Ingest") -> None:
    export = small_school()
    export.learner(4, familyName="O'Brien \\N \\t", givenName="Siân “Ŵ” \U0001f409")
    export.teacher("A\\B/C", classes=["7A"])
    await ingest.run(export.zip())
    words = await ingest.words()
    assert words[upn(4)]["record"]["surname"] == "O'Brien \\N \\t"
    assert words[upn(4)]["record"]["forename"] == "Siân “Ŵ” \U0001f409"
    assert f"{SCHOOL}/A\\B/C" in words
    assert (await ingest.run(export.zip()))["counts"]["changes"] == 0


async def test_runs_of_one_school_are_published_in_the_order_received(ingest: "Ingest") -> None:
    for surname in ("One", "Two", "Three"):
        export = small_school()
        export.rows["users"][0]["familyName"] = surname
        assert (await ingest.upload(export.zip())).status_code == 202
    await asyncio.gather(ingest.work(), ingest.work())

    events = await ingest.published("hwb.mis.changes")
    surnames = [(event.value or {})["record"]["surname"] for event in events if event.key == upn(1)]
    assert surnames == ["One", "Two", "Three"]
    sequence = [(event.value or {})["run_seq"] for event in events if event.key == upn(1)]
    assert sequence == [1, 2, 3]


async def test_schools_do_not_wait_for_each_other(ingest: "Ingest") -> None:
    for school in ("6604027", "6604028", "6614001"):
        await ingest.upload(small_school(school=school).zip(), school=school)
    await ingest.work()
    status = await ingest.get("/v1/provisioning-status")
    assert {one["school"]: one["newest_run"]["status"] for one in status["items"]} == {
        "6604027": "published",
        "6604028": "published",
        "6614001": "published",
    }


async def test_the_trace_of_the_upload_reaches_the_events(ingest: "Ingest") -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    ingest.http.headers.update(headers)
    await ingest.run(small_school().zip())
    events = await outbox_of(ingest.platform.database)
    assert {event.traceparent[3:35] for event in events} == {trace}


async def test_a_full_outbox_keeps_runs_waiting(ingest: "Ingest") -> None:
    ingest.platform.settings.outbox_max_events = 1
    async with SERVICE.worker(ingest.platform) as parts:
        await ingest.upload(small_school().zip())
        await ingest.upload(small_school(school="6604028").zip(), school="6604028")
        assert await parts.jobs[0].run_once() is False
        await empty_outbox(ingest.platform.database)
        assert await parts.jobs[0].run_once() is True


async def test_an_upload_found_unusable_only_when_it_is_read_is_refused_with_its_run(
    ingest: "Ingest",
) -> None:
    export = small_school()
    for row in export.rows["users"]:
        row["role"] = "parent"
    run = await ingest.run(export.zip())

    assert run["status"] == "refused"
    assert run["refusal"]["code"] == "nobody_there"
    events = await ingest.published("hwb.mis.runs")
    assert events[-1].type == "wales.hwb.mis-ingest.run.refused.v1"
    async with ingest.platform.database.transaction() as session:
        assert await session.fetch("SELECT 1 FROM upload_chunk") == []
    assert (await ingest.run(small_school().zip()))["status"] == "published"


async def test_last_run_is_the_last_one_that_settled(ingest: "Ingest") -> None:
    first = await ingest.run(small_school().zip())
    ingest.clock.set(datetime(2022, 8, 16, 9, 0, tzinfo=UTC))
    await ingest.settle(first, pending=2)
    second = await ingest.run(small_school().jsonl())

    status = await ingest.get(f"/v1/provisioning-status?school={SCHOOL}")
    (one,) = status["items"]
    assert one["last_run"]["run_id"] == first["run_id"]
    assert one["last_run"]["settled"] == {"applied": 5, "pending": 2, "parked": 0}
    assert one["newest_run"]["run_id"] == second["run_id"]


@pytest.mark.parametrize("form", ["zip", "jsonl"])
async def test_the_upload_itself_is_gone_once_it_is_published(ingest: "Ingest", form: str) -> None:
    await ingest.run(small_school().zip() if form == "zip" else small_school().jsonl())
    async with ingest.platform.database.transaction() as session:
        assert await session.fetch("SELECT 1 FROM upload_chunk") == []
