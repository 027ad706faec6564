"""Turns words on people and classes into the JSON of their events.

Built without a model: one is made for every record of the nation, and a test compares the JSON with
the model's.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import orjson

from hwb_mis_ingest.application.ports import ClaimedRun
from hwb_mis_ingest.domain.difference import Word
from hwb_mis_ingest.domain.snapshot import SchoolClass
from hwb_schemas.events import ClassChanged, RecordChanged
from hwb_schemas.refs import PersonRefs, staff_key
from hwb_schemas.words import ClassState, RecordKind, RecordState

CHANGES_TOPIC = "hwb.mis.changes"
CLASSES_TOPIC = "hwb.mis.classes"
RECORD_CHANGED = f"wales.hwb.{RecordChanged.service}.{RecordChanged.noun}.changed.v1"
CLASS_CHANGED = f"wales.hwb.{ClassChanged.service}.{ClassChanged.noun}.changed.v1"
_DIGEST_BYTES = 16


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
        self._heads: dict[tuple[RecordKind, RecordState], bytes] = {}

    def key(self, word: Word) -> str:
        """The event's key: UPN, or school and staff code."""
        if word.kind is RecordKind.STAFF:
            return staff_key(self._school, word.code)
        return word.code

    def value(self, word: Word, record: bytes) -> bytes:
        """The event's JSON; ``record`` is that of the ``PersonRecord``."""
        head = self._heads.get((word.kind, word.state))
        if head is None:
            head = orjson.dumps({"kind": word.kind.value, "state": word.state.value})[:-1]
            self._heads[word.kind, word.state] = head
        changed = orjson.dumps(word.changed) if word.changed else b"[]"
        return b'%b,"changed":%b,"record":%b,%b' % (head, changed, record, self._tail)


class ClassWording:
    """The events of one run on ``hwb.mis.classes``; people are named by person_ref."""

    def __init__(self, run: ClaimedRun, refs: PersonRefs) -> None:
        self._run = run
        self._refs = refs
        self._known: dict[str, str] = {}

    def body(self, one: SchoolClass, unsure_codes: Mapping[tuple[RecordKind, str], str]) -> bytes:
        """What is compared and kept of a class, as JSON."""
        teachers = {self._staff_ref(code) for code in one.teachers}
        members = {self._learner_ref(code) for code in one.members}
        for kind, local_id in one.unsure:
            code = unsure_codes.get((kind, local_id))
            if code is not None and kind is RecordKind.STAFF:
                teachers.add(self._staff_ref(code))
            elif code is not None:
                members.add(self._learner_ref(code))
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

    def value(self, class_key: str, state: ClassState, body: bytes) -> bytes:
        """The event's JSON."""
        head = orjson.dumps(
            {
                "class_key": class_key,
                "school": self._run.school,
                "state": state.value,
                "run_id": self._run.run_id,
                "run_seq": self._run.run_seq,
                "received_at": _instant(self._run.received_at),
            }
        )
        return head[:-1] + b"," + body[1:]

    def _staff_ref(self, code: str) -> str:
        return self._ref(staff_key(self._run.school, code))

    def _learner_ref(self, upn: str) -> str:
        return self._ref(upn)

    def _ref(self, person_key: str) -> str:
        ref = self._known.get(person_key)
        if ref is None:
            ref = self._known[person_key] = self._refs.of(person_key)
        return ref


def _instant(instant: datetime) -> str:
    return instant.isoformat()
