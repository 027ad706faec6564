"""The one place where the parts of mis-ingest are wired together."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hwb_mis_ingest.adapters.client_callers import ClientCallers
from hwb_mis_ingest.adapters.client_table import ClientTable
from hwb_mis_ingest.adapters.hold_table import HoldTable
from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.record_table import RecordTable
from hwb_mis_ingest.adapters.rules_of_others import IdentityRules, Other, RulesOfGroups, SignIn
from hwb_mis_ingest.adapters.run_checks import RunCheckTable
from hwb_mis_ingest.adapters.run_table import RunTable
from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.adapters.season_table import SeasonTable
from hwb_mis_ingest.adapters.session_table import SessionTable
from hwb_mis_ingest.adapters.standing_table import StandingTable
from hwb_mis_ingest.adapters.upload import UploadReader
from hwb_mis_ingest.application.clients import ClientDesk
from hwb_mis_ingest.application.decide import DecisionDesk
from hwb_mis_ingest.application.notices import RaiseNotices
from hwb_mis_ingest.application.plan_run import RunPlanner
from hwb_mis_ingest.application.preview_run import PreviewDesk
from hwb_mis_ingest.application.publish_run import RunPublisher
from hwb_mis_ingest.application.receive_upload import UploadDesk
from hwb_mis_ingest.application.reconcile import reconcile
from hwb_mis_ingest.application.resume_upload import ResumeDesk
from hwb_mis_ingest.application.settle_runs import settle_runs
from hwb_mis_ingest.application.work_runs import RunWork
from hwb_mis_ingest.entrypoints.api import make_api
from hwb_mis_ingest.settings import Settings
from hwb_runtime.events import Received
from hwb_runtime.platform import Platform
from hwb_runtime.service import HttpApi, Service
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_runtime.worker import Job, Subscription, WorkerParts
from hwb_schemas.events import RunSettled

SETTLED_TOPIC = "hwb.identity.runs"
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_BETWEEN_CLEARINGS = 600.0


def _reader(settings: Settings) -> UploadReader:
    limits = Limits(
        unpacked_bytes=settings.max_unpacked_bytes,
        rows=settings.max_rows,
        ratio=settings.max_compression,
        seconds=settings.max_read_seconds,
    )
    return UploadReader(limits)


def _planner(platform: Platform) -> RunPlanner:
    return RunPlanner(
        records=RecordTable(),
        seasons=SeasonTable(),
        reader=_reader(platform.settings),
        refs=platform.person_refs,
        calendar=platform.calendar,
        register=platform.register,
    )


def _api(platform: Platform) -> HttpApi:
    return api_beside(platform, _others(platform.settings))


def api_beside(platform: Platform, others: Mapping[str, Other]) -> HttpApi:
    """The API; ``others`` are identity and groups, which previews ask."""
    settings: Settings = platform.settings
    desk = UploadDesk(RunTable(), _reader(settings), at_once=settings.uploads_at_once)
    decisions = DecisionDesk(
        runs=RunTable(),
        records=RecordTable(),
        holds=HoldTable(),
        seasons=SeasonTable(),
        calendar=platform.calendar,
        register=platform.register,
        rollback_for=timedelta(days=settings.rollback_days),
    )
    previews = PreviewDesk(
        platform,
        _planner(platform),
        RunTable(),
        IdentityRules(others["identity"]),
        RulesOfGroups(others["groups"]),
        at_once=settings.uploads_at_once,
    )
    clients = ClientDesk(ClientTable, settings.client_token_seconds)
    callers = ClientCallers(platform.database, platform.callers)
    resuming = _resuming(platform)
    return make_api(platform, desk, resuming, RunViews(), decisions, previews, clients, callers)


def _resuming(platform: Platform) -> ResumeDesk:
    settings: Settings = platform.settings
    return ResumeDesk(
        platform.database,
        SessionTable,
        hours=settings.upload_session_hours,
        per_school=settings.upload_sessions_per_school,
    )


def _others(settings: Settings) -> dict[str, Other]:
    sign_in = None
    if settings.service_token_url and settings.service_client_secret is not None:
        secret = settings.service_client_secret.get_secret_value()
        sign_in = SignIn(settings.service_token_url, settings.service_client_id, secret)
    urls = {"identity": settings.identity_url, "groups": settings.groups_url}
    return {
        name: Other(name, url, settings.preview_seconds, sign_in=sign_in)
        for name, url in urls.items()
    }


def notices(platform: Platform) -> RaiseNotices:
    """The job of the cases that no run raises."""
    return RaiseNotices(
        platform.units_of_work, StandingTable(), platform.register, platform.calendar
    )


@asynccontextmanager
async def _worker(platform: Platform) -> AsyncIterator[WorkerParts]:
    settings: Settings = platform.settings
    runs = RunTable()

    async def settle(events: Sequence[Received[Any]], uow: UnitOfWork) -> None:
        await settle_runs(runs, events, uow)

    work = RunWork(
        platform.units_of_work,
        runs,
        RunPublisher(
            runs=runs,
            records=RecordTable(),
            holds=HoldTable(),
            seasons=SeasonTable(),
            planner=_planner(platform),
            rollback_for=timedelta(days=settings.rollback_days),
        ),
        at_once=settings.runs_at_once,
        outbox_max_events=settings.outbox_max_events,
    )
    yield WorkerParts(
        subscriptions=[Subscription(SETTLED_TOPIC, RunSettled, settle, drops_applied="by_id")],
        jobs=[
            Job("publish_runs", work.run_once, every=SECONDS_BETWEEN_LOOKS, leader=False),
            Job(
                "remove_upload_sessions",
                _resuming(platform).remove_ended,
                every=SECONDS_BETWEEN_CLEARINGS,
            ),
            Job("raise_notices", notices(platform), every=settings.housekeeping_every_seconds),
        ],
    )


async def _reconcile(platform: Platform, fix: bool) -> list[str]:  # noqa: FBT001 - the verb's own flag
    minutes = platform.settings.stuck_after_minutes
    return await reconcile(
        platform.database,
        RunCheckTable(),
        RunTable(),
        fix=fix,
        longer_than=timedelta(minutes=minutes),
    )


SERVICE = Service(
    name="mis-ingest",
    settings=Settings,
    migrations=Path(__file__).parent / "migrations",
    api=_api,
    worker=_worker,
    reconcile=_reconcile,
)
