"""A small service of the tests' own, on a real database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

import hwb_runtime
from hwb_runtime.api import create_api
from hwb_runtime.events import Received
from hwb_runtime.files import load_calendar
from hwb_runtime.platform import Platform
from hwb_runtime.service import Service
from hwb_runtime.settings import ServiceSettings
from hwb_runtime.slices import SliceProcessor, Subscription
from hwb_runtime.testing import platform_for
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_runtime.worker import WorkerParts
from hwb_schemas.events import RunSettled
from hwb_schemas.register import Register

CALENDAR = Path(hwb_runtime.__file__).parent / "calendars" / "2022.yaml"
TOPIC = "hwb.identity.runs"
MIGRATION = """
from alembic import op
revision, down_revision, branch_labels = "tally_1", None, ("tally",)
def upgrade():
    op.execute("CREATE TABLE tally (number bigint GENERATED ALWAYS AS IDENTITY, run_id text)")
"""


class Tally:
    """Writes down every run id it is given; refuses those that a test names."""

    def __init__(self) -> None:
        self.refused: dict[str, Exception] = {}

    async def handle(self, events: Sequence[Received[RunSettled]], uow: UnitOfWork) -> None:
        for event in events:
            assert event.payload is not None
            if error := self.refused.get(event.payload.run_id):
                raise error
            await uow.session.execute(
                "INSERT INTO tally (run_id) VALUES (%s)", (event.payload.run_id,)
            )
            uow.publish("hwb.identity.runs", event.key, event.payload, cause=event.traceparent)


@dataclass
class Bench:
    """A platform with one subscription."""

    platform: Platform
    tally: Tally
    service: Service

    def subscription(self, drops_applied: Any = "by_handler") -> Subscription:
        return Subscription(TOPIC, RunSettled, self.tally.handle, drops_applied)

    def processor(self, drops_applied: Any = "by_handler", *, compacted: bool = False) -> Any:
        return SliceProcessor(
            self.platform.units_of_work,
            self.subscription(drops_applied),
            service="tally",
            compacted=compacted,
        )

    async def applied(self) -> list[str]:
        async with self.platform.database.transaction() as session:
            return [row[0] for row in await session.fetch("SELECT run_id FROM tally ORDER BY 1")]

    async def one(self, sql: str) -> Any:
        async with self.platform.database.transaction() as session:
            row = await session.fetch_one(sql)
        return row[0] if row else None


@pytest.fixture
async def bench(postgres: Any, tmp_path: Path) -> AsyncIterator[Bench]:
    (tmp_path / "0001_tally.py").write_text(MIGRATION)
    tally = Tally()

    def api(platform: Platform) -> FastAPI:
        return create_api(platform, title="tally", description="counts")

    @asynccontextmanager
    async def worker(_: Platform) -> AsyncIterator[WorkerParts]:
        yield WorkerParts([Subscription(TOPIC, RunSettled, tally.handle, "by_handler")])

    async def reconcile(_: Platform, fix: bool) -> list[str]:  # noqa: FBT001
        return [str(fix)]

    service = Service("tally", ServiceSettings, tmp_path, api, worker, reconcile)
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(
            platform_for(
                service,
                postgres.create_database(),
                calendar=load_calendar(CALENDAR),
                register=Register(authorities=(), schools=()),
                now=datetime(2022, 8, 15, 9, tzinfo=UTC),
            )
        )
        yield Bench(platform, tally, service)
