"""What a school last said of a person, and when its dates count: all that the rules look at."""

from datetime import date
from typing import NamedTuple

from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.events import RecordChanged
from hwb_schemas.words import EnrolmentStatus, RecordKind, RecordState

_MAIN = (EnrolmentStatus.CURRENT, EnrolmentStatus.MAIN)
_ON_ROLL = (RecordState.ON_ROLL, RecordState.LEFT)
DIAGNOSIS_ONLY = (RecordState.REJECTED, RecordState.HELD)


class Enrolment(NamedTuple):
    """A school's word on a person under one of the person's keys.

    ``begins`` is the admission date of a learner, the start date of a member of staff.
    ``former_key`` is the UPN that this record states it had before; ``predecessor_left`` the
    leaving date of whoever had the staff code before. A named tuple, not a dataclass, because one
    is made for every event of the nation.
    """

    school: str
    key: str
    run_seq: int
    state: RecordState
    status: EnrolmentStatus
    begins: date | None
    leaving: date | None
    year_group: str | None
    classes: tuple[str, ...]
    forename: str
    surname: str
    born: date | None
    former_key: str | None = None
    predecessor_left: date | None = None


def enrolment_said(change: RecordChanged, key: str) -> Enrolment:
    """The enrolment that this event states."""
    record = change.record
    learner = change.kind is RecordKind.LEARNER
    begins = record.admission_date if learner else record.start_date
    state, leaving, predecessor_left = change.state, record.leaving_date, None
    if not learner and begins is not None and leaving is not None and leaving < begins:
        state = RecordState.ON_ROLL if state is RecordState.LEFT else state
        leaving, predecessor_left = None, leaving
    former = record.former_upn
    return Enrolment(
        change.school,
        key,
        change.run_seq,
        state,
        record.enrolment_status,
        begins,
        leaving,
        record.year_group,
        record.classes,
        record.forename,
        record.surname,
        record.birth_date,
        former if former != key else None,
        predecessor_left,
    )


def counts_from(day: date, enrolment: Enrolment, calendar: RolloverCalendar) -> date:
    """The day from which one of an enrolment's dates counts."""
    return calendar.takes_effect(day, enrolment.school[:3])


def has_begun(enrolment: Enrolment, calendar: RolloverCalendar, today: date) -> bool:
    """Whether the admission date is in effect."""
    begins = enrolment.begins
    return begins is None or begins <= today or counts_from(begins, enrolment, calendar) <= today


def has_left(enrolment: Enrolment, calendar: RolloverCalendar, today: date) -> bool:
    """Whether a leaving date is in effect. ``left`` without a date counts at once."""
    leaving = enrolment.leaving
    if leaving is None:
        return enrolment.state is RecordState.LEFT
    return leaving <= today or counts_from(leaving, enrolment, calendar) <= today


def is_main(enrolment: Enrolment) -> bool:
    """Whether it is a current (C) or main (M) enrolment, the only ones that claim."""
    return enrolment.status in _MAIN


def is_on_roll(enrolment: Enrolment, calendar: RolloverCalendar, today: date) -> bool:
    """Whether the school still has this person, the start aside."""
    return enrolment.state in _ON_ROLL and not has_left(enrolment, calendar, today)


def days_to_come(
    enrolments: tuple[Enrolment, ...], calendar: RolloverCalendar, today: date
) -> date | None:
    """The next day on which one of these dates comes into effect by itself."""
    first: date | None = None
    for enrolment in enrolments:
        for stated in (enrolment.begins, enrolment.leaving):
            if stated is None or stated <= today:
                continue
            day = counts_from(stated, enrolment, calendar)
            if day > today and (first is None or day < first):
                first = day
    return first
