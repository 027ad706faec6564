"""The events of a first provisioning and of a rollover, as mis-ingest would publish them."""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from hwb_rehearsal.broker.records import RecordToSend
from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.rows import LearnerRow, StaffRow
from hwb_rehearsal.world.wales import Roll, Wales
from hwb_schemas.events import PersonRecord, RecordChanged
from hwb_schemas.refs import class_key, staff_key
from hwb_schemas.words import EnrolmentStatus, RecordKind, RecordState

OLD_YEAR, NEW_YEAR = "2021-22", "2022-23"
FIRST_RUN, SECOND_RUN = 1, 2
CHANGES = "hwb.mis.changes"


def first_provisioning(wales: Wales, *, received_at: datetime) -> list[RecordToSend]:
    """Everyone appears, school by school."""
    return [
        event
        for roll in wales.rolls.values()
        for event in _run(roll, _people(roll, OLD_YEAR), received_at=received_at, run_seq=FIRST_RUN)
    ]


def rollover(wales: Wales, *, received_at: datetime) -> list[RecordToSend]:
    """What differs a year on: nearly everyone; who moves is told of by two schools."""
    after = roll_over(wales).rolls
    events: list[RecordToSend] = []
    for number, roll in wales.rolls.items():
        before = _people(roll, OLD_YEAR)
        now = _people(after[number], NEW_YEAR)
        changed = {key: person for key, person in now.items() if before.get(key) != person}
        events += _run(roll, changed, received_at=received_at, run_seq=SECOND_RUN)
    return events


_People = dict[str, tuple[RecordKind, PersonRecord]]


def _people(roll: Roll, academic_year: str) -> _People:
    school = roll.plan.number
    learners: Iterator[tuple[str, tuple[RecordKind, PersonRecord]]] = (
        (row.upn, (RecordKind.LEARNER, _learner(row, school, academic_year)))
        for row in roll.learners
    )
    staff: Iterator[tuple[str, tuple[RecordKind, PersonRecord]]] = (
        (
            staff_key(school, row.staff_code),
            (RecordKind.STAFF, _member(row, school, academic_year)),
        )
        for row in roll.staff
    )
    return {**dict(learners), **dict(staff)}


def _run(
    roll: Roll, people: _People, *, received_at: datetime, run_seq: int
) -> Iterator[RecordToSend]:
    run_id = str(uuid4())
    for number, (key, (kind, record)) in enumerate(people.items()):
        event = RecordChanged(
            kind=kind,
            school=roll.plan.number,
            run_id=run_id,
            run_seq=run_seq,
            state=RecordState.LEFT if record.leaving_date else RecordState.ON_ROLL,
            changed=("year_group", "classes") if run_seq > FIRST_RUN else (),
            received_at=received_at,
            record=record,
        )
        headers = _headers(event, f"{run_id}-{number}")
        yield RecordToSend(key, event.model_dump_json().encode(), headers)


def _headers(event: RecordChanged, identity: str) -> dict[str, bytes]:
    return {
        "ce_specversion": b"1.0",
        "ce_id": identity.encode(),
        "ce_source": b"/hwb/mis-ingest",
        "ce_type": event.type_of().encode(),
        "ce_time": event.received_at.isoformat().encode(),
        "content-type": b"application/json",
        "traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }


def _learner(row: LearnerRow, school: str, academic_year: str) -> PersonRecord:
    return PersonRecord(
        upn=row.upn,
        local_id=row.local_id,
        surname=row.surname,
        forename=row.forename,
        birth_date=row.birth_date,
        admission_number=row.admission_number,
        admission_date=row.admission_date,
        leaving_date=row.leaving_date,
        enrolment_status=EnrolmentStatus(row.enrolment_status or "C"),
        year_group=row.year_group,
        classes=_keys(row.classes, school, academic_year),
    )


def _member(row: StaffRow, school: str, academic_year: str) -> PersonRecord:
    return PersonRecord(
        staff_code=row.staff_code,
        local_id=row.local_id,
        surname=row.surname,
        forename=row.forename,
        start_date=row.start_date,
        leaving_date=row.leaving_date,
        classes=_keys(row.classes, school, academic_year),
    )


def _keys(codes: tuple[str, ...], school: str, academic_year: str) -> tuple[str, ...]:
    return tuple(sorted(class_key(school, academic_year, code) for code in codes))
