"""DESIGN 5.3 by search: every order between schools ends in the same home for everyone.

Five hundred families of schools' run sequences in ``make test``; ``make test-deep`` sets
HWB_HISTORIES to 20,000. They are drawn five hundred a seed: HWB_HISTORIES_FROM=<seed> begins there.
A family of up to three schools is followed through all interleavings, a larger one through 200.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.identity_checks import NOTHING, State, role_of
from tests.support.identity_features import FEATURES, count_features, too_rare
from tests.support.identity_histories import DAYS, History, Run, histories
from tests.support.identity_orders import Explored, check, people_of

A_SEED = 500
SEEDS = -(-int(os.environ.get("HWB_HISTORIES", str(A_SEED))) // A_SEED)
FIRST = int(os.environ.get("HWB_HISTORIES_FROM", "1"))
FOR_EACH = settings(deadline=None, database=None, suppress_health_check=[*hypothesis.HealthCheck])
LEAST_PROMISED = 0.7
"""So many families are within the promise of DESIGN 5.3; the others test what holds in all."""


class Tally:
    """What was searched: families, their features, interleavings' steps."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.features: Counter[str] = Counter()

    def add(self, explored: Explored) -> None:
        self.features += count_features([explored.history])
        self.counts["histories"] += 1
        self.counts["followed through a sample of interleavings"] += explored.history.is_large
        self.counts["promised to end the same"] += explored.is_promised()
        self.counts["with a merge proposed"] += explored.proposes_merge
        self.counts["steps"] += explored.steps

    def lines(self) -> Iterator[str]:
        yield ", ".join(f"{name}: {count:,}" for name, count in self.counts.items())
        for name in FEATURES:
            yield f"{self.features[name] / self.counts['histories']:6.1%}  {name}"


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_every_interleaving_ends_in_the_same_home_status_year_group_and_classes(
    seed: int, tally: Tally
) -> None:
    @hypothesis.seed(seed)
    @settings(FOR_EACH, max_examples=A_SEED)
    @given(histories())
    def search(history: History) -> None:
        tally.add(check(history))

    search()


def test_each_feature_occurs_in_a_twentieth_of_the_histories_and_moves_in_half(
    tally: Tally,
) -> None:
    if not tally.counts:
        pytest.fail("run it with the whole file: it counts what the search has drawn")
    print("", *tally.lines(), sep="\n")  # noqa: T201 - issue 4 asks for it
    searched = tally.counts["histories"]
    assert searched == A_SEED * SEEDS
    assert too_rare(tally.features, searched) == []
    assert tally.counts["promised to end the same"] >= LEAST_PROMISED * searched
    assert tally.counts["followed through a sample of interleavings"] > 0
    assert tally.counts["with a merge proposed"] > 0


def in_order(history: History) -> Iterator[tuple[date, Run]]:
    """One interleaving: day by day, the schools one after the other."""
    for day, today in enumerate(DAYS):
        for runs in history.on(day):
            for run in runs:
                yield today, run


def follow(history: History) -> Iterator[tuple[date, State]]:
    state = NOTHING
    for today, run in in_order(history):
        people = people_of(state, today)
        for person in state.persons.values():
            if person.next_due is not None and person.next_due <= today:
                people.evaluate_again(person.key)
        for said in run:
            people.take(said, role_of(said.key))
        state = State(people.now, people.holders, frozenset())
        yield today, state


@settings(FOR_EACH, max_examples=100)
@given(histories())
def test_evaluating_without_a_difference_writes_nothing(history: History) -> None:
    for today, state in follow(history):
        people = people_of(state, today)
        for person in state.persons.values():
            again = people.evaluate_again(person.key)
            assert again.change is None
            assert again.cases == ()
            assert again.person == person


@settings(FOR_EACH, max_examples=100)
@given(histories(), st.integers(0, 90))
def test_next_due_is_the_first_day_on_which_anything_changes_by_itself(
    history: History, days: int
) -> None:
    for today, state in follow(history):
        later = today + timedelta(days=days)
        people = people_of(state, later)
        for person in state.persons.values():
            if person.next_due is None or later < person.next_due:
                again = people.evaluate_again(person.key)
                assert again.change is None
                assert again.cases == ()


@settings(FOR_EACH, max_examples=100)
@given(histories(), st.randoms(use_true_random=False))
def test_words_that_come_again_under_new_offsets_change_nothing(
    history: History, chance: Random
) -> None:
    heard: list[Run] = []
    for (today, state), (_, run) in zip(follow(history), in_order(history), strict=True):
        heard.append(run)
        people = people_of(state, today)
        for said in chance.choice(heard):
            assert people.take(said, role_of(said.key)) is None
        assert people.now == state.persons
