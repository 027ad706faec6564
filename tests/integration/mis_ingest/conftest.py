"""A mis-ingest on a database of its own, with its API and its worker's parts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.calendars import plain_calendar

from hwb_mis_ingest.bootstrap import SERVICE
from hwb_rehearsal.stack.postgres import Postgres
from hwb_runtime.auth import Caller
from hwb_runtime.clock import ManualClock
from hwb_runtime.platform import Platform
from hwb_runtime.testing import Published, drive, empty_outbox, outbox_of, platform_for
from hwb_runtime.worker import WorkerParts
from hwb_schemas.events import RunSettled
from hwb_schemas.refs import PersonRefs
from hwb_schemas.register import Authority, Register, School
from hwb_schemas.words import Role

MAY = datetime(2022, 5, 9, 8, 0, tzinfo=UTC)
SCHOOLS = ("6604027", "6604028", "6614001")
CALENDAR = plain_calendar()
REGISTER = Register(
    authorities=tuple(
        Authority(code=code, name=code, name_cy=code, email="la@example.org")
        for code in ("660", "661")
    ),
    schools=tuple(
        School(
            number=number,
            name="School",
            name_cy="Ysgol",
            authority=number[:3],
            sector="secondary",
            year_groups=("7", "8"),
            top_year_groups=("8",),
            email="school@example.org",
        )
        for number in SCHOOLS
    ),
)
KEPT_BACK = {"rejected", "held"}
CALLERS = {
    "manager": Caller("nm-1", Role.NETWORK_MANAGER, school="6604027"),
    "teacher": Caller("t-1", Role.TEACHER, school="6604027"),
    "champion": Caller("dc-1", Role.DIGITAL_CHAMPION, school="6604027"),
    "authority": Caller("la-1", Role.LOCAL_AUTHORITY, authority="660"),
    "desk": Caller("sd-1", Role.SERVICE_DESK),
    "service": Caller("svc-1", Role.SERVICE),
    "operator": Caller("op-1", Role.OPERATOR),
}


@dataclass
class Ingest:
    """What a test does with mis-ingest: push as a client would, work as the worker would."""

    platform: Platform
    parts: WorkerParts
    http: httpx.AsyncClient
    refs: PersonRefs

    @property
    def clock(self) -> ManualClock:
        assert isinstance(self.platform.clock, ManualClock)
        return self.platform.clock

    async def upload(
        self,
        data: bytes,
        *,
        school: str = "6604027",
        key: str | None = None,
        extracted_at: str | None = None,
        token: str = "service",
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4()), "Authorization": f"Bearer {token}"}
        if extracted_at:
            headers["Hwb-Extracted-At"] = extracted_at
        address = f"/v1/schools/{school}/uploads"
        return await self.http.post(address, content=data, headers=headers)

    async def get(self, address: str, *, token: str = "service") -> Any:
        answer = await self.http.get(address, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def work(self) -> None:
        """Publish every run that waits."""
        while await self.parts.jobs[0].run_once():
            pass

    async def run(self, data: bytes, *, school: str = "6604027") -> dict[str, Any]:
        """Upload and publish; the run as the API shows it. What was published before is gone.

        Such runs stand for different days: how often the school has sent is forgotten, too.
        """
        await empty_outbox(self.platform.database)
        async with self.platform.database.transaction() as session:
            await session.execute("DELETE FROM pace")
        answer = await self.upload(data, school=school)
        assert answer.status_code == 202, answer.text
        await self.work()
        shown: dict[str, Any] = await self.get(answer.json()["links"]["run"])
        return shown

    async def published(self, topic: str) -> list[Published]:
        events = await outbox_of(self.platform.database)
        return [event for event in events if event.topic == topic]

    async def words(self) -> dict[str, dict[str, Any]]:
        """The published records by key."""
        events = await self.published("hwb.mis.changes")
        words = {event.key: event.value or {} for event in events}
        return {key: word for key, word in words.items() if word["state"] not in KEPT_BACK}

    async def kept_back(self) -> dict[str, tuple[str, list[str]]]:
        """State and reasons by key of the rows that are said to be kept back."""
        events = await self.published("hwb.mis.changes")
        words = {event.key: event.value or {} for event in events}
        return {
            key: (word["state"], word["reasons"])
            for key, word in words.items()
            if word["state"] in KEPT_BACK
        }

    async def settle(self, run: dict[str, Any], *, pending: int = 0) -> None:
        """Let identity's word on a run arrive."""
        event = RunSettled(
            run_id=run["run_id"],
            school=run["school"],
            run_seq=run["run_seq"],
            applied=run["counts"]["changes"],
            pending=pending,
            parked=0,
            settled_at=self.platform.clock.now(),
        )
        await drive(self.platform, self.parts.subscriptions[0], [(run["school"], event)])


@pytest.fixture
async def ingest(postgres: Postgres) -> AsyncIterator[Ingest]:
    async with AsyncExitStack() as stack:
        platform = await stack.enter_async_context(
            platform_for(
                SERVICE,
                postgres.create_database(),
                calendar=CALENDAR,
                register=REGISTER,
                now=MAY,
                settings={"max_upload_bytes": 1_000_000, "max_unpacked_bytes": 4_000_000},
                callers=CALLERS,
            )
        )
        parts = await stack.enter_async_context(SERVICE.worker(platform))
        transport = httpx.ASGITransport(app=SERVICE.api(platform))
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://mis-ingest")
        )
        yield Ingest(platform, parts, http, platform.person_refs)
