"""The whole service under the providers' published quotas, and the providers of the benchmarks."""

import time
from typing import Any

from tests.bench.groups_providers import QUICKEST_SECONDS, providers_elsewhere
from tests.bench.groups_quota import archive_virtually
from tests.bench.groups_world import groups_world

POLL_AND_OPERATION_SECONDS = 31 + 2
ARCHIVE = [("classroom", "get course", 200), ("classroom", "patch course", 200)]


def test_an_archive_run_uses_the_quota_and_never_meets_a_429(postgres: Any) -> None:
    figures = archive_virtually(postgres.create_database(), teams=60, classrooms=60)

    assert (figures["archived"], figures["throttled"]) == (120, 0)
    assert figures["ideal_seconds"] == 6.0
    assert figures["seconds"] <= 1.1 * figures["ideal_seconds"] + POLL_AND_OPERATION_SECONDS
    assert figures["ratios"]["classroom"] < figures["ratios"]["teams"], "it has nothing to poll"


async def test_providers_in_a_process_of_their_own_are_some_way_off_and_count(
    postgres: Any,
) -> None:
    async with (
        providers_elsewhere() as providers,
        groups_world(postgres.create_database(), providers) as world,
    ):
        await world.fill(teams=0, classrooms=1)
        await world.queue_archives()
        asked, begun = time.time(), time.monotonic()
        [_, classrooms] = world.dispatchers
        await classrooms.run_once()
        await classrooms.idle()
        took = time.monotonic() - begun
        assert not await world.is_busy()
        calls = await providers.calls()
        [changed] = (await providers.changed()).values()

    assert [(row["provider"], row["call"], row["status"]) for row in calls] == ARCHIVE
    assert took > 2 * len(ARCHIVE) * QUICKEST_SECONDS
    assert asked < changed < asked + took
