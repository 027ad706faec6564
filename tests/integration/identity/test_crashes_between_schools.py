"""Families of schools' runs on a real PostgreSQL, with power cuts at the boundaries of slices.

The handler, the due job, their units of work and the store are the real ones. Whatever is cut off,
what stands at the end and what the outbox tells is what the pure rules make of the same words.
HWB_CRASHED_HISTORIES=<number> asks for another number than 200.
"""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pytest
from tests.support.calendars import CALENDAR_2022
from tests.support.identity_fold import (
    Fold,
    Word,
    accounts_by_row,
    by_row,
    told_by,
    word_of,
)
from tests.support.identity_histories import DAYS, LAST_DAY, History, drawn
from tests.support.identity_orders import interleaved
from tests.support.identity_world import REGISTER, World

from hwb_identity.adapters.people_store import PeopleStore
from hwb_identity.adapters.rows import SELECTED, person_of
from hwb_identity.bootstrap import SERVICE, identity_on
from hwb_identity.domain.person import Person
from hwb_identity.entrypoints.worker import subscriptions_of
from hwb_runtime import unit_of_work
from hwb_runtime.clock import ManualClock
from hwb_runtime.database import ContentionError
from hwb_runtime.positions import Watermarks, position_at_assignment
from hwb_runtime.slices import SliceProcessor
from hwb_runtime.testing import platform_for, record_of

HISTORIES = int(os.environ.get("HWB_CRASHED_HISTORIES", "200"))
PARTITIONS = 3
TOPIC = "hwb.mis.changes"


class Databases(Protocol):
    def create_database(self) -> str: ...


class PowerCut(BaseException):
    """The process ends here."""


class Power:
    """Fails at some of the boundaries that a slice or a job passes."""

    def __init__(self, chance: random.Random) -> None:
        self.cuts: dict[str, int] = {}
        self._chance = chance
        self._share = 0.1

    def passes(self, boundary: str, *, in_hand: int) -> None:
        """Stands in for ``crash_point``."""
        share = self._share * (4 if boundary.startswith("due") else 1)  # there are few of them
        if in_hand and self._chance.random() < share:
            self.count(boundary)
            raise PowerCut

    def amid_effects(self) -> None:
        """Between two statements of a handler; sometimes only a deadlock."""
        drawn_now = self._chance.random()
        if drawn_now < self._share / 2:
            self.count("amid the effects")
            raise PowerCut
        if drawn_now < self._share:
            self.count("deadlock")
            raise ContentionError

    def count(self, boundary: str) -> None:
        self.cuts[boundary] = self.cuts.get(boundary, 0) + 1

    def never_fails(self) -> None:
        self._share = 0


@pytest.fixture
async def world(postgres: Databases) -> AsyncIterator[World]:
    async with platform_for(
        SERVICE,
        postgres.create_database(),
        calendar=CALENDAR_2022,
        register=REGISTER,
        now=datetime(2022, 7, 18, 10, tzinfo=UTC),
        settings={"password_secret": "another secret of the tests", "due_batch": 5},
    ) as platform:
        clock = platform.clock
        assert isinstance(clock, ManualClock)
        yield World(platform, identity_on(platform), clock)


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Power:
    power = Power(random.Random(7))
    monkeypatch.setattr(unit_of_work, "crash_point", power.passes)
    remember = PeopleStore.remember

    async def cut_off(store: PeopleStore, changes: Any) -> None:
        power.amid_effects()
        await remember(store, changes)

    monkeypatch.setattr(PeopleStore, "remember", cut_off)
    return power


class Partitions:
    """``hwb.mis.changes`` as the broker has it, and a worker that is started again and again."""

    def __init__(self, world: World, fold: Fold, chance: random.Random) -> None:
        self.world, self.fold, self.chance = world, fold, chance
        self.logs: list[list[Word]] = [[] for _ in range(PARTITIONS)]
        self.folded = [0] * PARTITIONS
        self.today = DAYS[0]
        self._processor = SliceProcessor(
            world.platform.units_of_work,
            subscriptions_of(world.identity)[0],
            service="identity",
            compacted=False,
        )

    def append(self, word: Word) -> None:
        self.logs[sum(word[0].encode()) % PARTITIONS].append(word)

    def unread(self) -> list[int]:
        return [n for n, log in enumerate(self.logs) if self.folded[n] < len(log)]

    async def day_comes(self, today: date) -> None:
        self.today = today
        self.world.move_to(today)
        for partition in range(PARTITIONS):
            await self._position(partition)

    async def slice_comes(self, partitions: Sequence[int]) -> None:
        """From where Kafka believes the worker to be: its positions, or somewhat before."""
        records = []
        for partition in partitions:
            log, position = self.logs[partition], self.folded[partition]
            first = max(0, position - self.chance.choice([0, 0, 3]))
            records += [
                record_of(event, topic=TOPIC, key=key, offset=first + n, partition=partition)
                for n, (key, event) in enumerate(log[first : position + self.chance.randint(1, 9)])
            ]
        with suppress(PowerCut):  # the worker is started again, which reads the positions
            await self._processor.apply(records)
        for partition in partitions:
            position = await self._position(partition)
            self.fold.take(self.logs[partition][self.folded[partition] : position], self.today)
            self.folded[partition] = position

    async def due_job_runs(self) -> None:
        with suppress(PowerCut, ContentionError):  # the job begins again at its next turn
            await self.world.identity.take_up_due()
        rows = await self.world.rows(f"SELECT key FROM person WHERE next_due <= '{self.today}'")  # noqa: S608
        done = self.fold.due(self.today) - {row[0] for row in rows}
        self.fold.take_up(sorted(done), self.today)

    async def _position(self, partition: int) -> int:
        async with self.world.platform.database.transaction() as session:
            broker = Watermarks(topic_id=None, low=0, high=1 << 60)
            return await position_at_assignment(session, TOPIC, partition, broker)


def renamed(history: History, number: int) -> History:
    """The same family with UPNs and staff codes of its own."""

    def own(key: str) -> str:
        return f"{key}{number}" if "/" in key else f"{key[0]}{number:06}{key[7:]}"

    lanes = tuple(
        tuple(
            heard._replace(
                words=tuple(
                    word._replace(
                        key=own(word.key), former_key=word.former_key and own(word.former_key)
                    )
                    for word in heard.words
                )
            )
            for heard in lane
        )
        for lane in history.lanes
    )
    learners = tuple((own(key), who) for key, who in history.learners)
    return History(lanes, learners, history.is_large)


async def stored(world: World) -> tuple[list[Person], dict[str, str]]:
    """Every person in the database, and which row holds the person of each other key."""
    rows = await world.rows(f"SELECT {SELECTED} FROM person")  # noqa: S608 - columns are ours
    links = {row[0]: row[1] for row in rows if row[1] is not None}
    return [person_of(row) for row in rows if row[1] is None], links


async def test_after_any_power_cuts_accounts_and_outbox_are_what_the_pure_rules_make_of_the_words(
    world: World, power: Power
) -> None:
    chance = random.Random(11)
    families = [renamed(one, n) for n, one in enumerate(drawn(HISTORIES, seed=4))]
    fold = Fold()
    broker = Partitions(world, fold, chance)
    for day, today in enumerate((*DAYS, LAST_DAY)):
        await broker.day_comes(today)
        orders = [
            tuple(word_of(said) for run in interleaved(one.on(day), chance) for said in run)
            for one in families
        ]
        for word in interleaved(tuple(orders), chance):
            broker.append(word)
        while unread := broker.unread():
            if chance.random() < 0.2:
                await broker.due_job_runs()
            await broker.slice_comes(chance.sample(unread, chance.randint(1, len(unread))))
        while fold.due(today):
            await broker.due_job_runs()
    power.never_fails()
    persons, links = await stored(world)
    assert by_row(persons) == by_row(fold.state.persons.values())
    assert links == {key: row for key, row in fold.state.holders.items() if key != row}
    await compare_outbox(world, fold, persons)
    assert await world.identity.reconcile.find() == []
    assert await world.rows("SELECT 1 FROM parked") == []
    print(f"\n{HISTORIES} histories, {sum(broker.folded)} words, cut: {power.cuts}")  # noqa: T201 - read by people
    assert power.cuts.keys() == {
        "slice_before_commit",
        "slice_after_commit",
        "due_before_commit",
        "due_after_commit",
        "amid the effects",
        "deadlock",
    }


async def compare_outbox(world: World, fold: Fold, persons: list[Person]) -> None:
    """Every version of every account is told once, without gaps, and says what the rules say."""
    told = told_by(await world.published())
    for changes in told.values():
        assert [change[1] for change in changes] == list(range(1, len(changes) + 1))
    ids = accounts_by_row(fold.state.persons.values())
    assert {
        ids[row]: told[account_id] for row, account_id in accounts_by_row(persons).items()
    } == fold.told
    assert len(told) == len(fold.told)
    history = await world.rows("SELECT account_id::text, count(*) FROM account_history GROUP BY 1")
    assert dict(history) == {account_id: len(changes) for account_id, changes in told.items()}
    cases = [event.value or {} for event in await world.published("hwb.servicedesk.cases")]
    assert fold.cases == Counter((case["kind"], case["change"]) for case in cases)
