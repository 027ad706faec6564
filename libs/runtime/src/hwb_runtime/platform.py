"""Everything a service is given to work with, opened once per process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hwb_runtime.auth import Callers, open_callers
from hwb_runtime.clock import Clock, FileClock, SystemClock
from hwb_runtime.database import Database
from hwb_runtime.files import SchoolRegister, load_calendar, load_register
from hwb_runtime.unit_of_work import UnitsOfWork
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.refs import PersonRefs


@dataclass(frozen=True)
class Platform:
    """What the composition root of a service wires its parts to.

    ``settings`` is an instance of the service's own settings class.
    """

    name: str
    settings: Any
    database: Database
    units_of_work: UnitsOfWork
    clock: Clock
    calendar: RolloverCalendar
    register: SchoolRegister
    person_refs: PersonRefs
    callers: Callers


@asynccontextmanager
async def open_platform(name: str, settings: Any, *, boundary: str) -> AsyncIterator[Platform]:
    """Load the files and connect; ``boundary`` names the crash points: command or job."""
    register = load_register(settings.register_file)
    calendar = load_calendar(settings.calendar_file)
    callers = open_callers(settings)
    clock: Clock = SystemClock()
    if settings.rehearsal_clock is not None:
        clock = FileClock(settings.rehearsal_clock)
    secret = settings.person_ref_secret.get_secret_value().encode()
    async with Database.open(
        settings.database_url, connections=settings.database_connections
    ) as database:
        yield Platform(
            name=name,
            settings=settings,
            database=database,
            units_of_work=UnitsOfWork(database, clock, boundary=boundary),
            clock=clock,
            calendar=calendar,
            register=register,
            person_refs=PersonRefs(secret, settings.person_ref_key_id),
            callers=callers,
        )
