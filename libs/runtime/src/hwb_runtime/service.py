"""The skeleton of a service, learnt once: its parts, and the verbs of its command line."""

import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
import typer
from fastapi import FastAPI

from hwb_runtime.crash import CrashPoint, arm_crash_point, declared_crash_points
from hwb_runtime.errors import SettingsError, TransientError
from hwb_runtime.logging import configure_logging
from hwb_runtime.platform import Platform, open_platform
from hwb_runtime.settings import ServiceSettings
from hwb_runtime.worker import WorkerParts, run_worker

log = structlog.get_logger("hwb_runtime.service")

HttpApi = FastAPI
"""What ``Service.api`` makes: composition roots name it without importing the framework."""

# Longer than callers and ingresses keep a connection (httpx: 5 s, nginx: 60 s): who closes first
# must be the caller, or its next request meets a connection that has just been closed.
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True)
class Service:
    """What a service's ``bootstrap.py`` makes: how its processes are built from a platform."""

    name: str
    settings: type[ServiceSettings]
    migrations: Path
    api: Callable[[Platform], HttpApi]
    worker: Callable[[Platform], AbstractAsyncContextManager[WorkerParts]]
    reconcile: Callable[[Platform, bool], Awaitable[list[str]]]
    republish: Callable[[Platform], Awaitable[int]] | None = None
    """Publishes current states anew; None where the service owns no topic of states."""
    never_crosses: frozenset[Literal["command", "job"]] = frozenset()
    """Boundaries whose crash points it cannot come to: it has no commands, or its jobs have more
    telling points of their own."""


def service_cli(service: Service) -> typer.Typer:  # noqa: C901 - a list of verbs, each short
    """The verbs every service has: api, worker, migrate, parked, reconcile, crash-points."""
    app = typer.Typer(
        name=f"hwb-{service.name}", no_args_is_help=True, pretty_exceptions_enable=False
    )

    def run(process: str, main: Callable[[Platform], Coroutine[Any, Any, None]]) -> None:
        import uvloop

        settings = _settings(service)
        configure_logging(service=service.name, process=process, level=settings.log_level)
        arm_crash_point(service.name)
        boundary = "job" if process == "worker" else "command"

        async def opened() -> None:
            async with open_platform(service.name, settings, boundary=boundary) as platform:
                await main(platform)

        try:
            uvloop.run(opened())
        except (SettingsError, TransientError) as error:
            log.critical("process_ends", reason=str(error))
            raise typer.Exit(1) from error

    @app.command()
    def api() -> None:
        """Serve the HTTP API."""

        async def main(platform: Platform) -> None:
            import uvicorn

            config = uvicorn.Config(
                service.api(platform),
                host=platform.settings.host,
                port=platform.settings.api_port,
                log_config=None,
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=10,
            )
            await uvicorn.Server(config).serve()

        run("api", main)

    @app.command()
    def worker() -> None:
        """Consume events, relay the outbox, run the jobs."""

        async def main(platform: Platform) -> None:
            async with service.worker(platform) as parts:
                await run_worker(platform, parts)

        run("worker", main)

    @app.command()
    def migrate() -> None:
        """Bring the database to the newest state; safe to run twice and at once."""
        from hwb_runtime.migrations_run import migrate as bring_up

        bring_up(_settings(service).database_url, service.migrations)
        typer.echo(f"{service.name}: the database is up to date")

    @app.command()
    def reconcile(
        fix: Annotated[bool, typer.Option(help="mend what can be mended")] = False,  # noqa: FBT002
        republish: Annotated[bool, typer.Option(help="publish current states anew")] = False,  # noqa: FBT002
    ) -> None:
        """Compare what the stores say and print what does not agree."""
        verb = partial(_reconcile, fix=fix)
        (_republish if republish else verb)(service, run)

    @app.command(name="crash-points")
    def crash_points() -> None:
        """List the named crash points as JSON; every part of the service is loaded for it."""
        from hwb_runtime.kafka import relay

        _ = relay
        typer.echo(json.dumps([asdict(point) for point in _points_of(service)]))

    app.add_typer(_parked(service, run), name="parked", help="Events that could not be applied.")
    return app


def _reconcile(service: Service, run: Callable[..., None], *, fix: bool) -> None:
    findings: list[str] = []

    async def main(platform: Platform) -> None:
        findings.extend(await service.reconcile(platform, fix))

    run("reconcile", main)
    for finding in findings:
        typer.echo(finding)
    typer.echo(f"{len(findings)} findings" + (", mended where it can be" if fix else ""))
    if findings and not fix:
        raise typer.Exit(1)


def _republish(service: Service, run: Callable[..., None]) -> None:
    publish = service.republish
    if publish is None:
        typer.echo(
            f"{service.name} has no states to publish anew: it owns no such topic.", err=True
        )
        raise typer.Exit(2)
    published: list[int] = []

    async def main(platform: Platform) -> None:
        published.append(await publish(platform))

    run("reconcile", main)
    typer.echo(f"{sum(published)} published anew")


def _points_of(service: Service) -> list[CrashPoint]:
    foreign = {
        f"{boundary}_{moment}_commit"
        for boundary in service.never_crosses
        for moment in ("before", "after")
    }
    return [point for point in declared_crash_points() if point.name not in foreign]


def _parked(service: Service, run: Callable[..., None]) -> typer.Typer:
    from hwb_runtime import parked_verbs

    group = typer.Typer(no_args_is_help=True)

    @group.command(name="list")
    def list_() -> None:
        """One line per parked event."""
        run("parked", parked_verbs.list_parked)

    @group.command()
    def show(number: int) -> None:
        """One parked event whole, with its bytes: it may hold personal data."""
        run("parked", lambda platform: parked_verbs.show_parked(platform, number))

    @group.command()
    def replay(
        key: Annotated[str | None, typer.Option(help="only events of this key")] = None,
    ) -> None:
        """Apply parked events again, oldest first; a key stops at its first failure."""
        run("parked", lambda platform: parked_verbs.replay_parked(platform, service.worker, key))

    return group


def _settings(service: Service) -> ServiceSettings:
    from pydantic import ValidationError

    try:
        return service.settings()  # type: ignore[call-arg]  # values come from the environment
    except ValidationError as error:
        prefix = service.settings.model_config.get("env_prefix", "")
        for fault in error.errors(include_input=False, include_url=False):
            name = "_".join(str(step) for step in fault["loc"]).upper()
            typer.echo(f"{prefix}{name}: {fault['msg']}", err=True)
        typer.echo("Set these in the environment; docs/reference/settings.md lists all.", err=True)
        raise typer.Exit(2) from error


__all__ = ["HttpApi", "Service", "service_cli"]
