"""Identity on a real PostgreSQL, driven by slices as its worker would, for its tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import httpx
from tests.support.calendars import plain_calendar

from hwb_identity.bootstrap import Identity
from hwb_identity.entrypoints.api import make_api
from hwb_identity.entrypoints.worker import subscriptions_of
from hwb_runtime.auth import Caller
from hwb_runtime.clock import ManualClock
from hwb_runtime.platform import Platform
from hwb_runtime.testing import Published, drive, empty_outbox, outbox_of
from hwb_schemas.events import PersonRecord, RecordChanged, RunChanged, RunCounts
from hwb_schemas.register import Authority, Register, School
from hwb_schemas.words import EnrolmentStatus, RecordKind, RecordState, Role, RunChange

PRIMARY, SECONDARY, ELSEWHERE = "6602001", "6604002", "6814003"
CALENDAR = plain_calendar()
CALLERS = {
    "service-desk": Caller("desk", Role.SERVICE_DESK),
    "operator": Caller("op", Role.OPERATOR),
    "primary": Caller("dc-primary", Role.DIGITAL_CHAMPION, school=PRIMARY),
    "secondary": Caller("dc-secondary", Role.DIGITAL_CHAMPION, school=SECONDARY),
    "primary-teacher": Caller("t-primary", Role.TEACHER, school=PRIMARY),
    "secondary-teacher": Caller("t-secondary", Role.TEACHER, school=SECONDARY),
    "sign-in": Caller("sign-in", Role.SERVICE),
    "secondary-administrator": Caller("sa", Role.SCHOOL_ADMINISTRATOR, school=SECONDARY),
    "authority": Caller("la", Role.LOCAL_AUTHORITY, authority="660"),
    "network-manager": Caller("nm", Role.NETWORK_MANAGER, school=SECONDARY),
}


def _school(number: str) -> School:
    return School(
        number=number,
        name=f"School {number}",
        name_cy=f"Ysgol {number}",
        authority=number[:3],
        sector="primary",
        year_groups=("6",),
        top_year_groups=("6",),
        email=f"office@{number}.example",
    )


REGISTER = Register(
    authorities=tuple(
        Authority(code=code, name=code, name_cy=code, email=f"{code}@example.org")
        for code in ("660", "681")
    ),
    schools=tuple(map(_school, (PRIMARY, SECONDARY, ELSEWHERE))),
)


@dataclass
class World:
    """One identity service and what schools say to it."""

    platform: Platform
    identity: Identity
    clock: ManualClock
    seq: dict[str, int] = field(default_factory=dict)

    def move_to(self, day: date) -> None:
        self.clock.set(datetime(day.year, day.month, day.day, 10, tzinfo=UTC))

    def word(
        self,
        school: str,
        upn: str,
        state: RecordState = RecordState.ON_ROLL,
        *,
        leaving: date | None = None,
        admitted: date = date(2019, 9, 2),
        year: str = "6",
        classes: tuple[str, ...] = (),
        status: EnrolmentStatus = EnrolmentStatus.CURRENT,
        former: str | None = None,
        run_seq: int | None = None,
        forename: str = "Angharad",
        surname: str = "Pritchard",
    ) -> tuple[str, RecordChanged]:
        record = PersonRecord(
            upn=upn,
            former_upn=former,
            surname=surname,
            forename=forename,
            birth_date=date(2011, 3, 4),
            admission_number="1",
            admission_date=admitted,
            leaving_date=leaving,
            enrolment_status=status,
            year_group=year,
            classes=classes,
        )
        return upn, self._changed(RecordKind.LEARNER, school, state, record, run_seq)

    def staff(
        self,
        school: str,
        code: str,
        state: RecordState = RecordState.ON_ROLL,
        *,
        start: date = date(2019, 9, 2),
        leaving: date | None = None,
        run_seq: int | None = None,
        name: tuple[str, str] = ("Siân", "Llŷr-O'Brien"),
    ) -> tuple[str, RecordChanged]:
        record = PersonRecord(
            staff_code=code,
            surname=name[1],
            forename=name[0],
            start_date=start,
            leaving_date=leaving,
        )
        return f"{school}/{code}", self._changed(RecordKind.STAFF, school, state, record, run_seq)

    def _changed(
        self,
        kind: RecordKind,
        school: str,
        state: RecordState,
        record: PersonRecord,
        run_seq: int | None,
    ) -> RecordChanged:
        if run_seq is None:
            run_seq = self.seq.get(school, 0) + 1
        self.seq[school] = max(run_seq, self.seq.get(school, 0))
        return RecordChanged(
            kind=kind,
            school=school,
            run_id=f"{school}-{run_seq}",
            run_seq=run_seq,
            state=state,
            received_at=self.clock.now(),
            record=record,
        )

    async def hear(self, *words: tuple[str, RecordChanged], partition: int = 0) -> None:
        subscription = subscriptions_of(self.identity)[0]
        await drive(self.platform, subscription, words, partition=partition)

    async def run_published(self, school: str, run_seq: int, changes: int) -> None:
        await self.run(school, run_seq, RunCounts(changes=changes))

    async def ran(self, school: str, *words: tuple[str, RecordChanged], rejected: int = 0) -> None:
        """A whole run of these words, which settles."""
        run_seq = max([word.run_seq for _, word in words], default=self.seq.get(school, 0) + 1)
        self.seq[school] = run_seq
        await self.hear(*words)
        await self.run(school, run_seq, RunCounts(changes=len(words), rejected=rejected))
        await self.identity.settle_runs()

    async def run(
        self,
        school: str,
        run_seq: int,
        counts: RunCounts,
        change: RunChange = RunChange.PUBLISHED,
    ) -> None:
        event = RunChanged(
            change=change,
            run_id=f"{school}-{run_seq}",
            school=school,
            run_seq=run_seq,
            received_at=self.clock.now(),
            counts=counts,
        )
        await drive(self.platform, subscriptions_of(self.identity)[1], [(school, event)])

    async def published(self, topic: str = "hwb.identity.accounts") -> list[Published]:
        events = await outbox_of(self.platform.database)
        return [event for event in events if event.topic == topic]

    async def forget_published(self) -> None:
        await empty_outbox(self.platform.database)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.platform.database.transaction() as session:
            return await session.fetch(sql)

    @asynccontextmanager
    async def api(self, token: str | None) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=make_api(self.platform))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://identity", headers=headers
        ) as client:
            yield client
