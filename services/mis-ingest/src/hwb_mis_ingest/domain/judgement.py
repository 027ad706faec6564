"""What a row about a person must have (DESIGN 6, Ingest): judged on the row alone."""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from hwb_mis_ingest.domain.reasons import Reason
from hwb_mis_ingest.domain.rows import Fault
from hwb_schemas.upn import has_upn_shape, is_valid_upn
from hwb_schemas.words import RecordKind, RecordState

LEARNER_ROLES = frozenset({"student"})
STAFF_ROLES = frozenset({"teacher", "administrator", "aide"})
YEAR_GROUPS = frozenset({"N1", "N2", "R", *(str(year) for year in range(1, 15))})
ENROLMENT_STATUSES = frozenset("CMSG")
LONGEST_VALUE = 200

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Person(NamedTuple):
    """A good row about a learner or a member of staff.

    ``code`` is the UPN or staff code. ``record`` is the event's ``PersonRecord`` as a plain dict in
    the order of its fields; its ``classes`` are set when the class lists are known.
    """

    kind: RecordKind
    code: str
    local_id: str
    state: RecordState
    record: dict[str, object]
    line: int

    @property
    def former_upn(self) -> str | None:
        return self.record.get("former_upn")  # type: ignore[return-value] # the dict is JSON

    @property
    def admission_number(self) -> str | None:
        return self.record.get("admission_number")  # type: ignore[return-value] # the dict is JSON


@lru_cache(maxsize=4096)
def is_iso_date(text: str) -> bool:
    """Whether this is a day of the calendar written year-month-day, within living memory."""
    if _ISO_DATE.fullmatch(text) is None:
        return False
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def faults_of_any_row(values: tuple[str, ...], columns: tuple[str, ...]) -> list[Fault]:
    """What may be wrong with a row of any table: its first column is the sourcedId."""
    faults = []
    joined = "".join(values)
    if not values[0]:
        faults.append(Fault(columns[0], Reason.SOURCED_ID_MISSING))
    if values[1] == "tobedeleted":
        faults.append(Fault(columns[1], Reason.MARKED_DELETED))
    if len(joined) > LONGEST_VALUE:
        faults += [
            Fault(column, Reason.TOO_LONG)
            for column, value in zip(columns, values, strict=True)
            if len(value) > LONGEST_VALUE
        ]
    if not joined.isprintable() and _CONTROL.search(joined):
        faults += [
            Fault(column, Reason.CONTROL_CHARACTER)
            for column, value in zip(columns, values, strict=True)
            if _CONTROL.search(value)
        ]
    return faults


def judge_learner(
    values: tuple[str, ...], line: int, birth_date: str | None, faults: list[Fault]
) -> Person:
    """The learner of a row of users; what is wrong with it is added to ``faults``.

    Where there are faults the result must not be used.
    """
    (
        local_id, _status, _orgs, _role, forename, surname, upn, year_group,
        admission_number, admission_date, _start_date, leaving_date, enrolment, former_upn,
    ) = values  # fmt: skip
    if not is_valid_upn(upn):
        faults.append(Fault("identifier", _what_is_wrong(upn)))
    if former_upn and not is_valid_upn(former_upn):
        faults.append(Fault("metadata.formerUpn", Reason.FORMER_UPN_INVALID))
    _judge_names(forename, surname, faults)
    if not admission_number:
        faults.append(Fault("metadata.admissionNumber", Reason.ADMISSION_NUMBER_MISSING))
    if not admission_date:
        faults.append(Fault("metadata.admissionDate", Reason.ADMISSION_DATE_MISSING))
    elif not is_iso_date(admission_date):
        faults.append(Fault("metadata.admissionDate", Reason.DATE_INVALID))
    if leaving_date and not is_iso_date(leaving_date):
        faults.append(Fault("metadata.leavingDate", Reason.DATE_INVALID))
    if year_group and year_group not in YEAR_GROUPS:
        faults.append(Fault("grades", Reason.YEAR_GROUP_UNKNOWN))
    if enrolment and enrolment not in ENROLMENT_STATUSES:
        faults.append(Fault("metadata.enrolmentStatus", Reason.ENROLMENT_STATUS_UNKNOWN))
    return Person(
        kind=RecordKind.LEARNER,
        code=upn,
        local_id=local_id,
        state=RecordState.LEFT if leaving_date else RecordState.ON_ROLL,
        record={
            "upn": upn,
            "former_upn": former_upn if former_upn and former_upn != upn else None,
            "local_id": local_id,
            "surname": surname,
            "forename": forename,
            "birth_date": birth_date,
            "admission_number": admission_number,
            "admission_date": admission_date,
            "leaving_date": leaving_date or None,
            "enrolment_status": enrolment or "C",
            "year_group": year_group or None,
            "classes": [],
        },
        line=line,
    )


def judge_staff(
    values: tuple[str, ...], line: int, birth_date: str | None, faults: list[Fault]
) -> Person:
    """The member of staff of a row of users; what is wrong is added to ``faults``."""
    (
        local_id, _status, _orgs, _role, forename, surname, staff_code, _year_group,
        _admission_number, _admission_date, start_date, leaving_date, _enrolment, _former_upn,
    ) = values  # fmt: skip
    if not staff_code:
        faults.append(Fault("identifier", Reason.STAFF_CODE_MISSING))
    _judge_names(forename, surname, faults)
    if not start_date:
        faults.append(Fault("metadata.startDate", Reason.START_DATE_MISSING))
    elif not is_iso_date(start_date):
        faults.append(Fault("metadata.startDate", Reason.DATE_INVALID))
    if leaving_date and not is_iso_date(leaving_date):
        faults.append(Fault("metadata.leavingDate", Reason.DATE_INVALID))
    return Person(
        kind=RecordKind.STAFF,
        code=staff_code,
        local_id=local_id,
        state=RecordState.LEFT if leaving_date else RecordState.ON_ROLL,
        record={
            "staff_code": staff_code,
            "local_id": local_id,
            "surname": surname,
            "forename": forename,
            "birth_date": birth_date,
            "start_date": start_date,
            "leaving_date": leaving_date or None,
            "classes": [],
        },
        line=line,
    )


def _what_is_wrong(upn: str) -> Reason:
    if not upn:
        return Reason.UPN_MISSING
    return Reason.UPN_CHECK_LETTER if has_upn_shape(upn) else Reason.UPN_MALFORMED


def _judge_names(forename: str, surname: str, faults: list[Fault]) -> None:
    if not surname:
        faults.append(Fault("familyName", Reason.SURNAME_MISSING))
    if not forename:
        faults.append(Fault("givenName", Reason.FORENAME_MISSING))
