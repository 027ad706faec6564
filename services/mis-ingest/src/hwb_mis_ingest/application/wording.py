"""Turns words on people and classes into the JSON of their events.

Built without a model: one is made for every record of the nation, and a test compares the JSON with
the model's.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import orjson

from hwb_mis_ingest.application.ports import (
    ClaimedRun,
    ClassToKeep,
    KeptBackToSay,
    RecordToKeep,
)
from hwb_mis_ingest.domain.snapshot import SchoolClass
from hwb_schemas.events import ClassChanged, RecordChanged
from hwb_schemas.refs import PersonRefs, staff_key
from hwb_schemas.words import RecordKind

CHANGES_TOPIC = "hwb.mis.changes"
CLASSES_TOPIC = "hwb.mis.classes"
RECORD_CHANGED = f"wales.hwb.{RecordChanged.service}.{RecordChanged.noun}.changed.v1"
CLASS_CHANGED = f"wales.hwb.{ClassChanged.service}.{ClassChanged.noun}.changed.v1"
_DIGEST_BYTES = 16
_STAFF = RecordKind.STAFF.value


def digest_of(body: bytes) -> str:
    """32 hexadecimal digits: enough that no two rows of a school are mistaken for each other."""
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()


class RecordWording:
    """The events of one run on ``hwb.mis.changes``."""

    def __init__(self, run: ClaimedRun) -> None:
        self._school = run.school
        self._tail = orjson.dumps(
            {
                "school": run.school,
                "run_id": run.run_id,
                "run_seq": run.run_seq,
                "received_at": _instant(run.received_at),
            }
        )[1:]
        self._heads: dict[tuple[str, str], bytes] = {}

    def key(self, kind: str, code: str) -> str:
        """The event's key: UPN, or school and staff code."""
        return staff_key(self._school, code) if kind == _STAFF else code

    def value(self, record: RecordToKeep, changed: tuple[str, ...]) -> bytes:
        """The event's JSON."""
        names = orjson.dumps(changed) if changed else b"[]"
        head = self._head(record.kind, record.state)
        return b'%b,"changed":%b,"record":%b,%b' % (head, names, record.record, self._tail)

    def value_kept_back(self, row: KeptBackToSay) -> bytes:
        """The JSON of an event that is for diagnosis only."""
        head, reasons = self._head(row.kind, row.state), orjson.dumps(row.reasons)
        return b'%b,"changed":[],"reasons":%b,"record":%b,%b' % (
            head, reasons, row.record, self._tail,
        )  # fmt: skip

    def _head(self, kind: str, state: str) -> bytes:
        head = self._heads.get((kind, state))
        if head is None:
            head = orjson.dumps({"kind": kind, "state": state})[:-1]
            self._heads[kind, state] = head
        return head


class ClassWording:
    """What a run says of classes; people are named by person_ref.

    ``held`` are people whose rows are held, with the classes that they stay in.
    """

    def __init__(
        self, school: str, refs: PersonRefs, held: Mapping[tuple[RecordKind, str], frozenset[str]]
    ) -> None:
        self._school = school
        self._refs = refs
        self._held = held
        self._known: dict[str, str] = {}

    def body(self, one: SchoolClass, unsure_codes: Mapping[tuple[RecordKind, str], str]) -> bytes:
        """What is compared and kept of a class, as JSON."""
        teachers = {self._staff_ref(code) for code in one.teachers}
        members = {self._ref(code) for code in one.members}
        for kind, local_id in one.unsure:
            code = unsure_codes.get((kind, local_id))
            if code is not None and kind is RecordKind.STAFF:
                teachers.add(self._staff_ref(code))
            elif code is not None:
                members.add(self._ref(code))
        for (kind, code), classes in self._held.items():
            is_staff = kind is RecordKind.STAFF
            among = teachers if is_staff else members
            ref = self._staff_ref(code) if is_staff else self._ref(code)
            if one.class_key in classes:
                among.add(ref)
            else:
                among.discard(ref)
        return orjson.dumps(
            {
                "academic_year": one.academic_year,
                "class_code": one.class_code,
                "title": one.title,
                "year_group": one.year_group,
                "teachers": sorted(teachers),
                "members": sorted(members),
            }
        )

    def _staff_ref(self, code: str) -> str:
        return self._ref(staff_key(self._school, code))

    def _ref(self, person_key: str) -> str:
        ref = self._known.get(person_key)
        if ref is None:
            ref = self._known[person_key] = self._refs.of(person_key)
        return ref


def class_value(run: ClaimedRun, change: ClassToKeep) -> bytes:
    """The JSON of an event on ``hwb.mis.classes``."""
    head = orjson.dumps(
        {
            "class_key": change.class_key,
            "school": run.school,
            "state": change.state,
            "run_id": run.run_id,
            "run_seq": run.run_seq,
            "received_at": _instant(run.received_at),
        }
    )
    return head[:-1] + b"," + change.body[1:]


def _instant(instant: datetime) -> str:
    return instant.isoformat()
