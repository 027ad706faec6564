"""Rows that a run keeps back, rejected or held: said for diagnosis only, and taken back later.

They neither advance what was published nor count as a word on the person.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from hwb_mis_ingest.domain.judgement import Person
from hwb_mis_ingest.domain.reasons import Reason
from hwb_mis_ingest.domain.rows import Fault
from hwb_schemas.words import RecordKind, RecordState

PersonKey = tuple[RecordKind, str]

_KEY_FIELD = "identifier"
_KEY_IS_GOOD = frozenset({Reason.UPN_TWICE, Reason.STAFF_CODE_TWICE})
_KEY_NAMES = {RecordKind.LEARNER: "upn", RecordKind.STAFF: "staff_code"}
_SHOWN = {"local_id": "sourcedId", "surname": "familyName", "forename": "givenName"}


class KeptBack(NamedTuple):
    """A row that is kept back: ``reasons`` are codes, of the report or of the hold."""

    kind: RecordKind
    code: str
    state: RecordState
    reasons: tuple[str, ...]
    record: Mapping[str, object]

    @property
    def key(self) -> PersonKey:
        return (self.kind, self.code)


def rejected_row(person: Person, faults: Sequence[Fault]) -> KeptBack | None:
    """A rejected row as it is said; None where its UPN or staff code cannot be a key.

    Such a row is in the run's report alone. Of the others nothing is said but who it is about:
    whatever else the row has may be what is wrong with it.
    """
    if any(one.field == _KEY_FIELD and one.reason not in _KEY_IS_GOOD for one in faults):
        return None
    faulty = {one.field for one in faults}
    record: dict[str, object] = {_KEY_NAMES[person.kind]: person.code}
    record |= {
        name: "" if column in faulty else person.record[name] for name, column in _SHOWN.items()
    }
    reasons = tuple(sorted({one.reason.value for one in faults}))
    return KeptBack(person.kind, person.code, RecordState.REJECTED, reasons, record)


def rejected_rows(rows: Iterable[KeptBack], good: Iterable[Person]) -> list[KeptBack]:
    """One for each key, with the reasons of all its rows; none where another row is good."""
    found: dict[PersonKey, KeptBack] = {}
    for row in rows:
        other = found.get(row.key, row)
        found[row.key] = row._replace(reasons=tuple(sorted({*row.reasons, *other.reasons})))
    for person in good if found else ():
        found.pop((person.kind, person.code), None)
    return list(found.values())


def held_row(kind: RecordKind, code: str, record: Mapping[str, object], *, reason: str) -> KeptBack:
    """A held row as it is said: without a former UPN, which would be a claim of its own."""
    if record.get("former_upn") is not None:
        record = {**record, "former_upn": None}
    return KeptBack(kind, code, RecordState.HELD, (reason,), record)


def taken_back(
    before: Mapping[PersonKey, RecordState],
    now: Iterable[PersonKey],
    *,
    mentioned: Collection[PersonKey] | None,
) -> list[PersonKey]:
    """Whose rows were kept back until now and no longer are.

    ``mentioned`` are the people of whom a partial upload has a good row, None where it is whole.
    A rejected row that it does not mention stays rejected, while a list of held rows ends with
    every later run.
    """
    gone = before.keys() - set(now)
    if mentioned is not None:
        gone = {key for key in gone if key in mentioned or before[key] is not RecordState.REJECTED}
    return sorted(gone)


def never_there(kind: RecordKind, code: str) -> dict[str, object]:
    """The record of somebody of whom nothing but a kept-back row was ever said: the key alone."""
    return {_KEY_NAMES[kind]: code, "surname": "", "forename": ""}
