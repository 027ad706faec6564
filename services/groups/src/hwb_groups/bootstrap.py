"""The one place where the groups service is wired."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from hwb_groups.adapters.archive_store import PostgresArchiveRuns
from hwb_groups.adapters.breaker import PostgresBreaker
from hwb_groups.adapters.classroom import GoogleClassroom
from hwb_groups.adapters.graph import GraphTeams
from hwb_groups.adapters.limiter import PostgresLimiter
from hwb_groups.adapters.postgres import PostgresGroups
from hwb_groups.adapters.queue import PostgresQueue
from hwb_groups.adapters.tokens import classroom_tokens, graph_tokens
from hwb_groups.adapters.transport import Pace, Tokens, Transport
from hwb_groups.application.accounts import FollowAccounts
from hwb_groups.application.archive_runs import ArchiveRuns
from hwb_groups.application.classes import FollowClasses
from hwb_groups.application.commands import Commands
from hwb_groups.application.dispatch import Dispatcher
from hwb_groups.application.notices import RaiseNotices
from hwb_groups.application.outcomes import Outcomes
from hwb_groups.application.perform import Perform
from hwb_groups.application.ports import GroupProvider
from hwb_groups.application.preview import PreviewGroups
from hwb_groups.application.reconcile import Reconcile
from hwb_groups.application.season import Season
from hwb_groups.domain.quota import SAME_TEAM_SECONDS, Share
from hwb_groups.settings import Settings
from hwb_runtime.platform import Platform
from hwb_runtime.service import HttpApi, Service
from hwb_runtime.worker import Job, Subscription, WorkerParts
from hwb_schemas.events import AccountChanged, ClassChanged
from hwb_schemas.words import Provider

QUEUE_EVERY_SECONDS = 0.2
SEASON_EVERY_SECONDS = 1.0
CONNECTIONS = 40


@dataclass(frozen=True)
class Providers:
    """Opens a provider on behalf of an operation: ``application.ports.OpenProvider``."""

    http: httpx.AsyncClient
    settings: Settings
    limiter: PostgresLimiter
    breaker: PostgresBreaker
    pace: Pace
    tokens: dict[Provider, Tokens]

    def __call__(
        self, provider: Provider, *, share: Share, keep: Callable[[], Awaitable[None]]
    ) -> GroupProvider:
        """Graph for Teams, else Classroom."""
        teams = provider is Provider.TEAMS
        settings = self.settings
        transport = Transport(
            http=self.http,
            base_url=settings.graph_base_url if teams else settings.classroom_base_url,
            tokens=self.tokens[provider],
            limiter=self.limiter,
            breaker=self.breaker,
            time_scale=settings.time_scale,
            share=share,
            keep=keep,
        )
        if teams:
            return GraphTeams(transport, self.pace, settings.technical_owner)
        return GoogleClassroom(transport, settings.technical_owner)


@asynccontextmanager
async def open_providers(
    platform: Platform, http: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Providers]:
    """Clients of both providers; tests give ``http`` to answer in the process."""
    settings: Settings = platform.settings
    limiter = PostgresLimiter(platform.database, settings.time_scale)
    await limiter.prepare()
    async with httpx.AsyncClient(
        transport=http,
        timeout=settings.call_seconds,
        limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
    ) as client:
        yield Providers(
            http=client,
            settings=settings,
            limiter=limiter,
            breaker=PostgresBreaker(platform.database, settings.time_scale),
            pace=Pace(settings.time_scale),
            tokens={
                Provider.TEAMS: graph_tokens(settings),
                Provider.CLASSROOM: classroom_tokens(settings),
            },
        )


def subscriptions(platform: Platform) -> list[Subscription]:
    """What this service reads."""
    return [
        Subscription(
            "hwb.mis.classes",
            ClassChanged,
            FollowClasses(PostgresGroups, platform.calendar),
            "by_handler",
        ),
        Subscription(
            "hwb.identity.accounts",
            AccountChanged,
            FollowAccounts(PostgresGroups, platform.calendar),
            "by_handler",
        ),
    ]


def previews(platform: Platform) -> PreviewGroups:
    """What a run would do, asked before it is done."""
    calendar = platform.calendar
    return PreviewGroups(
        PostgresGroups,
        FollowClasses(PostgresGroups, calendar),
        FollowAccounts(PostgresGroups, calendar),
    )


def commands(platform: Platform) -> Commands:
    """What the API asks for."""
    return Commands(PostgresGroups, platform.calendar, platform.settings.time_scale)


def archive_runs(platform: Platform) -> ArchiveRuns:
    """What operators do at the end of the year."""
    return ArchiveRuns(
        groups_of=PostgresGroups,
        rows_of=PostgresArchiveRuns,
        calendar=platform.calendar,
        time_scale=platform.settings.time_scale,
        begins_by_calendar=platform.settings.archive_begins == "calendar",
    )


def season(platform: Platform) -> Season:
    """What the calendar asks for."""
    return Season(platform.units_of_work, PostgresGroups, platform.calendar, archive_runs(platform))


def notices(platform: Platform) -> RaiseNotices:
    """The cases that follow from what is so."""
    return RaiseNotices(platform.units_of_work, PostgresArchiveRuns, platform.calendar)


def dispatchers(platform: Platform, providers: Providers) -> list[Dispatcher]:
    """One per provider, so that neither waits for the other."""
    settings: Settings = platform.settings
    pause_seconds = SAME_TEAM_SECONDS / settings.time_scale
    queue = PostgresQueue(platform.database, settings.lease_seconds, pause_seconds)
    perform = Perform(
        units_of_work=platform.units_of_work,
        groups_of=PostgresGroups,
        queue=queue,
        breaker=providers.breaker,
        outcomes=Outcomes(platform.units_of_work, PostgresGroups, pause_seconds),
        open_provider=providers,
        technical_owner=settings.technical_owner,
        time_scale=settings.time_scale,
        lease_seconds=settings.lease_seconds,
    )
    return [
        Dispatcher(
            provider=provider,
            queue=queue,
            breaker=providers.breaker,
            perform=perform,
            slots=settings.provider_slots,
            kept=settings.provider_slots_kept,
            keep_every=settings.lease_seconds / 3,
        )
        for provider in (Provider.TEAMS, Provider.CLASSROOM)
    ]


@asynccontextmanager
async def worker(platform: Platform) -> AsyncIterator[WorkerParts]:
    """Subscriptions, the calendar's job, and the workers of both providers."""
    async with open_providers(platform) as providers:
        both = dispatchers(platform, providers)
        try:
            yield WorkerParts(
                subscriptions=subscriptions(platform),
                jobs=[
                    Job("season", season(platform).run_once, every=SEASON_EVERY_SECONDS),
                    Job(
                        "raise_notices",
                        notices(platform).run_once,
                        every=platform.settings.housekeeping_every_seconds,
                    ),
                    *(
                        Job(
                            f"operations_{dispatcher.provider.value}",
                            dispatcher.run_once,
                            every=QUEUE_EVERY_SECONDS,
                            leader=False,
                        )
                        for dispatcher in both
                    ),
                ],
            )
        finally:
            for dispatcher in both:
                await dispatcher.stop()


def api(platform: Platform) -> HttpApi:
    """The HTTP API."""
    from hwb_groups.entrypoints.api import make_api
    from hwb_groups.entrypoints.archive_routes import add_archive_runs
    from hwb_groups.entrypoints.preview_routes import add_previews

    app = make_api(platform, commands(platform))
    add_previews(app, platform, previews(platform))
    add_archive_runs(app, platform, archive_runs(platform))
    return app


async def reconcile(platform: Platform, fix: bool) -> list[str]:  # noqa: FBT001 - the runtime's
    """Compare every group with its provider; with ``fix`` queue what mends it."""
    async with open_providers(platform) as providers:
        work = Reconcile(
            platform.units_of_work, PostgresGroups, providers, platform.settings.technical_owner
        )
        lines = []
        async for group, line in work.findings():
            lines.append(line)
            if fix:
                await work.mend(group)
        return lines


SERVICE = Service(
    name="groups",
    settings=Settings,
    migrations=Path(__file__).with_name("migrations"),
    api=api,
    worker=worker,
    reconcile=reconcile,
)
