"""The queue: lanes, leases, one operation a group, resumed after a crash without a second Team."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from hwb_groups.adapters.limiter import PostgresLimiter
from hwb_groups.adapters.queue import PostgresQueue
from hwb_groups.application.errors import LeaseLostError, ThrottledError
from hwb_groups.application.outcomes import Done
from hwb_groups.bootstrap import Providers
from hwb_groups.domain.group import Action, Lane
from hwb_groups.domain.quota import Kind, Share
from hwb_schemas.words import Provider


class DiedError(BaseException):
    """The process is gone."""


class DiesAfter:
    """A provider of whose call the answer never arrives: the process died in between."""

    def __init__(self, provider: Any, call: str) -> None:
        self._provider = provider
        self._call = call

    def __getattr__(self, name: str) -> Any:
        made = getattr(self._provider, name)
        if name != self._call:
            return made

        async def call(*arguments: Any) -> Any:
            await made(*arguments)
            raise DiedError

        return call


async def die_at(world: Any, call: str) -> None:
    """Do what is due, and die right after this call."""
    for dispatcher in world.dispatchers:
        living = dispatcher.perform

        def opened(
            provider: Provider, *, share: Share, keep: Any, providers: Providers = world.providers
        ) -> Any:
            return DiesAfter(providers(provider, share=share, keep=keep), call)

        perform = living.__class__(**{**vars(living), "open_provider": opened})
        for operation in await dispatcher.queue.claim(
            dispatcher.provider, up_to=max(Lane), limit=10
        ):
            with pytest.raises(DiedError):
                await perform(operation)
    await world.execute(
        "UPDATE operation SET lease_until = clock_timestamp() WHERE state = 'running'"
    )


@pytest.mark.parametrize("provider", ["teams", "classroom"])
async def test_a_crash_between_creation_and_its_record_makes_no_second_one(
    world: Any, provider: str
) -> None:
    await world.school()
    await world.create(provider)
    await die_at(world, "create")
    await world.settle()
    made = await world.only()
    assert made["members"] == [f"{name}@hwbcymru.net" for name in ("a", "b", "c")]
    assert (await world.changes()).count("created") == 1


@pytest.mark.parametrize(
    ("provider", "call"),
    [
        ("teams", "archive"),
        ("classroom", "archive"),
        ("teams", "unarchive"),
        ("classroom", "unarchive"),
        ("teams", "unlink"),
        ("classroom", "unlink"),
    ],
)
async def test_a_crash_after_any_call_is_made_good(world: Any, provider: str, call: str) -> None:
    group_id = await world.created(provider)
    await world.move_to(8, 31)
    if call == "archive":
        await die_at(world, call)
        await world.settle()
        assert await world.state(group_id) == "archived"
        return
    await world.settle()
    await world.ask("champion", f"/v1/groups/{group_id}/restore")
    if call == "unlink" and provider == "teams":
        await world.turn()
        while (await world.only())["archived"]:  # noqa: ASYNC110 - the emulator signals nothing
            await asyncio.sleep(0.01)
    await die_at(world, call)
    await world.settle()
    assert await world.state(group_id) == "restored"
    assert (await world.only())["external_id"] is None
    assert (await world.changes()).count("restored") == 1


async def test_members_that_came_before_a_crash_are_not_added_again(world: Any) -> None:
    await world.created("classroom")
    await world.hear(world.class_event(teachers=["t1", "t2"], members=["a", "b", "c"]))
    await die_at(world, "add")
    await world.settle()
    calls = {(r["call"], r["status"]) for r in world.emulators.calls.rows()}
    assert ("add to roster", 409) not in calls


async def test_a_worker_whose_lease_ended_commits_nothing(world: Any) -> None:
    await world.school()
    await world.create()
    queue = PostgresQueue(world.platform.database, 30.0, 0.0)
    [first] = await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=5)
    await world.execute("UPDATE operation SET lease_until = clock_timestamp()")
    [second] = await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=5)
    assert second.operation_id == first.operation_id
    outcomes = world.dispatchers[0].perform.outcomes
    with pytest.raises(LeaseLostError):
        await outcomes.conclude(first, Done())
    assert await queue.keep([first, second]) == 1
    assert await world.changes() == []
    await outcomes.conclude(second, Done())
    assert await world.changes() == ["created"]


async def test_an_operation_is_claimed_by_one_worker_only(world: Any) -> None:
    await fill(world, 40)
    queue = PostgresQueue(world.platform.database, 30.0, 0.0)
    claims = await asyncio.gather(
        *(queue.claim(Provider.TEAMS, up_to=max(Lane), limit=10) for _ in range(6))
    )
    ids = [operation.operation_id for claim in claims for operation in claim]
    assert len(ids) == len(set(ids)) == 40


async def test_a_restore_is_claimed_before_any_number_of_archives(world: Any) -> None:
    await fill(world, 2000)
    group_id = (await world.rows("SELECT group_id FROM class_group ORDER BY 1 DESC LIMIT 1"))[0][0]
    answer = await world.ask("desk", f"/v1/groups/{group_id}/restore")
    assert answer.json()["place"] == 1
    queue = PostgresQueue(world.platform.database, 30.0, 0.0)
    [first] = await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=1)
    assert (first.action, first.group_id) == (Action.RESTORE, group_id)


async def test_slots_are_kept_for_restores(world: Any) -> None:
    await fill(world, 30)
    dispatcher = world.dispatchers[0]
    gate = asyncio.Event()
    begun: list[Action] = []

    async def perform(operation: Any) -> None:
        begun.append(operation.action)
        await gate.wait()

    dispatcher.perform = perform
    for _ in range(3):
        await dispatcher.run_once()
    assert len(begun) == dispatcher.slots - dispatcher.kept
    group_id = (await world.rows("SELECT group_id FROM operation WHERE state = 'queued' LIMIT 1"))[
        0
    ][0]
    await world.ask("desk", f"/v1/groups/{group_id}/restore")
    await dispatcher.run_once()
    await asyncio.sleep(0)
    assert begun[-1] is Action.RESTORE
    gate.set()
    await dispatcher.idle()


async def test_a_worker_that_is_stopped_gives_back_what_it_has_in_hand(world: Any) -> None:
    await fill(world, 4)
    dispatcher = world.dispatchers[0]

    async def never_ends(_: Any) -> None:
        await asyncio.Event().wait()

    dispatcher.perform = never_ends
    await dispatcher.run_once()
    await dispatcher.stop()
    states = await world.rows("SELECT state, count(*) FROM operation GROUP BY state")
    assert states == [("queued", 4)]


async def test_calls_go_no_faster_than_the_bucket(world: Any) -> None:
    limiter = PostgresLimiter(world.platform.database, 1.0)
    await limiter.prepare()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(15):
        await limiter.take([Kind.CLASSROOM_PROJECT, Kind.CLASSROOM_USER], Share.WHOLE)
    took = loop.time() - began
    assert took >= 13 / 20, "20 calls a second for one user"


async def test_bulk_reserves_only_a_moment_ahead(world: Any) -> None:
    limiter = PostgresLimiter(world.platform.database, 1.0)
    await limiter.prepare()
    kinds = [Kind.GRAPH_WRITE]
    bulk = await limiter.reserve(kinds, Share.BULK, 40)
    within = [turn for turn in bulk if turn.reserved]
    assert 7 <= len(within) <= 9, "30 a second, less a margin, for a quarter of a second"
    assert not bulk[-1].reserved
    [restore] = await limiter.reserve(kinds, Share.WHOLE, 1)
    assert restore.reserved
    assert restore.wait <= 0.3, "whatever waits in bulk"


async def test_callers_who_wait_together_reserve_together(world: Any) -> None:
    limiter = PostgresLimiter(world.platform.database, 1000.0)
    await limiter.prepare()
    kinds = [Kind.CLASSROOM_PROJECT, Kind.CLASSROOM_USER]
    async with asyncio.timeout(30):
        await asyncio.gather(*(limiter.take(kinds, Share.BULK) for _ in range(500)))


async def test_a_blocked_provider_is_left_alone_by_everybody(world: Any) -> None:
    await fill(world, 3)
    limiter = world.providers.limiter
    await limiter.block([Kind.GRAPH_WRITE], seconds=60)
    queue = PostgresQueue(world.platform.database, 30.0, 0.0)
    assert await queue.claim(Provider.TEAMS, up_to=max(Lane), limit=5) == []
    with pytest.raises(ThrottledError):
        await limiter.take([Kind.GRAPH_WRITE], Share.WHOLE)


async def fill(world: Any, number: int) -> None:
    """So many archived-to-be Teams with their operations queued."""
    await world.hear(world.class_event())
    async with world.platform.database.transaction() as session:
        await session.execute(
            """INSERT INTO class SELECT c.school || '/2021-22/F' || n, c.school, c.academic_year,
                   'F' || n, 'filling', '7', 'current', '{}', '{}', 1
               FROM class c, generate_series(1, %s) AS n""",
            (number,),
        )
        await session.execute(
            """INSERT INTO class_group (group_id, provider, provider_id, class_key, school,
                   academic_year, class_code, title, state, wish, generation, linked,
                   roster_wanted, roster_done, asked_by, created_at, changed_at)
               SELECT 'g-' || class_code, 'teams', 't-' || class_code, class_key, school,
                   academic_year, class_code, title, 'frozen', 'present', 1, true, 1, 1, 'desk',
                   %s, %s
               FROM class WHERE title = 'filling'""",
            (datetime(2022, 1, 1, tzinfo=UTC),) * 2,
        )
    await world.move_to(8, 31)
    assert await world.waiting() == number
