"""mis-ingest judging schools' uploads one after another, for ``ingest_vs_floor``.

Parse, validate and difference, with the planner that every run goes through and on the loop that a
worker has: what would be published is worked out and not written. ``publish`` keeps a first year as
last published; ``judge`` then works through the next and says in JSON how many rows it judged in
which time.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
import yaml

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.record_table import RecordTable
from hwb_mis_ingest.adapters.season_table import SeasonTable
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.application.plan_run import RunPlanner
from hwb_mis_ingest.bootstrap import SERVICE
from hwb_mis_ingest.settings import Settings
from hwb_runtime.platform import Platform
from hwb_runtime.testing import platform_for
from hwb_runtime.worker import spare_the_collector
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import Register

NOW = datetime(2022, 8, 16, 8, tzinfo=UTC)
WARM_UP = 5
"""So many uploads are judged before the clock starts."""

app = typer.Typer(add_completion=False)
Folder = Annotated[Path, typer.Option(help="with register.yaml, calendar.yaml and the two years")]
Address = Annotated[str, typer.Option(help="mis-ingest's database")]


@dataclass(frozen=True, slots=True)
class Intake:
    """A planner on a database of its own."""

    platform: Platform
    planner: RunPlanner


@app.command()
def publish(folder: Folder, database_url: Address) -> None:
    """Keep the first year's uploads as last published."""
    uvloop.run(_publish(folder, database_url))


@app.command()
def judge(
    folder: Folder,
    database_url: Address,
    within: Annotated[float, typer.Option(help="seconds")],
) -> None:
    """Judge the second year's uploads; stop after the last, or after so many seconds."""
    uvloop.run(_judge(folder, database_url, within))


async def _publish(folder: Path, database_url: str) -> None:
    records = RecordTable()
    began, published = time.monotonic(), 0
    async with _intake(folder, database_url) as intake:
        for upload in _uploads(folder / "first"):
            school = upload.stem
            async with intake.platform.database.transaction() as session:
                data = await asyncio.to_thread(upload.read_bytes)
                plan = await intake.planner.plan(
                    session, school=school, data=data, today=NOW.date()
                )
                new = [one.record for one in plan.publication.sayings]
                await records.add_new(session, school, 1, new)
                await records.keep_classes(session, school, 1, plan.publication.classes)
            published += len(new)
    _say({"records": published, "seconds": time.monotonic() - began})


async def _judge(folder: Path, database_url: str, within: float) -> None:
    rows = json.loads((folder / "rows.json").read_text())
    uploads = _uploads(folder / "second")
    judged = words = 0
    async with _intake(folder, database_url) as intake:
        for upload in uploads[:WARM_UP]:
            await _plan(intake, upload)
        spare_the_collector()
        began, cpu = time.monotonic(), time.process_time()
        for upload in uploads:
            words += await _plan(intake, upload)
            judged += rows[upload.stem]
            if time.monotonic() - began > within:
                break
        seconds = time.monotonic() - began
    cpu_seconds = time.process_time() - cpu
    _say({"records": judged, "seconds": seconds, "cpu_seconds": cpu_seconds, "words": words})


def _say(figures: dict[str, float]) -> None:
    print(json.dumps(figures), flush=True)  # noqa: T201 - its interface


async def _plan(intake: Intake, upload: Path) -> int:
    data = await asyncio.to_thread(upload.read_bytes)
    async with intake.platform.database.transaction() as session:
        plan = await intake.planner.plan(session, school=upload.stem, data=data, today=NOW.date())
    return len(plan.words) + len(plan.held.rows)


def _uploads(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.zip"))


@asynccontextmanager
async def _intake(folder: Path, database_url: str) -> AsyncIterator[Intake]:
    register = Register.model_validate(_yaml(folder / "register.yaml"))
    calendar = RolloverCalendar.model_validate(_yaml(folder / "calendar.yaml"))
    async with platform_for(
        SERVICE, database_url, calendar=calendar, register=register, now=NOW
    ) as platform:
        settings: Settings = platform.settings
        planner = RunPlanner(
            records=RecordTable(),
            seasons=SeasonTable(),
            reader=UploadReader(Limits(settings.max_unpacked_bytes, settings.max_rows)),
            refs=platform.person_refs,
            calendar=platform.calendar,
            register=platform.register,
        )
        yield Intake(platform, planner)


def _yaml(path: Path) -> object:
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


if __name__ == "__main__":
    app()
