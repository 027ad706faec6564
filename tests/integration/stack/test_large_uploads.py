"""Large uploads to mis-ingest's own processes: what ends midway, and how much memory they take."""

import asyncio
import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.support.calendars import CALENDAR_2022
from tests.support.client_process import ClientProcess
from tests.support.proxy import Proxy

from hwb_provisioning_client.push import push_upload
from hwb_provisioning_client.upload import Upload
from hwb_rehearsal.bench.largest import LEARNERS, largest_schools
from hwb_rehearsal.broker import Broker
from hwb_rehearsal.snapshots.forms import oneroster_zip
from hwb_rehearsal.stack import Postgres, Stack, StackOptions
from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.wales import Wales
from hwb_schemas.words import Role

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAY = datetime(2022, 5, 3, 8, tzinfo=UTC)
RUN_WEEK = datetime(2022, 8, 16, 8, tzinfo=UTC)
AT_ONCE = 10
MOST_MB = 300
PUBLISHED_WITHIN_SECONDS = 240.0
HELD_WITHIN_SECONDS = 60.0
PART_BYTES = 256 * 1024


@pytest.fixture(scope="module")
def wales() -> Wales:
    return largest_schools(AT_ONCE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(
    tmp_path_factory: pytest.TempPathFactory, wales: Wales, broker: Broker, postgres: Postgres
) -> AsyncIterator[Stack]:
    async with Stack.start(
        tmp_path_factory.mktemp("large"),
        register=wales.register(),
        calendar=CALENDAR_2022,
        now=RUN_WEEK,
        options=StackOptions(services=("mis-ingest",), broker=broker, postgres=postgres),
    ) as stack:
        yield stack


async def publish_at_once(stack: Stack, uploads: dict[str, Upload]) -> list[dict[str, Any]]:
    """Push all at the same moment; their runs once all are published."""
    async with stack.client("mis-ingest", Role.SERVICE, timeout=PUBLISHED_WITHIN_SECONDS) as http:
        pushed = await asyncio.gather(
            *(push_upload(http, upload, school=number) for number, upload in uploads.items())
        )

        async def runs() -> list[dict[str, Any]]:
            found = [
                (await http.get(f"/v1/schools/{one.school}/runs/{one.run_id}")).json()
                for one in pushed
            ]
            return found if all(run["status"] == "published" for run in found) else []

        return await stack.until(runs, "ten runs are published", PUBLISHED_WITHIN_SECONDS)


async def test_ten_uploads_of_the_largest_school_at_once_stay_under_300_mb(
    stack: Stack, wales: Wales
) -> None:
    after = roll_over(wales).rolls
    for year, rolls, at in (("2021-22", wales.rolls, MAY), ("2022-23", after, RUN_WEEK)):
        uploads = {
            number: Upload(oneroster_zip(rolls[number].snapshot(year, at)), at)
            for number in wales.rolls
        }
        runs = await publish_at_once(stack, uploads)
        counts = [run["counts"] for run in runs]
        assert len(counts) == AT_ONCE
        assert all(one["changes"] > LEARNERS / 2 and one["staff"] for one in counts), counts

    peaks = {kind: stack.process("mis-ingest", kind).peak_memory_mb for kind in ("api", "worker")}
    print("peak memory in MB:", {kind: round(peak) for kind, peak in peaks.items()})  # noqa: T201
    assert all(0 < peak < MOST_MB for peak in peaks.values()), peaks


def large_export(wales: Wales, path: Path) -> Path:
    """The first school's export beside a file that does not shrink: eight parts."""
    number, roll = next(iter(wales.rolls.items()))
    data = io.BytesIO(oneroster_zip(roll.snapshot("2022-23", RUN_WEEK)))
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("photo.jpg", random.Random(path.name).randbytes(6 * PART_BYTES))
    file = path / f"{number}.zip"
    file.write_bytes(data.getvalue())
    return file


async def start_push(stack: Stack, file: Path, proxy: Proxy) -> ClientProcess:
    mine = stack.credentials(Role.NETWORK_MANAGER, school=file.stem)
    credentials = {
        "client_id": mine.client_id,
        "client_secret": mine.client_secret,
        "token_url": mine.token_url,
    }
    (file.parent / "school.json").write_text(json.dumps(credentials))
    return await ClientProcess.start(
        *("push", str(file), "--school", file.stem, "--url", stack.url("mis-ingest")),
        *("--credentials-file", str(file.parent / "school.json"), "--tries", "12", "--json"),
        environment={"HTTP_PROXY": proxy.url},
    )


async def hold(proxy: Proxy) -> None:
    async with asyncio.timeout(HELD_WITHIN_SECONDS):
        await proxy.holding.wait()


async def test_a_killed_clients_successor_sends_only_the_rest(
    stack: Stack, wales: Wales, tmp_path: Path
) -> None:
    file = large_export(wales, tmp_path)
    async with Proxy(holds_after=3 * PART_BYTES + 1).running() as proxy:
        client = await start_push(stack, file, proxy)
        await hold(proxy)
        await client.kill()
        passed_first = proxy.passed
    async with Proxy().running() as proxy:
        client = await start_push(stack, file, proxy)
        status, said = await client.ended()
        assert status == 0, said
        rest = file.stat().st_size - 3 * PART_BYTES
        assert (passed_first > 3 * PART_BYTES, proxy.passed) == (True, rest)


async def test_a_server_that_is_killed_midway_costs_one_part(
    stack: Stack, wales: Wales, tmp_path: Path
) -> None:
    file = large_export(wales, tmp_path)
    async with Proxy(holds_after=3 * PART_BYTES + 1).running() as proxy:
        client = await start_push(stack, file, proxy)
        await hold(proxy)
        before = stack.process("mis-ingest", "api").restarts
        stack.process("mis-ingest", "api").kill()
        proxy.release()
        status, said = await client.ended()
        assert (status, stack.process("mis-ingest", "api").restarts) == (0, before + 1), said
        assert file.stat().st_size < proxy.passed <= file.stat().st_size + PART_BYTES
    async with stack.client("mis-ingest", Role.SERVICE) as http:
        answer: httpx.Response = await http.get(f"/v1/schools/{file.stem}/runs")
    assert json.loads(said)["run_id"] == answer.json()["items"][0]["run_id"]
