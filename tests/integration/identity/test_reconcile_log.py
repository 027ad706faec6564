"""The log says of every account what the database says, or reconcile finds it and can mend it."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

import orjson
import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_identity.application.compare_log import CompareLog
from hwb_identity.application.publish_anew import NobodyRelaysError, PublishAnew
from hwb_identity.bootstrap import people_opener
from hwb_runtime.outbox import oldest_rows, unpack

UPN = "R201100018042"
OTHER = "T20110001804V"


class Topic:
    """The accounts' topic as a list of records; the world's relay is ``relay``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.log: list[tuple[str, bytes | None]] = []

    async def records(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        yield list(self.log)

    async def relay(self) -> None:
        async with self.world.platform.database.transaction() as session:
            for _, batch in await oldest_rows(session, events=1_000_000):
                for event in unpack(batch):
                    if event.topic == "hwb.identity.accounts":
                        value = None if event.value is None else event.value.encode()
                        self.log.append((event.key, value))
        await self.world.forget_published()

    def states(self) -> dict[str, Any]:
        """What a subscriber knows that reads from the start and drops by version."""
        known: dict[str, Any] = {}
        for key, value in self.log:
            event = orjson.loads(value) if value else None
            if event is None:
                known.pop(key, None)
            elif key not in known or event["version"] > known[key]["version"]:
                known[key] = event
        return known

    def compacted(self) -> dict[str, bytes | None]:
        return dict(self.log)


@pytest.fixture
def topic(world: World) -> Topic:
    return Topic(world)


def compare(world: World, topic: Topic, *, patience: float = 5.0) -> CompareLog:
    units, refs = world.platform.units_of_work, world.platform.person_refs
    people = people_opener(world.platform)
    anew = PublishAnew(units, people, refs, outbox_max_events=5000)
    return CompareLog(units, people, topic, anew, refs, patience_seconds=patience)


async def two_accounts(world: World, topic: Topic) -> list[str]:
    """Two learners, the first with three versions, all of it on the log."""
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, OTHER))
    await world.hear(world.word(PRIMARY, UPN, year="7"))
    await world.hear(world.word(PRIMARY, UPN, year="8"))
    await topic.relay()
    return list(dict.fromkeys(key for key, _ in topic.log))


async def test_a_log_that_says_what_the_database_says_has_no_findings(
    world: World, topic: Topic
) -> None:
    await two_accounts(world, topic)
    assert await compare(world, topic).find() == []


def truncated(log: list[tuple[str, bytes | None]], first: str) -> None:
    """What each fault does to a log is below; this loses the newest event of an account."""
    newest = max(n for n, (key, _) in enumerate(log) if key == first)
    del log[newest]


def with_other_content(log: list[tuple[str, bytes | None]], first: str) -> None:
    newest = max(n for n, (key, _) in enumerate(log) if key == first)
    value = orjson.loads(log[newest][1] or b"")
    value["account"]["year_group"] = "12"
    log[newest] = (first, orjson.dumps(value))


def with_a_newer_version(log: list[tuple[str, bytes | None]], first: str) -> None:
    value = orjson.loads(next(value for key, value in reversed(log) if key == first) or b"")
    log.append((first, orjson.dumps(value | {"version": 9})))


def with_an_old_state_last(log: list[tuple[str, bytes | None]], first: str) -> None:
    log.append(next((key, value) for key, value in log if key == first))


def without_it(log: list[tuple[str, bytes | None]], first: str) -> None:
    log[:] = [(key, value) for key, value in log if key != first]


def with_a_tombstone(log: list[tuple[str, bytes | None]], first: str) -> None:
    log.append((first, None))


@pytest.mark.parametrize(
    ("harm", "finding", "version"),
    [
        (truncated, "older version: publish", 3),
        (without_it, "does not have it: publish", 3),
        (with_an_old_state_last, "older version is the last one", 3),
        (with_other_content, "other content: publish as a new version", 4),
        (with_a_newer_version, "newer version: publish as a version beyond it", 10),
        (with_a_tombstone, "deleted: publish as a new version", 4),
    ],
)
async def test_what_the_log_has_wrong_is_found_and_mended_for_every_subscriber(
    world: World, topic: Topic, harm: Any, finding: str, version: int
) -> None:
    first, _ = await two_accounts(world, topic)
    harm(topic.log, first)
    found = await compare(world, topic).find()
    assert len(found) == 1
    assert found[0].startswith(f"account {first}: ")
    assert finding in found[0]
    assert await world.published() == [], "finding changes nothing"

    await compare(world, topic).mend()
    await topic.relay()

    assert await compare(world, topic).find() == []
    assert topic.states()[first]["version"] == version
    assert topic.states()[first]["account"]["year_group"] == "8"
    assert topic.compacted()[first] == topic.log[-1][1]
    async with world.api("service-desk") as api:
        history = (await api.get(f"/v1/accounts/{first}/history")).json()["items"]
    assert [one["cause"] for one in history[3:]] == ["reconcile"] * (version != 3)


async def test_an_account_that_is_no_more_gets_its_tombstone(world: World, topic: Topic) -> None:
    first, other = await two_accounts(world, topic)
    async with world.platform.database.transaction() as session:
        await session.execute("DELETE FROM person WHERE account_id = %s", (first,))
    assert "publish its tombstone" in (await compare(world, topic).find())[0]
    await compare(world, topic).mend()
    await topic.relay()
    assert set(topic.states()) == {other}
    assert await compare(world, topic).find() == []


async def test_what_waits_for_the_relay_is_no_finding_but_a_question(
    world: World, topic: Topic
) -> None:
    await two_accounts(world, topic)
    await world.hear(world.word(PRIMARY, UPN, year="9"))
    with pytest.raises(NobodyRelaysError, match="is a worker up"):
        await compare(world, topic, patience=0.0).find()


async def test_what_changes_while_the_log_is_read_is_no_finding(world: World, topic: Topic) -> None:
    await two_accounts(world, topic)

    class Meanwhile(Topic):
        async def records(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
            yield list(topic.log)
            await world.hear(world.word(SECONDARY, "A201100018043", year="7"))
            await world.hear(world.word(PRIMARY, OTHER, year="10"))
            await self.relay()
            yield list(self.log)

    assert await compare(world, Meanwhile(world)).find() == []


async def test_publishing_anew_changes_nothing_for_who_has_it_and_mends_who_lost_it(
    world: World, topic: Topic
) -> None:
    await two_accounts(world, topic)
    world.move_to(date(2022, 8, 1))
    before, lost = topic.states(), topic.log[:]
    topic.log.clear()
    anew = compare(world, topic)._anew
    assert await anew() == 2
    await topic.relay()
    assert topic.states() == before, "even the instant of the change is what it was"
    topic.log[:0] = lost
    assert topic.states() == before
    assert await compare(world, topic).find() == []


async def test_publishing_anew_waits_for_room_in_the_outbox(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    units, refs = world.platform.units_of_work, world.platform.person_refs
    full = PublishAnew(
        units,
        people_opener(world.platform),
        refs,
        outbox_max_events=1000,
        patience_seconds=0.0,
    )
    with pytest.raises(NobodyRelaysError):
        await full()
