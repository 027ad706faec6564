"""Identity on a database of its own, in July 2022."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Protocol

import pytest
from tests.support.identity_world import CALENDAR, CALLERS, REGISTER, World

from hwb_identity.bootstrap import SERVICE, identity_on
from hwb_runtime.clock import ManualClock
from hwb_runtime.testing import platform_for

EMPTIED = """TRUNCATE person, sign_in_stem, account_history, run, run_progress, transfer_case,
    account_alias, password, access_log, run_heard, kept_back, manual_account, doubt,
    deleted_account, deletion_approval, notice,
    calendar_followed, consumer_offset, outbox, inbox, parked, idempotency"""


class Databases(Protocol):
    def create_database(self) -> str: ...


@pytest.fixture(scope="session")
def identity_database(postgres: Databases) -> str:
    """One database for all these tests: making one takes longer than most of them."""
    return postgres.create_database()


@pytest.fixture
async def world(identity_database: str) -> AsyncIterator[World]:
    async with platform_for(
        SERVICE,
        identity_database,
        calendar=CALENDAR,
        register=REGISTER,
        now=datetime(2022, 7, 18, 10, tzinfo=UTC),
        callers=CALLERS,
        settings={"password_secret": "another secret of the tests"},
    ) as platform:
        async with platform.database.transaction() as session:
            await session.execute(EMPTIED)
        clock = platform.clock
        assert isinstance(clock, ManualClock)
        yield World(platform, identity_on(platform), clock)
