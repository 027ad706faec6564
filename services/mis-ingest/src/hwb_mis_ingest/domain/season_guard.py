"""The season guard: what a run takes away beyond what the time of year explains is held.

It looks at a school's words before the first of them is published. Whoever stops claiming and
whatever place in a class is lost is counted for a season, on top of what went through before.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from hwb_mis_ingest.domain.difference import CLAIMING, Published, Word
from hwb_schemas.calendar import RolloverCalendar, SeasonGuard
from hwb_schemas.words import RecordKind, RecordState

T = TypeVar("T")


class HoldReason(StrEnum):
    """Why a row is held."""

    LEARNER_STOPS_CLAIMING = "learner_stops_claiming"
    STAFF_STOPS_CLAIMING = "staff_stops_claiming"
    STAFF_CODES_CHANGED = "staff_codes_changed"
    CLASS_PLACES_LOST = "class_places_lost"


@dataclass(frozen=True, slots=True)
class Season:
    """What is counted together. ``expects_leavers``: the top year groups may leave whole.

    ``opened`` is the first day of a season that does, None of others.
    """

    name: str
    opened: date | None = None

    @property
    def expects_leavers(self) -> bool:
        return self.opened is not None


@dataclass(frozen=True, slots=True)
class Roll:
    """Who claimed at a school when the season opened: learners by year group, staff, places."""

    learners: Mapping[str, int] = field(default_factory=dict)
    staff: int = 0
    places: int = 0


@dataclass(frozen=True, slots=True)
class LetThrough:
    """What went through in this season, save what a person approved.

    ``stopped`` gives the last published year group of each, "" for staff; who claims again is not
    in it.
    """

    stopped: Mapping[tuple[RecordKind, str], str] = field(default_factory=dict)
    places: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one school on one day."""

    season: Season
    limits: SeasonGuard
    top_year_groups: frozenset[str]
    followed_from: str
    """The first academic year whose groups still follow the MIS: only their places count."""

    is_closing: bool = False


def season_on(day: date, calendar: RolloverCalendar, authority: str) -> Season:
    """The rollover, from the groups' freeze until some weeks into term; else the month."""
    weeks = timedelta(days=calendar.guard.days_after_first_day_of_term)
    if calendar.groups_freeze <= day <= calendar.term_starts(authority) + weeks:
        return Season(rollover_of(calendar), calendar.groups_freeze)
    return Season(f"{day:%Y-%m}")


def rollover_of(calendar: RolloverCalendar) -> str:
    """The name of the season in which the top year groups leave."""
    return f"rollover {calendar.name}"


def first_followed_year(day: date, calendar: RolloverCalendar) -> str:
    """The first academic year whose groups word received on this day still changes."""
    if day < calendar.groups_freeze:
        return ""
    return calendar.academic_year_starting


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run's words take away and bring back, by their index.

    ``stopping`` are those that stop claiming, ``back`` those that claim again; ``places`` is how
    many more places in classes a learner who stays loses than finds.
    """

    stopping: Mapping[int, Word] = field(default_factory=dict)
    back: Mapping[int, Word] = field(default_factory=dict)
    places: Mapping[int, int] = field(default_factory=dict)

    def without(self, held: Container[int]) -> "Taken":
        """What of it goes through."""
        return Taken(_without(self.stopping, held), self.back, _without(self.places, held))


def taken_by(words: Iterable[Word], followed_from: str) -> Taken:
    """Look at every word once."""
    stopping, back, places = {}, {}, {}
    for index, word in enumerate(words):
        before = word.before
        if before is None:
            continue
        claimed, claims_now = claims(before), claims(word)
        if claims_now and not claimed:
            back[index] = word
        elif claims_now:
            if lost := _places_lost(word, before, followed_from):
                places[index] = lost
        elif _lets_go(word, before, claimed=claimed):
            stopping[index] = word
    return Taken(stopping, back, places)


def held_words(
    words: Sequence[Word], taken: Taken, *, roll: Roll, so_far: LetThrough, rules: Rules
) -> dict[int, HoldReason]:
    """Which of a run's words are held and why, by index."""
    held: dict[int, HoldReason] = {}
    if not rules.is_closing:
        held |= _learners_beyond(taken, roll, so_far, rules)
        held |= _staff_beyond(taken, roll, so_far, rules)
        lost_in_all = so_far.places + sum(taken.places.values())
        if not rules.limits.class_members.allows(lost_in_all, of=roll.places):
            held |= dict.fromkeys(taken.places, HoldReason.CLASS_PLACES_LOST)
    return held | _new_staff_codes(words, roll, rules)


def claims(of: Published | Word) -> bool:
    """On roll as current or main, or a member of staff: before a word, or after it."""
    if of.state is not RecordState.ON_ROLL:
        return False
    return of.kind is RecordKind.STAFF or of.record.get("enrolment_status") in CLAIMING


def _lets_go(word: Word, before: Published, *, claimed: bool) -> bool:
    """Whether the school had this person until now, or missed him or her; it claims no more."""
    if word.state is RecordState.REPLACED:
        return False
    if before.state is RecordState.MISSING:
        return word.state is not RecordState.MISSING
    return claimed


def _places_lost(word: Word, before: Published, followed_from: str) -> int:
    if word.kind is not RecordKind.LEARNER or "classes" not in word.changed:
        return 0
    had, has = classes_of(before.record), classes_of(word.record)
    lost = sum(1 for key in had if academic_year_of(key) >= followed_from and key not in has)
    if not lost:
        return 0
    found = sum(1 for key in has if key not in had)
    if lost <= found or "former_upn" in word.changed:  # its old UPN is replaced by this very word
        return 0
    return lost - found


def year_group_of(word: Word) -> str:
    """The year group as it was last published; "" where there is none."""
    record = word.record if word.before is None else word.before.record
    return str(record.get("year_group") or "")


def classes_of(record: Mapping[str, object]) -> Sequence[str]:
    """The class keys of a record, none of them twice."""
    found = record.get("classes")
    return found if isinstance(found, list) else ()


@lru_cache(maxsize=4096)
def academic_year_of(class_key: str) -> str:
    """``2022-23`` of ``6604027/2022-23/7A``."""
    return class_key.split("/")[1]


def _without(by_index: Mapping[int, T], held: Container[int]) -> dict[int, T]:
    return {index: value for index, value in by_index.items() if index not in held}


def _stopping(taken: Taken, kind: RecordKind) -> dict[int, Word]:
    return {index: word for index, word in taken.stopping.items() if word.kind is kind}


def _learners_beyond(
    taken: Taken, roll: Roll, so_far: LetThrough, rules: Rules
) -> dict[int, HoldReason]:
    """Those below the top are held; the top year groups, too, where more go than there were."""
    stopping = _stopping(taken, RecordKind.LEARNER)
    if not stopping:
        return {}
    groups = _groups_so_far(so_far, RecordKind.LEARNER)
    groups |= {word.code: year_group_of(word) for word in stopping.values()}
    top = rules.top_year_groups if rules.season.expects_leavers else frozenset()
    by_group = Counter(groups.values())
    in_top = _sum_of(by_group, top)
    beyond_top = max(0, in_top - _sum_of(roll.learners, top))
    unexplained = by_group.total() - in_top + beyond_top
    if rules.limits.learners.allows(unexplained, of=sum(roll.learners.values())):
        return {}
    return {
        index: HoldReason.LEARNER_STOPS_CLAIMING
        for index, word in stopping.items()
        if beyond_top or year_group_of(word) not in top
    }


def _staff_beyond(
    taken: Taken, roll: Roll, so_far: LetThrough, rules: Rules
) -> dict[int, HoldReason]:
    stopping = _stopping(taken, RecordKind.STAFF)
    codes = {word.code for word in stopping.values()}
    count = len(codes | set(_groups_so_far(so_far, RecordKind.STAFF)))
    if not stopping or rules.limits.staff.allows(count, of=roll.staff):
        return {}
    return dict.fromkeys(stopping, HoldReason.STAFF_STOPS_CLAIMING)


def _new_staff_codes(words: Sequence[Word], roll: Roll, rules: Rules) -> dict[int, HoldReason]:
    """A new MIS gives everyone a new code: as many are new as are missing."""
    staff = [(index, word) for index, word in enumerate(words) if word.kind is RecordKind.STAFF]
    new = [index for index, word in staff if word.before is None]
    missing = [index for index, word in staff if word.state is RecordState.MISSING]
    exchanged = min(len(new), len(missing))
    if rules.limits.staff_codes.allows(exchanged, of=roll.staff):
        return {}
    return dict.fromkeys([*new, *missing], HoldReason.STAFF_CODES_CHANGED)


def _groups_so_far(so_far: LetThrough, kind: RecordKind) -> dict[str, str]:
    return {code: group for (of, code), group in so_far.stopped.items() if of is kind}


def _sum_of(counts: Mapping[str, int], groups: Iterable[str]) -> int:
    return sum(counts.get(group, 0) for group in groups)
