"""What a school says anew of people: the run's snapshot against what was last published.

The set-wise comparison is PostgreSQL's; here is what its result means.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from operator import ne
from typing import NamedTuple

from hwb_mis_ingest.domain.judgement import Person
from hwb_mis_ingest.domain.snapshot import Shield
from hwb_schemas.words import EnrolmentStatus, RecordKind, RecordState

CLAIMING = frozenset({EnrolmentStatus.CURRENT.value, EnrolmentStatus.MAIN.value})


# The two are made once a person of the nation: see the rows.
class Published(NamedTuple):
    """A record as it was last published. ``record`` is its ``PersonRecord`` as a plain dict.

    ``derived_former_upn`` was concluded by us and not stated by the school.
    """

    kind: RecordKind
    code: str
    state: RecordState
    record: Mapping[str, object]
    derived_former_upn: str | None = None

    @property
    def local_id(self) -> str:
        return str(self.record.get("local_id", ""))

    @property
    def admission_number(self) -> str | None:
        number = self.record.get("admission_number")
        return None if number is None else str(number)


class Word(NamedTuple):
    """A school's new word on a person: what is published.

    ``stated`` is the index of the person's row in the snapshot, None for one that vanished;
    ``before`` is what was last published of the person at this school, None for nothing.
    """

    kind: RecordKind
    code: str
    state: RecordState
    record: Mapping[str, object]
    changed: tuple[str, ...]
    derived_former_upn: str | None = None
    stated: int | None = None
    before: Published | None = None

    @property
    def is_new(self) -> bool:
        return self.before is None


def words_of_run(
    *,
    people: Sequence[Person],
    differing: Mapping[int, Published | None],
    vanished: Iterable[Published],
    shield: Shield,
    birth_date_unsure: frozenset[str] = frozenset(),
) -> list[Word]:
    """Everything this run publishes of people.

    ``differing`` gives, by index into ``people``, what was published before of those whose row or
    state is not what it was (None: nothing). ``vanished`` are published people without a good row:
    those on roll or missing, and whoever is named as a former UPN.
    """
    gone = [
        one for one in vanished if not shield.covers(one.code, one.local_id, one.admission_number)
    ]
    renamed = _renamed({index: people[index] for index in differing}, differing, gone)
    replaced = set(renamed.values())
    words = []
    for index, before in differing.items():
        person = people[index]
        word = _word_of_row(
            person,
            before,
            index=index,
            former_upn=renamed.get(index),
            keeps_birth_date=person.code in birth_date_unsure,
        )
        if word is not None:
            words.append(word)
    for one in gone:
        state = RecordState.REPLACED if one.code in replaced else state_when_vanished(one)
        if state is not one.state:
            words.append(Word(one.kind, one.code, state, one.record, (), before=one))
    return words


def state_when_vanished(before: Published) -> RecordState:
    """Missing when it claimed; one that had left stays left; subsidiary and guest are withdrawn."""
    if before.state is not RecordState.ON_ROLL:
        return before.state
    claims = before.kind is RecordKind.STAFF or before.record.get("enrolment_status") in CLAIMING
    return RecordState.MISSING if claims else RecordState.WITHDRAWN


def _renamed(
    rows: Mapping[int, Person],
    differing: Mapping[int, Published | None],
    gone: Sequence[Published],
) -> dict[int, str]:
    """Which learners' rows stand for a UPN that this school published and no longer has.

    A stated former UPN says so; so does a UPN that is new here under the admission number of one
    learner that was on roll or missing.
    """
    by_upn = {one.code: one for one in gone if one.kind is RecordKind.LEARNER}
    by_number: dict[str, list[str]] = {}
    for one in by_upn.values():
        if one.admission_number and one.state in {RecordState.ON_ROLL, RecordState.MISSING}:
            by_number.setdefault(one.admission_number, []).append(one.code)
    renamed = {}
    for index, person in rows.items():
        if person.kind is not RecordKind.LEARNER:
            continue
        stated = person.former_upn
        if stated is not None:
            if stated in by_upn:
                renamed[index] = stated
        elif differing[index] is None:
            codes = by_number.get(person.admission_number or "", [])
            if len(codes) == 1:
                renamed[index] = codes[0]
    return renamed


def _word_of_row(
    person: Person,
    before: Published | None,
    *,
    index: int,
    former_upn: str | None,
    keeps_birth_date: bool,
) -> Word | None:
    """None where the row differs only in what a rejected row would have said."""
    record = person.record
    derived = None
    if person.kind is RecordKind.LEARNER and person.former_upn is None:
        derived = former_upn or (before.derived_former_upn if before else None)
        if derived is not None:
            record = {**record, "former_upn": derived}
    if before is None:
        return Word(person.kind, person.code, person.state, record, (), derived, index)
    if keeps_birth_date:
        record = {**record, "birth_date": before.record.get("birth_date")}
    last = before.record
    changed = tuple(compress(record, map(ne, record.values(), map(last.get, record))))
    if not changed and person.state is before.state:
        return None
    return Word(person.kind, person.code, person.state, record, changed, derived, index, before)
