"""Follow a family of schools' runs through its interleavings, and check every step on the way.

Up to three schools with four runs each the whole lattice of positions is followed, with equal
states at a position merged; of a larger family two hundred interleavings are sampled.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from tests.support import identity_oracle as oracle
from tests.support.calendars import CALENDAR_2022
from tests.support.identity_checks import (
    KEPT_BACK,
    NOTHING,
    State,
    check_kept_back,
    check_state,
    check_step,
    last_words,
    role_of,
)
from tests.support.identity_histories import DAYS, LAST_DAY, History, Run

from hwb_identity.domain.enrolment import Enrolment
from hwb_identity.domain.people import People, Taken
from hwb_identity.domain.person import Person
from hwb_schemas.words import AccountRole

SAMPLED = 200
One = TypeVar("One")


@dataclass
class Explored:
    """What a family's interleavings came to."""

    history: History
    ends: list[State] = field(default_factory=list)
    steps: int = 0
    proposes_merge: bool = False
    """In some interleaving a merge was proposed: a decision is waited for."""

    def is_promised(self) -> bool:
        """Whether DESIGN 5.3 promises that all interleavings end the same."""
        return (
            not self.proposes_merge
            and not any(word.state in KEPT_BACK for word in self.history.words())
            and all(
                len(oracle.claimants(person.enrolments, LAST_DAY, CALENDAR_2022)) <= 1
                for end in self.ends
                for person in end.persons.values()
                if person.role is AccountRole.LEARNER
            )
        )

    def outcomes(self) -> set[tuple[object, ...]]:
        """The different ends, each as everybody's home school, status, year group and classes."""
        return {_outcome(end) for end in self.ends}


def explore(history: History) -> Explored:
    """Follow every interleaving, or of a large family a sample of them."""
    explored = Explored(history)
    found: Iterable[State]
    if history.is_large:
        chance = random.Random(len(list(history.words())))
        found = (_one_order(history, chance, explored) for _ in range(SAMPLED))
    else:
        found = _every_order(history, explored)
    ends: dict[object, State] = {}
    for state in found:
        end = _day_comes(state, LAST_DAY)
        check_state(end, history, LAST_DAY, last_words(history.words()))
        ends[_same(end)] = end
    explored.ends = list(ends.values())
    return explored


def check(history: History) -> Explored:
    """Follow every interleaving; raises AssertionError where one breaks a rule or a promise."""
    explored = explore(history)
    if explored.is_promised():
        assert len(explored.outcomes()) <= 1, "the order between schools decides"
    return explored


def _every_order(history: History, explored: Explored) -> Iterator[State]:
    states: dict[object, State] = {_same(NOTHING): NOTHING}
    earlier: list[Enrolment] = []
    for day, today in enumerate(DAYS):
        lanes = history.on(day)
        woken = [_day_comes(state, today) for state in states.values()]
        reached: dict[tuple[int, ...], dict[object, State]] = {
            (0,) * len(lanes): {_same(state): state for state in woken}
        }
        for position in itertools.product(*[range(len(lane) + 1) for lane in lanes]):
            here = reached.pop(position)
            said = [
                word
                for lane, taken in zip(lanes, position, strict=True)
                for run in lane[:taken]
                for word in run
            ]
            words = last_words([*earlier, *said])
            for state in here.values():
                check_state(state, history, today, words)
            for number, lane in enumerate(lanes):
                if position[number] == len(lane):
                    continue
                run = lane[position[number]]
                next_position = (*position[:number], position[number] + 1, *position[number + 1 :])
                there = reached.setdefault(next_position, {})
                for state in here.values():
                    after = _step(state, run, today, explored)
                    there.setdefault(_same(after), after)
            states = here
        earlier += [word for lane in lanes for run in lane for word in run]
    yield from states.values()


def _one_order(history: History, chance: random.Random, explored: Explored) -> State:
    state = NOTHING
    said: list[Enrolment] = []
    for day, today in enumerate(DAYS):
        state = _day_comes(state, today)
        for run in interleaved(history.on(day), chance):
            state = _step(state, run, today, explored)
            said += run
            check_state(state, history, today, last_words(said))
    return state


def interleaved(lanes: tuple[tuple[One, ...], ...], chance: random.Random) -> Iterator[One]:
    """One interleaving that keeps each lane's own order."""
    turns = [number for number, lane in enumerate(lanes) for _ in lane]
    chance.shuffle(turns)
    left = [iter(lane) for lane in lanes]
    for number in turns:
        yield next(left[number])


_ids = itertools.count()


def people_of(state: State, today: date) -> People:
    """The domain's people, as they would be locked for a slice of this day."""
    return People(
        state.persons.values(),
        state.holders,
        calendar=CALENDAR_2022,
        today=today,
        new_account_id=lambda: f"account-{next(_ids)}",
    )


def _step(state: State, run: Run, today: date, explored: Explored) -> State:
    """Take one run, every word of it checked against what was before."""
    explored.steps += 1
    people = people_of(state, today)
    doubted = state.doubted
    for said in run:
        before = dict(people.now)
        known = people.person_of(said.key)
        taken = people.take(said, role_of(said.key))
        check_step(before, people.now, taken.evaluations if taken else (), today)
        if said.state in KEPT_BACK:
            check_kept_back(taken)
        if taken is not None and taken.doubt is not None:
            explored.proposes_merge = True
            doubted = doubted | _keys_in_doubt(said, known, taken)
    return State(people.now, people.holders, doubted)


def _keys_in_doubt(said: Enrolment, known: Person | None, taken: Taken) -> set[str]:
    keys = {said.key, *taken.evaluations[-1].person.keys, *(known.keys if known else ())}
    return keys | ({said.former_key} if said.former_key else set())


def _day_comes(state: State, today: date) -> State:
    """Who is due is taken up, as the due job does."""
    people = people_of(state, today)
    for person in state.persons.values():
        if person.next_due is not None and person.next_due <= today:
            before = dict(people.now)
            evaluation = people.evaluate_again(person.key)
            check_step(before, people.now, [evaluation], today)
    return State(people.now, people.holders, state.doubted)


def _same(state: State) -> object:
    """What of a state can still matter; numbers of accounts and their versions cannot."""
    return (
        frozenset(
            (
                person.keys,
                frozenset((one.school, one.key, one.run_seq) for one in person.enrolments),
                person.standing,
                person.waiting,
                person.next_due,
            )
            for person in state.persons.values()
        ),
        state.doubted,
    )


def _outcome(state: State) -> tuple[object, ...]:
    return tuple(
        sorted(
            (
                person.keys,
                standing.home or "",
                standing.status.value,
                standing.year_group or "",
                standing.classes,
            )
            for person in state.persons.values()
            if (standing := person.standing) is not None
        )
    )
