"""DESIGN 5.3 by search: every order between schools ends in the same home for everyone.

A history is what each school says, run by run, in three stretches of the summer; between them the
clock moves and what is due is taken up. Any interleaving within a stretch must end the same way.
"""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwb_identity.application.account_ids import new_account_id
from hwb_identity.domain.enrolment import Enrolment, has_begun, is_main, is_on_roll
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Person
from hwb_schemas.calendar import RolloverCalendar, Window
from hwb_schemas.words import AccountRole, EnrolmentStatus, RecordState

CALENDAR = RolloverCalendar(
    name="2022",
    academic_year_ending="2021-22",
    academic_year_starting="2022-23",
    groups_freeze=date(2022, 6, 6),
    end_of_year_work_done_by=date(2022, 8, 11),
    rollover_window_opens=date(2022, 8, 15),
    run_week=Window(opens=date(2022, 8, 15), closes=date(2022, 8, 21)),
    new_groups_from=date(2022, 8, 15),
    academic_year_ends=date(2022, 8, 31),
    first_day_of_term=date(2022, 9, 5),
)
STRETCHES = (date(2022, 7, 18), date(2022, 8, 17), date(2022, 9, 12))
SCHOOLS = ("6602001", "6604002", "6814003")
OLD_UPN, NEW_UPN = "R201100018042", "T20110001804V"

Word = Enrolment
Run = tuple[Word, ...]


@dataclass(frozen=True)
class History:
    """``runs[stretch][school]`` are that school's runs in that stretch, in its own order."""

    runs: tuple[tuple[tuple[Run, ...], ...], ...]


DATES = st.sampled_from(
    [date(2020, 9, 1), date(2022, 7, 15), date(2022, 8, 31), date(2022, 9, 1), date(2022, 10, 3)]
)


def word(school: str, key: str, state: RecordState, **changes: Any) -> Word:
    base = Enrolment(
        school=school,
        key=key,
        run_seq=0,
        state=state,
        status=EnrolmentStatus.CURRENT,
        begins=date(2019, 9, 2),
        leaving=None,
        year_group="6",
        classes=(f"{school}/2021-22/6A",),
        forename="Angharad",
        surname="Pritchard",
        born=date(2011, 3, 4),
    )
    return base._replace(**changes)


@st.composite
def words(draw: st.DrawFn, school: str) -> Word:
    state = draw(
        st.sampled_from(
            [
                *[RecordState.ON_ROLL] * 4,
                *[RecordState.LEFT] * 4,
                *[RecordState.MISSING] * 3,
                RecordState.WITHDRAWN,
            ]
        )
    )
    status = draw(
        st.sampled_from(
            [
                *[EnrolmentStatus.CURRENT] * 5,
                EnrolmentStatus.MAIN,
                *[EnrolmentStatus.SUBSIDIARY] * 2,
            ]
        )
    )
    year = draw(st.sampled_from(["6", "7"]))
    return word(
        school,
        OLD_UPN,
        state,
        status=status,
        begins=draw(DATES),
        leaving=draw(DATES) if state is RecordState.LEFT else None,
        year_group=year,
        classes=(f"{school}/2022-23/{year}A",),
    )


@st.composite
def school_runs(
    draw: st.DrawFn, school: str, schools: int, change: str | None
) -> list[tuple[int, Run]]:
    """(stretch, run) in the school's order, some delivered again, at once or later."""
    count = draw(st.integers(1, 3 if schools == 2 else 2))
    when = sorted(draw(st.lists(st.integers(0, 2), min_size=count, max_size=count)))
    change_at = draw(st.integers(1, count)) if change == school else count + 1
    runs: list[tuple[int, Run]] = []
    for seq, stretch in enumerate(when, start=1):
        one = draw(words(school))._replace(run_seq=seq)
        if seq >= change_at:
            one = one._replace(key=NEW_UPN, former_key=OLD_UPN)
        if seq == change_at and seq > 1:
            old = runs[-1][1][0]._replace(run_seq=seq, state=RecordState.REPLACED)
            runs.append((stretch, tuple(draw(st.permutations([old, one])))))
        else:
            runs.append((stretch, (one,)))
        if draw(st.integers(0, 4)) == 0:
            again = draw(st.sampled_from(runs))[1]
            runs.append((stretch, again))
    return runs


@st.composite
def histories(draw: st.DrawFn) -> History:
    schools = SCHOOLS[: draw(st.integers(2, 3))]
    changer = draw(st.sampled_from([None, None, *schools]))
    said = {school: draw(school_runs(school, len(schools), changer)) for school in schools}
    return History(
        tuple(
            tuple(tuple(run for at, run in said[school] if at == stretch) for school in schools)
            for stretch in range(3)
        )
    )


def interleavings(sequences: tuple[tuple[Run, ...], ...]) -> list[tuple[Run, ...]]:
    labels = [number for number, runs in enumerate(sequences) for _ in runs]
    found = []
    for order in set(itertools.permutations(labels)):
        position = [0] * len(sequences)
        runs = []
        for number in order:
            runs.append(sequences[number][position[number]])
            position[number] += 1
        found.append(tuple(runs))
    return found


def take_stretch(people: People, runs: tuple[Run, ...], today: date) -> People:
    now = people_on(people, today)
    for person in list(now.now.values()):
        if person.next_due is not None and person.next_due <= today:
            now.evaluate_again(person.key)
    for run in runs:
        for said in run:
            now.take(said, AccountRole.LEARNER)
    return now


def people_on(people: People, today: date) -> People:
    return People(
        people.now.values(),
        people.holders,
        calendar=CALENDAR,
        today=today,
        new_account_id=new_account_id,
    )


def outcome(person: Person) -> tuple[object, ...] | None:
    standing = person.standing
    if standing is None:
        return None
    return (
        standing.home,
        standing.status,
        standing.year_group,
        standing.classes,
        standing.other_schools,
        standing.released_from,
    )


def outcomes(people: People) -> tuple[object, ...]:
    return tuple(sorted(filter(None, map(outcome, people.now.values())), key=str))


def claimants(people: People, today: date) -> set[str]:
    return {
        one.school
        for person in people.now.values()
        for one in person.enrolments
        if is_main(one) and is_on_roll(one, CALENDAR, today) and has_begun(one, CALENDAR, today)
    }


@settings(max_examples=400, deadline=None)
@given(histories())
def test_every_interleaving_ends_in_the_same_home_status_year_group_and_classes(
    history: History,
) -> None:
    empty = People([], {}, calendar=CALENDAR, today=STRETCHES[0], new_account_id=new_account_id)
    ends: dict[tuple[object, ...], People] = {}
    states = [empty]
    for stretch, today in enumerate(STRETCHES):
        reached: dict[object, People] = {}
        for people in states:
            for runs in interleavings(history.runs[stretch])[:60]:
                after = take_stretch(people, runs, today)
                reached[state_of(after)] = after
        states = list(reached.values())
    assume(all(len(claimants(people, STRETCHES[-1])) <= 1 for people in states))
    for people in states:
        accounts = [person for person in people.now.values() if person.account]
        assert len(accounts) <= 1, "one learner has two accounts"
        ends[outcomes(people)] = people
    assert len(ends) == 1, list(ends)


def state_of(people: People) -> object:
    """What can still matter, so that equal intermediate states are followed once."""
    return frozenset(
        (
            person.key,
            person.keys,
            frozenset(person.enrolments),
            person.standing,
            person.account is None,
        )
        for person in people.now.values()
    )


@settings(max_examples=200, deadline=None)
@given(histories())
def test_evaluating_without_a_difference_writes_nothing(history: History) -> None:
    people = People([], {}, calendar=CALENDAR, today=STRETCHES[0], new_account_id=new_account_id)
    for stretch, today in enumerate(STRETCHES):
        runs = tuple(itertools.chain.from_iterable(history.runs[stretch]))
        people = take_stretch(people, runs, today)
        for person in list(people.now.values()):
            again = people.evaluate_again(person.key)
            assert again.change is None
            assert again.cases == ()
            assert again.person == person


@settings(max_examples=200, deadline=None)
@given(histories(), st.integers(0, 40))
def test_next_due_is_the_first_day_on_which_anything_changes_by_itself(
    history: History, days: int
) -> None:
    people = People([], {}, calendar=CALENDAR, today=STRETCHES[0], new_account_id=new_account_id)
    for runs in history.runs[0]:
        people = take_stretch(people, runs, STRETCHES[0])
    later = STRETCHES[0] + timedelta(days=days)
    for person in list(people.now.values()):
        if person.next_due is None or later < person.next_due:
            again = people_on(people, later).evaluate_again(person.key)
            assert again.change is None
            assert again.cases == ()


@settings(max_examples=200, deadline=None)
@given(histories(), st.data())
def test_words_that_come_again_under_new_offsets_change_nothing(
    history: History, data: st.DataObject
) -> None:
    heard = People([], {}, calendar=CALENDAR, today=STRETCHES[0], new_account_id=new_account_id)
    words = [said for runs in history.runs[0] for run in runs for said in run]
    for number, said in enumerate(words):
        heard.take(said, AccountRole.LEARNER)
        for again in data.draw(st.lists(st.sampled_from(words[: number + 1]), max_size=3)):
            before = dict(heard.now)
            assert heard.take(again, AccountRole.LEARNER) is None
            assert heard.now == before
