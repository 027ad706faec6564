"""The season guard's rules: DESIGN 6, Season guard."""

from dataclasses import replace
from datetime import date

import pytest
from tests.support.calendars import CALENDAR_2022

from hwb_mis_ingest.domain.difference import Published, Word
from hwb_mis_ingest.domain.season_guard import (
    HoldReason,
    LetThrough,
    Roll,
    Rules,
    Season,
    first_followed_year,
    held_words,
    season_on,
    taken_by,
)
from hwb_schemas.calendar import GuardLimit, SeasonGuard
from hwb_schemas.words import RecordKind, RecordState

LIMIT = GuardLimit(share=0.1, at_least=3)
RULES = Rules(
    season=Season("rollover 2022", opened=date(2022, 6, 6)),
    limits=SeasonGuard(learners=LIMIT, staff=LIMIT, class_members=LIMIT, staff_codes=LIMIT),
    top_year_groups=frozenset({"6"}),
    followed_from="2021-22",
)
ROLL = Roll(learners={"4": 10, "5": 10, "6": 10}, staff=20, places=30)


def learner(
    code: str,
    state: RecordState,
    *,
    year: str = "4",
    status: str = "C",
    was: RecordState = RecordState.ON_ROLL,
    had: tuple[str, ...] = (),
    has: tuple[str, ...] = (),
) -> Word:
    before = {"enrolment_status": "C", "year_group": year, "classes": list(had)}
    record = {"enrolment_status": status, "year_group": year, "classes": list(has)}
    last = Published(RecordKind.LEARNER, code, was, before)
    changed = ("classes",) if had != has else ()
    return Word(RecordKind.LEARNER, code, state, record, changed, before=last)


def staff(code: str, state: RecordState, *, is_new: bool = False) -> Word:
    before = None if is_new else Published(RecordKind.STAFF, code, RecordState.ON_ROLL, {})
    return Word(RecordKind.STAFF, code, state, {}, (), before=before)


def leavers(count: int, *, year: str = "4") -> list[Word]:
    return [learner(f"{year}-{n}", RecordState.LEFT, year=year) for n in range(count)]


def held(
    words: list[Word], *, so_far: LetThrough | None = None, rules: Rules = RULES
) -> dict[int, HoldReason]:
    taken = taken_by(words, rules.followed_from)
    return held_words(words, taken, roll=ROLL, so_far=so_far or LetThrough(), rules=rules)


def test_a_few_may_go() -> None:
    assert held(leavers(3)) == {}


def test_one_more_and_all_of_this_run_are_held() -> None:
    assert held(leavers(4)) == dict.fromkeys(range(4), HoldReason.LEARNER_STOPS_CLAIMING)


@pytest.mark.parametrize(
    "word",
    [
        learner("x", RecordState.LEFT),
        learner("x", RecordState.MISSING),
        learner("x", RecordState.ON_ROLL, status="S"),
        learner("x", RecordState.ON_ROLL, status="G"),
        learner("x", RecordState.LEFT, was=RecordState.MISSING),
    ],
)
def test_left_missing_subsidiary_and_guest_stop_claiming(word: Word) -> None:
    assert held([*leavers(3), word])[3] is HoldReason.LEARNER_STOPS_CLAIMING


@pytest.mark.parametrize(
    "word",
    [
        learner("x", RecordState.ON_ROLL, status="M"),
        learner("x", RecordState.REPLACED),
        learner("x", RecordState.LEFT, was=RecordState.LEFT),
        learner("x", RecordState.ON_ROLL, was=RecordState.LEFT),
    ],
)
def test_whoever_still_claims_or_did_not_before_is_not_counted(word: Word) -> None:
    assert held([*leavers(3), word]) == {}


def test_the_top_year_group_leaves_whole_in_the_rollover() -> None:
    assert held(leavers(10, year="6")) == {}


def test_the_top_year_group_is_as_any_other_before_the_rollover() -> None:
    may = replace(RULES, season=Season("2022-05"))
    assert len(held(leavers(10, year="6"), rules=may)) == 10


def test_those_below_the_top_are_held_while_the_top_goes_through() -> None:
    words = [*leavers(10, year="6"), *leavers(4)]
    assert set(held(words)) == {10, 11, 12, 13}


def test_more_leave_the_top_than_were_in_it_when_the_season_opened() -> None:
    gone = {(RecordKind.LEARNER, f"last-{n}"): "6" for n in range(10)}
    assert len(held(leavers(10, year="6"), so_far=LetThrough(gone))) == 10


def test_runs_of_one_season_are_counted_together_and_a_person_once() -> None:
    before = LetThrough({(RecordKind.LEARNER, f"4-{n}"): "4" for n in range(3)})
    assert held(leavers(3), so_far=before) == {}
    assert len(held(leavers(4), so_far=before)) == 4


def test_staff_have_a_limit_of_their_own() -> None:
    words = [staff(f"T{n}", RecordState.LEFT) for n in range(4)]
    assert set(held(words).values()) == {HoldReason.STAFF_STOPS_CLAIMING}
    assert held([*leavers(3), *words[:3]]) == {}


def test_new_staff_alone_or_missing_staff_within_the_limit_are_let_through() -> None:
    new = [staff(f"N{n}", RecordState.ON_ROLL, is_new=True) for n in range(30)]
    assert held([*new, staff("T1", RecordState.MISSING)]) == {}


def test_as_many_new_staff_codes_as_missing_ones_are_a_new_mis() -> None:
    new = [staff(f"N{n}", RecordState.ON_ROLL, is_new=True) for n in range(4)]
    missing = [staff(f"T{n}", RecordState.MISSING) for n in range(4)]
    assert set(held([*new, *missing]).values()) == {HoldReason.STAFF_CODES_CHANGED}


def test_whoever_changes_class_loses_no_place() -> None:
    had, has = ("s/2021-22/4A",), ("s/2021-22/4B",)
    words = [learner(f"{n}", RecordState.ON_ROLL, had=had, has=has) for n in range(30)]
    assert held(words) == {}


def test_places_lost_in_masses_are_held() -> None:
    words = [learner(f"{n}", RecordState.ON_ROLL, had=("s/2021-22/4A",)) for n in range(4)]
    assert set(held(words).values()) == {HoldReason.CLASS_PLACES_LOST}


def test_places_in_groups_that_no_longer_follow_the_mis_do_not_count() -> None:
    words = [learner(f"{n}", RecordState.ON_ROLL, had=("s/2021-22/4A",)) for n in range(4)]
    frozen = replace(RULES, followed_from="2022-23")
    assert held(words, rules=frozen) == {}


def test_nobody_who_leaves_a_closing_school_is_held() -> None:
    closing = replace(RULES, is_closing=True)
    assert held([*leavers(10), *leavers(10, year="5")], rules=closing) == {}


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2022, 5, 9), Season("2022-05")),
        (date(2022, 6, 5), Season("2022-06")),
        (date(2022, 6, 6), Season("rollover 2022", opened=date(2022, 6, 6))),
        (date(2022, 10, 3), Season("rollover 2022", opened=date(2022, 6, 6))),
        (date(2022, 10, 4), Season("2022-10")),
    ],
)
def test_the_rollover_lasts_from_the_freeze_until_four_weeks_into_term(
    day: date, season: Season
) -> None:
    assert season_on(day, CALENDAR_2022, "660") == season


def test_only_next_years_groups_follow_the_mis_from_the_freeze_on() -> None:
    assert first_followed_year(date(2022, 6, 5), CALENDAR_2022) == ""
    assert first_followed_year(date(2022, 6, 6), CALENDAR_2022) == "2022-23"
