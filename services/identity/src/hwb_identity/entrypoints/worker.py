"""The worker: applies what schools say, takes up what is due, says when runs are settled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from hwb_identity.bootstrap import Identity, identity_on
from hwb_identity.settings import Settings
from hwb_runtime.platform import Platform
from hwb_runtime.worker import Job, Subscription, WorkerParts
from hwb_schemas.events import RecordChanged, RunChanged

FOLLOW_CALENDAR_EVERY_SECONDS = 3600.0


def subscriptions_of(identity: Identity) -> tuple[Subscription, ...]:
    """The topics that identity reads."""
    return (
        Subscription("hwb.mis.changes", RecordChanged, identity.take_changes, "by_handler"),
        Subscription("hwb.mis.runs", RunChanged, identity.remember_runs, "by_id"),
    )


@asynccontextmanager
async def worker_parts(platform: Platform) -> AsyncIterator[WorkerParts]:
    """What identity's worker consists of."""
    settings: Settings = platform.settings
    identity = identity_on(platform)
    digest = sha256(platform.calendar.model_dump_json().encode()).hexdigest()

    async def follow_calendar() -> bool:
        await identity.reconcile.follow_calendar(digest)
        return False

    yield WorkerParts(
        subscriptions=subscriptions_of(identity),
        jobs=(
            Job("settle_runs", identity.settle_runs, every=settings.settle_every_seconds),
            Job("take_up_due", identity.take_up_due, every=settings.due_every_seconds),
            Job("delete_accounts", identity.deletions, every=settings.housekeeping_every_seconds),
            Job("raise_notices", identity.notices, every=settings.housekeeping_every_seconds),
            Job("follow_calendar", follow_calendar, every=FOLLOW_CALENDAR_EVERY_SECONDS),
        ),
    )
