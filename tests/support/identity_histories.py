"""Families of schools' run sequences, as hypothesis draws them: what a summer may bring a learner.

A school's words on a learner follow each other as mis-ingest would publish them. Nobody is asked
to agree with another school: that is what the rules are for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import hypothesis
from hypothesis import strategies as st
from tests.support import identity_oracle as oracle
from tests.support.calendars import CALENDAR_2022

from hwb_identity.domain.enrolment import Enrolment
from hwb_schemas.words import EnrolmentStatus, RecordState

SCHOOLS = ("6602001", "6604002", "6814003", "6702004", "6814005")
DAYS = (date(2022, 7, 18), date(2022, 8, 12), date(2022, 8, 17), date(2022, 9, 12))
LAST_DAY = date(2022, 10, 10)
"""When everything was heard and what is due is taken up a last time."""
PERMANENT, TEMPORARY, NEWER = "R201100018042", "T20110001804V", "B207000016049"
TWINS = "P660201118001"
EARLY = (date(2019, 9, 2), date(2020, 9, 1))
IN_EFFECT = (date(2022, 7, 15), date(2022, 7, 20), date(2022, 8, 31), date(2022, 9, 1))
TO_COME = (date(2022, 10, 3), date(2022, 11, 7))
MOST_RUNS, MOST_SCHOOLS = 4, 3
"""A family up to here is followed through every interleaving; a larger one is sampled."""

Run = tuple[Enrolment, ...]


class Heard(NamedTuple):
    """A run, or one word of it, as it comes in on one of ``DAYS``."""

    day: int
    words: Run


Lane = tuple[Heard, ...]
"""What keeps its own order: a school's runs, or its words under one key where keys come apart."""


@dataclass(frozen=True)
class History:
    """A family. ``learners`` says whose each key is: the truth, which no school need know."""

    lanes: tuple[Lane, ...]
    learners: tuple[tuple[str, str], ...]
    is_large: bool

    def words(self) -> Iterable[Enrolment]:
        """Every word, lane by lane, redelivered ones again."""
        return (word for lane in self.lanes for heard in lane for word in heard.words)

    def on(self, day: int) -> tuple[tuple[Run, ...], ...]:
        """By lane, what comes in on that day."""
        return tuple(
            tuple(heard.words for heard in lane if heard.day == day) for lane in self.lanes
        )


def drawn(number: int, *, seed: int) -> list[History]:
    """So many families, the same ones for the same seed."""
    found: list[History] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(histories())
    def draw(history: History) -> None:
        found.append(history)

    draw()
    return found


def weighted(*choices: tuple[Any, int]) -> st.SearchStrategy[Any]:
    """One of these values, each with its weight; the first is the simplest."""
    return st.sampled_from([value for value, weight in choices for _ in range(weight)])


def _often(percent: int) -> st.SearchStrategy[bool]:
    return weighted((False, 100 - percent), (True, percent))


C, M, S, G = (
    EnrolmentStatus.CURRENT,
    EnrolmentStatus.MAIN,
    EnrolmentStatus.SUBSIDIARY,
    EnrolmentStatus.GUEST,
)
ON_ROLL, LEFT, MISSING = RecordState.ON_ROLL, RecordState.LEFT, RecordState.MISSING
WITHDRAWN, REPLACED = RecordState.WITHDRAWN, RecordState.REPLACED

MAIN_STATUS = weighted((C, 7), (M, 2))
SECOND_STATUS = weighted((S, 3), (G, 3))
LEAVING_NOW = st.sampled_from(IN_EFFECT)
LEAVING = weighted(*[(day, 4) for day in IN_EFFECT], *[(day, 1) for day in TO_COME])
JOINING = weighted(
    *[(day, 2) for day in (*EARLY, date(2022, 7, 11))],
    *[(day, 3) for day in IN_EFFECT],
    (TO_COME[0], 1),
)
YEARS = st.sampled_from(["6", "7"])
AFTER = {
    "leaver": weighted(("left", 9), ("updated", 3), ("missing", 4), ("second", 1)),
    "joiner": weighted(("updated", 8), ("left", 3), ("missing", 3), ("second", 1)),
}
AFTER_LEFT = weighted(("withdrawn date", 5), ("return", 4), ("left", 2))
AFTER_MISSING = weighted(("updated", 4), ("left", 3), ("return", 1))
AFTER_SECOND = weighted(("gone", 4), ("main", 2), ("left", 2), ("updated", 2))
ENDINGS = weighted(("left", 6), ("missing", 3), ("second", 1), ("gone", 1))
ROLES = weighted(("leaver", 5), ("joiner", 4), ("second", 5))
KEYS_OF = weighted(
    ((PERMANENT,), 13),
    ((TEMPORARY, PERMANENT), 4),
    ((PERMANENT, NEWER), 4),
    ((TEMPORARY, PERMANENT, NEWER), 2),
)
RUNS = weighted((1, 1), (2, 3), (3, 3), (4, 4))


def first_word(draw: st.DrawFn, school: str, role: str, forename: str) -> Enrolment:
    """What a school says first of a learner: one who will leave, one who joins, a second school."""
    year = draw(YEARS)
    word = Enrolment(
        school=school,
        key="",
        run_seq=0,
        state=ON_ROLL,
        status=draw(SECOND_STATUS if role == "second" else MAIN_STATUS),
        begins=draw(JOINING if role == "joiner" else st.sampled_from(EARLY)),
        leaving=None,
        year_group=year,
        classes=(f"{school}/2021-22/{year}A",),
        forename=forename,
        surname="Pritchard",
        born=date(2011, 3, 4),
    )
    if draw(_often(10)):
        return word._replace(state=LEFT, leaving=draw(LEAVING))
    return word


def next_word(draw: st.DrawFn, last: Enrolment, role: str) -> Enrolment:
    """What the school says next."""
    if last.status in (S, G):
        step = draw(AFTER_SECOND)
    elif last.state is LEFT:
        step = draw(AFTER_LEFT)
    elif last.state is MISSING:
        step = draw(AFTER_MISSING)
    else:
        step = draw(AFTER["leaver" if role == "second" else role])
    return _said(draw, last, step)


def _said(draw: st.DrawFn, last: Enrolment, step: str) -> Enrolment:
    here = last._replace(state=ON_ROLL, leaving=None)
    match step:
        case "left":
            word = last._replace(state=LEFT, leaving=draw(LEAVING))
        case "missing":
            word = last._replace(state=MISSING)
        case "gone":
            word = last._replace(state=WITHDRAWN)
        case "second":
            word = here._replace(status=draw(SECOND_STATUS))
        case "main":
            word = here._replace(status=draw(MAIN_STATUS))
        case "return":
            word = here._replace(begins=draw(LEAVING_NOW))
        case "withdrawn date":
            word = here
        case _:
            year = draw(YEARS)
            classes = (f"{last.school}/2022-23/{year}B",)
            word = here._replace(year_group=year, classes=classes)
    return word


def closed(draw: st.DrawFn, words: list[Enrolment], most: int) -> list[Enrolment]:
    """The same, so that at the end this school claims nobody."""
    last = words[-1]
    if not oracle.claims(last, LAST_DAY, CALENDAR_2022):
        return words
    end = _said(draw, last, draw(ENDINGS))
    if end.state is LEFT:
        end = end._replace(leaving=draw(LEAVING_NOW))
    return [*words[: most - 1], end]


def claimed(draw: st.DrawFn, words: list[Enrolment], most: int) -> list[Enrolment]:
    """The same, so that at the end this school claims."""
    last = words[-1]
    if oracle.claims(last, LAST_DAY, CALENDAR_2022):
        return words
    begins = draw(LEAVING_NOW) if last.state is LEFT else last.begins
    if begins is not None and begins > LAST_DAY:
        begins = draw(LEAVING_NOW)
    here = last._replace(state=ON_ROLL, leaving=None, status=draw(MAIN_STATUS), begins=begins)
    return [*words[: most - 1], here]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A family of two or three schools; one in thirty is larger."""
    is_large = draw(weighted((False, 29), (True, 1)))
    most = 6 if is_large else MOST_RUNS
    schools = draw(st.permutations(SCHOOLS if is_large else SCHOOLS[:MOST_SCHOOLS]))
    schools = schools[: draw(st.integers(4, 5) if is_large else weighted((2, 1), (3, 2)))]
    keys = draw(KEYS_OF)
    runs = [_under_keys(draw, script, keys) for script in _scripts(draw, schools, most, "Angharad")]
    if draw(_often(5)):
        _spell_otherwise(draw, runs)
    learners = [(key, "Angharad") for key in keys]
    if not is_large and draw(_often(8)):
        _add_twin(draw, schools, runs, keys)
        learners.append((TWINS, "Heledd"))
    if draw(_often(8)):
        _keep_back(draw, runs, most)
    come_apart = len(keys) > 1 and not is_large and draw(_often(50))
    lanes: list[Lane] = []
    for school_runs in runs:
        lanes += _lanes(draw, school_runs, come_apart)
    if draw(_often(6)):
        lanes.append(_staff_lane(draw, schools[0]))
    return History(tuple(lanes), tuple(learners), is_large)


def _scripts(
    draw: st.DrawFn, schools: Sequence[str], most: int, forename: str
) -> list[list[Enrolment]]:
    """By school, what it says of one learner; mostly at most one claims at the end."""
    last_home = draw(weighted(*[(school, 3) for school in schools], (None, 2)))
    contested = draw(_often(8))
    scripts = []
    for number, school in enumerate(schools):
        role = ("leaver", "joiner")[number] if number < 2 else draw(ROLES)
        words = [first_word(draw, school, role, forename)]
        for _ in range(draw(RUNS) - 1):
            words.append(next_word(draw, words[-1], role))
        if school == last_home:
            words = claimed(draw, words, most)
        elif not contested:
            words = closed(draw, words, most)
        scripts.append(words)
    return scripts


def _under_keys(
    draw: st.DrawFn, script: Sequence[Enrolment], keys: Sequence[str]
) -> list[list[Enrolment]]:
    """By run, a school's words on a learner; with a changed UPN, the old record is replaced.

    A school to which the learner came with the new UPN mostly knows the former one, or learns it.
    """
    runs: list[list[Enrolment]] = []
    at, former = draw(st.integers(0, len(keys) - 1)), None
    knows = not draw(_often(20))
    if at > 0 and knows:
        former = keys[draw(st.integers(0, at - 1))]
    for number, word in enumerate(script):
        replaced = []
        if number > 0 and at + 1 < len(keys) and draw(_often(40)):
            replaced = [script[number - 1]._replace(key=keys[at], state=REPLACED)]
            former, at = keys[at], at + 1
        elif number > 0 and at > 0 and former is None:
            former = keys[at - 1]
        # Exports state a former UPN once, or for as long as they like.
        states = number == 0 or replaced or not draw(_often(15))
        stated = former if states else None
        runs.append([word._replace(key=keys[at], former_key=stated), *replaced])
    return runs


def _spell_otherwise(draw: st.DrawFn, runs: list[list[list[Enrolment]]]) -> None:
    """One school spells the learner's name in its own way."""
    school_runs = draw(st.sampled_from(runs))
    for run in school_runs:
        run[:] = [word._replace(forename="Angharat") for word in run]


def _add_twin(
    draw: st.DrawFn, schools: Sequence[str], runs: list[list[list[Enrolment]]], keys: Sequence[str]
) -> None:
    """Another learner of the same family, born the same day; a school may mix their UPNs up."""
    mixed_up = draw(_often(30))
    for number, script in enumerate(_scripts(draw, schools[:2], MOST_RUNS, "Heledd")):
        for at, word in enumerate(script):
            former = keys[-1] if mixed_up and number == 0 else None
            while len(runs[number]) <= at:
                runs[number].append([])
            runs[number][at].append(word._replace(key=TWINS, former_key=former))


def _keep_back(draw: st.DrawFn, runs: list[list[list[Enrolment]]], most: int) -> None:
    """A run in which a row was rejected or held."""
    school_runs = draw(st.sampled_from(runs))
    if len(school_runs) >= most:
        return
    at = draw(st.integers(0, len(school_runs)))
    before = (school_runs[at - 1] if at else school_runs[0])[0]
    state = draw(st.sampled_from([RecordState.REJECTED, RecordState.HELD]))
    spoilt = before._replace(state=state, year_group="13", leaving=None)
    if draw(st.booleans()):
        spoilt = spoilt._replace(forename="")
    school_runs.insert(at, [spoilt])


def _lanes(draw: st.DrawFn, runs: list[list[Enrolment]], come_apart: bool) -> list[Lane]:  # noqa: FBT001 - drawn
    """One school's lanes: its runs numbered, dated, and some of them delivered again."""
    numbered = [
        tuple(word._replace(run_seq=seq) for word in run) for seq, run in enumerate(runs, start=1)
    ]
    latest = draw(weighted((0, 4), (3, 6)))
    days = sorted(draw(st.integers(0, latest)) for _ in numbered)
    if not come_apart:
        heard = [
            Heard(day, tuple(draw(st.permutations(run))) if len(run) > 1 else run)
            for day, run in zip(days, numbered, strict=True)
        ]
        return [_delivered_again(draw, heard)]
    by_key: dict[str, list[Heard]] = {}
    for day, run in zip(days, numbered, strict=True):
        for word in run:
            by_key.setdefault(word.key, []).append(Heard(day, (word,)))
    return [tuple(lane) for lane in by_key.values()]


def _delivered_again(draw: st.DrawFn, lane: list[Heard]) -> Lane:
    again = draw(weighted((None, 6), ("at once", 1), ("later", 1)))
    if again == "at once":
        at = draw(st.integers(0, len(lane) - 1))
        lane = [*lane[: at + 1], lane[at], *lane[at + 1 :]]
    elif again == "later" and len(lane) > 1:
        at = draw(st.integers(0, len(lane) - 2))
        lane = [*lane, lane[at]._replace(day=lane[-1].day)]
    return tuple(lane)


def _staff_lane(draw: st.DrawFn, school: str) -> Lane:
    """A staff code whose holder leaves, and that goes to somebody else."""
    first = Enrolment(
        school=school,
        key=f"{school}/APR",
        run_seq=1,
        state=ON_ROLL,
        status=C,
        begins=date(2019, 9, 2),
        leaving=None,
        year_group=None,
        classes=(),
        forename="Siân",
        surname="Prys",
        born=None,
    )
    left = first._replace(run_seq=2, state=LEFT, leaving=date(2022, 7, 15))
    next_one = first._replace(
        run_seq=3, begins=date(2022, 9, 1), forename="Owain", predecessor_left=date(2022, 7, 15)
    )
    words = [first, left, next_one] if draw(st.booleans()) else [first, next_one]
    return tuple(Heard(0, (word,)) for word in words)
