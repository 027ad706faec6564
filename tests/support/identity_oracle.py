"""DESIGN 6, Learners, read plainly and written apart from the domain: what must hold of an account.

It knows nothing of how words came in, only each school's last word on a learner, where the account
is at home now, and the day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hwb_identity.domain.enrolment import Enrolment
from hwb_schemas.calendar import RolloverCalendar


class Expected(NamedTuple):
    """What the rules say; DESIGN 5.3 promises the first four whatever the order."""

    home: str | None
    status: str
    year_group: str | None
    classes: tuple[str, ...]
    pending: tuple[str, ...]
    other_schools: tuple[str, ...]
    released_from: str | None


def in_effect(stated: date, school: str, day: date, calendar: RolloverCalendar) -> bool:
    """Whether a leaving or admission date counts on this day: the window's from its first day."""
    first_day = calendar.first_day_of_term_by_authority.get(school[:3], calendar.first_day_of_term)
    if calendar.rollover_window_opens <= stated <= first_day:
        return day >= calendar.rollover_window_opens
    return day >= stated


def _is_main(word: Enrolment) -> bool:
    return word.status.value in {"C", "M"}


def _has_left(word: Enrolment, day: date, calendar: RolloverCalendar) -> bool:
    if word.leaving is None:
        return word.state.value == "left"
    return in_effect(word.leaving, word.school, day, calendar)


def _has_begun(word: Enrolment, day: date, calendar: RolloverCalendar) -> bool:
    return word.begins is None or in_effect(word.begins, word.school, day, calendar)


def _is_there(word: Enrolment, day: date, calendar: RolloverCalendar) -> bool:
    return word.state.value in {"on_roll", "left"} and not _has_left(word, day, calendar)


def claims(word: Enrolment, day: date, calendar: RolloverCalendar) -> bool:
    """On roll as current or main, admitted, and without a leaving date in effect."""
    return _is_there(word, day, calendar) and _has_begun(word, day, calendar) and _is_main(word)


def claimants(words: Iterable[Enrolment], day: date, calendar: RolloverCalendar) -> set[str]:
    """The schools that claim a learner."""
    return {word.school for word in words if claims(word, day, calendar)}


def expected(
    words: Sequence[Enrolment], present: str | None, day: date, calendar: RolloverCalendar
) -> Expected:
    """What must become of a learner who has an account at ``present``, or none there."""
    others = sorted(
        {
            word.school
            for word in words
            if not _is_main(word)
            and _is_there(word, day, calendar)
            and _has_begun(word, day, calendar)
        }
    )
    claiming = claimants(words, day, calendar)
    at = [word for word in words if claims(word, day, calendar)]
    released = None
    if claiming:
        home = present if present in claiming else _first_admitted(at)
        of_home = [word for word in at if word.school == home]
        record = max(of_home, key=lambda word: word.run_seq)
    else:
        kept = _kept_at(words, day, calendar)
        if kept is None:
            released = _let_go_last(words, day, calendar)
            return Expected(None, "inactive", None, (), (), tuple(others), released)
        home, record = kept.school, kept
    return Expected(
        home,
        "active",
        record.year_group,
        record.classes,
        tuple(sorted(claiming - {home})),
        tuple(school for school in others if school != home),
        None,
    )


def _first_admitted(claiming: Sequence[Enrolment]) -> str:
    by_date = sorted((word.begins or date.min, word.school) for word in claiming)
    return by_date[0][1]


def _kept_at(words: Sequence[Enrolment], day: date, calendar: RolloverCalendar) -> Enrolment | None:
    """The school that keeps a learner whom nobody claims: missing, or to be admitted later."""
    gone_on = {(word.school, word.former_key) for word in words if word.former_key}
    missing = [
        word
        for word in words
        if _is_main(word)
        and not _has_left(word, day, calendar)
        and _has_begun(word, day, calendar)
        and (
            word.state.value == "missing"
            or (word.state.value == "replaced" and (word.school, word.key) not in gone_on)
        )
    ]
    if missing:
        latest = max(word.begins or date.min for word in missing)
        return min(
            (word for word in missing if (word.begins or date.min) == latest),
            key=lambda word: word.school,
        )
    if _let_go_last(words, day, calendar) is not None:
        return None
    ahead = [word for word in words if _is_main(word) and _is_there(word, day, calendar)]
    return min(ahead, key=lambda word: (word.begins or date.min, word.school), default=None)


def _let_go_last(words: Sequence[Enrolment], day: date, calendar: RolloverCalendar) -> str | None:
    """The school with the latest leaving date in effect, then the lowest number."""
    left = [
        (word.leaving or date.min, word.school)
        for word in words
        if _is_main(word)
        and word.state.value in {"left", "on_roll", "missing"}
        and _has_left(word, day, calendar)
    ]
    if not left:
        return None
    latest = max(when for when, _ in left)
    return min(school for when, school in left if when == latest)
