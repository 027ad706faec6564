"""Cases as ``hwb.servicedesk.cases`` tells them, and the mailbox, against the story."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path

from hwb_rehearsal.broker.feed import Record
from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Case, Line
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange

TOPIC = "hwb.servicedesk.cases"
DIGEST = 20


@dataclass(frozen=True, slots=True)
class CaseSeen:
    """A case as its events tell it: how often it was raised, and whether it is open."""

    key: str
    kind: str
    school: str
    openings: int
    open: bool


class Cases:
    """What the topic says of every case; an event that was repeated counts once."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._cases: dict[str, CaseSeen] = {}

    def take(self, record: Record) -> None:
        """One record of the topic, in the order of its partition."""
        if record.value is None or record.id in self._seen:
            return
        self._seen.add(record.id)
        event = CaseChanged.model_validate(record.value)
        before = self._cases.get(event.case_key)
        raised = event.change is CaseChange.RAISED
        opened = raised and not (before and before.open)
        self._cases[event.case_key] = CaseSeen(
            key=event.case_key,
            kind=event.kind.value,
            school=event.school or "",
            openings=(before.openings if before else 0) + opened,
            open=raised,
        )

    @property
    def all(self) -> list[CaseSeen]:
        """Every case there was."""
        return list(self._cases.values())


def cases_row(expected: Sequence[Case], seen: Iterable[CaseSeen]) -> Row:
    """The cases of the story and no others, each open or resolved as it must be."""
    wanted = Counter((case.kind, case.school, case.open) for case in expected)
    there = Counter((case.kind, case.school, case.open) for case in seen)
    faults = [f"{_named(*case)} is missing" for case in (wanted - there).elements()]
    faults += [f"{_named(*case)} is not expected" for case in (there - wanted).elements()]
    return row_of_faults(
        lines.CASES_RAISED,
        expected=f"{wanted.total()} cases",
        actual=f"{there.total()} cases",
        faults=faults,
    )


def open_cases(kind: str, seen: Iterable[CaseSeen]) -> Counter[str]:
    """How many cases of this kind each school has open."""
    return Counter(case.school for case in seen if case.kind == kind and case.open)


def open_cases_row(line: Line, expected: Iterable[str], open_: Counter[str]) -> Row:
    """One open case of a kind for each of these schools, and none for another."""
    wanted = Counter(expected)
    faults = [f"{school} has none" for school in (wanted - open_).elements()]
    faults += [f"{school} has one too many" for school in (open_ - wanted).elements()]
    return row_of_faults(
        line,
        expected=f"{wanted.total()} cases",
        actual=f"{open_.total()} cases",
        faults=faults,
    )


def _named(kind: str, school: str, is_open: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return f"{kind} of {school} ({'open' if is_open else 'resolved'})"


def mails_row(seen: Iterable[CaseSeen], folder: Path) -> Row:
    """One mail for each time a case was opened, by itself or in a digest.

    Its Message-ID names case and opening; a digest names those of all its cases.
    """
    wanted = _mails_of(seen)
    there = _delivered(folder)
    faults = [
        f"{case.kind} of {case.school}: no mail"
        for name, case in wanted.items()
        if name not in there
    ]
    faults += [f"mail {name[:8]} came {count} times" for name, count in there.items() if count > 1]
    faults += [f"mail {name[:8]} is about no case" for name in there if name not in wanted]
    return row_of_faults(
        lines.CASES_MAILED,
        expected=f"{len(wanted)} mails",
        actual=f"{there.total()} mails",
        faults=faults,
    )


def every_case_is_mailed(seen: Iterable[CaseSeen], folder: Path) -> bool:
    """Whether no mail is still on its way."""
    return _mails_of(seen).keys() <= _delivered(folder).keys()


def _mails_of(seen: Iterable[CaseSeen]) -> dict[str, CaseSeen]:
    return {
        f"{_digest(case.key)}.{opening}": case
        for case in seen
        for opening in range(1, case.openings + 1)
    }


def _delivered(folder: Path) -> Counter[str]:
    """How often each opening was mailed, by the part of its Message-ID before the @."""
    mails = [message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
    return Counter(name for mail in mails for name in _openings_in(mail))


def _openings_in(mail: Message) -> list[str]:
    """A digest has no case of its own: it lists those in it."""
    if (listed := mail["X-Hwb-Digest-Of"]) is not None:
        return str(listed).split()
    return [str(mail["Message-ID"]).strip().strip("<>").partition("@")[0]]


def _digest(case_key: str) -> str:
    return hashlib.sha256(case_key.encode()).hexdigest()[:DIGEST]
