"""The one-machine stack: every part as its own process, from broker to mailbox."""

import asyncio
import contextlib
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import httpx
import yaml

from hwb_provisioning_client.sign_in import ClientCredentials, Credentials
from hwb_rehearsal.broker import Broker, contract_topics, start_broker
from hwb_rehearsal.broker.child import free_ports
from hwb_rehearsal.broker.records import group_lag
from hwb_rehearsal.issuer.clients import LocalClients, client_id_of
from hwb_rehearsal.stack.clock import RehearsalClock
from hwb_rehearsal.stack.errors import StackError
from hwb_rehearsal.stack.metrics import Sample, parse_metrics, total
from hwb_rehearsal.stack.options import SERVICES, StackOptions
from hwb_rehearsal.stack.patience import PatientTransport
from hwb_rehearsal.stack.postgres import Postgres, start_postgres
from hwb_rehearsal.stack.process import StackProcess, base_environment
from hwb_rehearsal.stack.settings import Files, Ports, environment_of
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import Register
from hwb_schemas.words import Role

ProcessKind = Literal["api", "worker"]

READY_SECONDS = 180.0
MIGRATE_SECONDS = 180.0
POLL_SECONDS = 0.1
EVERYTHING = StackOptions()

T = TypeVar("T")


@dataclass(kw_only=True)
class Stack:
    """All parts of the system on this machine, started and ended together; see ``start``."""

    root: Path
    """Register, calendar, clock, mails and logs of this rehearsal."""
    broker: Broker
    postgres: Postgres
    clock: RehearsalClock
    register: Register
    calendar: RolloverCalendar
    services: tuple[str, ...]
    person_ref_secret: str
    """The deployment secret under which person_refs are made."""
    ports: Ports
    database_urls: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]
    _clients: LocalClients
    _signed_in: dict[str, ClientCredentials]
    _processes: dict[str, StackProcess]

    @classmethod
    @contextlib.asynccontextmanager
    async def start(
        cls,
        root: Path,
        *,
        register: Register,
        calendar: RolloverCalendar,
        now: datetime,
        options: StackOptions = EVERYTHING,
    ) -> AsyncIterator[Self]:
        """Start everything and wait until all of it is ready; end it in reverse order on leaving.

        ``now`` is where the rehearsal clock begins.
        Raises StackError, BrokerError or PostgresError in one clear line.
        """
        async with contextlib.AsyncExitStack() as ending:
            say = options.say
            broker = options.broker or ending.enter_context(start_broker(say=say))
            postgres = options.postgres or ending.enter_context(start_postgres(say=say))
            stack = cls._prepare(
                root,
                broker=broker,
                postgres=postgres,
                register=register,
                calendar=calendar,
                now=now,
                options=options,
            )
            topics = contract_topics()
            broker.make_topics(topics)
            ending.callback(broker.delete_topics, [topic.name for topic in topics])
            await stack.migrate()
            ending.push_async_callback(stack.stop)
            await stack.start_processes(options.first_environments)
            yield stack

    @classmethod
    def _prepare(
        cls,
        root: Path,
        *,
        broker: Broker,
        postgres: Postgres,
        register: Register,
        calendar: RolloverCalendar,
        now: datetime,
        options: StackOptions,
    ) -> Self:
        for folder in (root, root / "logs", root / "mail"):
            folder.mkdir(parents=True, exist_ok=True)
        files = Files(
            register=root / "register.yaml",
            calendar=root / "calendar.yaml",
            clock=root / "clock",
        )
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        for path, model in ((files.register, register), (files.calendar, calendar)):
            path.write_text(
                yaml.dump(model.model_dump(mode="json"), Dumper=dumper, sort_keys=False)
            )
        free = iter(free_ports(2 * len(SERVICES) + 3))
        ports = Ports(
            apis={service: next(free) for service in SERVICES},
            workers={service: next(free) for service in SERVICES},
            emulators=next(free),
            mail=next(free),
            issuer=next(free),
        )
        person_ref_secret, provider_token = secrets.token_hex(32), secrets.token_hex(16)
        issuer_secret = secrets.token_hex(32)
        clients = LocalClients(issuer_secret.encode())
        urls = {
            service: postgres.create_database(f"hwb_{service.replace('-', '_')}")
            for service in options.services
        }
        environments: dict[str, Mapping[str, str]] = {}
        for service in options.services:
            environments[service] = environment_of(
                service,
                database_url=urls[service],
                broker=broker,
                files=files,
                ports=ports,
                person_ref_secret=person_ref_secret,
                provider_token=provider_token,
                service_secret=clients.secret_of(client_id_of(Role.SERVICE)),
                time_scale=options.time_scale,
            ) | {
                f"HWB_{service.upper().replace('-', '_')}_{name}": value
                for name, value in options.settings.get(service, {}).items()
            }
        stack = cls(
            root=root,
            broker=broker,
            postgres=postgres,
            clock=RehearsalClock(files.clock, now.astimezone(UTC)),
            register=register,
            calendar=calendar,
            services=options.services,
            person_ref_secret=person_ref_secret,
            ports=ports,
            database_urls=urls,
            environments=environments,
            _clients=clients,
            _signed_in={},
            _processes={},
        )
        stack._describe_processes(options.time_scale, issuer_secret)
        return stack

    def _describe_processes(self, time_scale: float, issuer_secret: str) -> None:
        self._describe(
            "issuer",
            ["hwb_rehearsal.issuer", "--port", str(self.ports.issuer)],
            environment={"HWB_ENV": "local", "HWB_ISSUER_SECRET": issuer_secret},
            ready_url=f"{self.issuer_url}/.well-known/openid-configuration",
        )
        if "groups" in self.services:
            scale = ["--time-scale", str(time_scale)]
            self._describe(
                "emulators",
                ["hwb_rehearsal.emulators", "--port", str(self.ports.emulators), *scale],
                ready_url=f"{self.emulators_url}/inspect/calls",
            )
        if "notifier" in self.services:
            where = ["--port", str(self.ports.mail), "--folder", str(self.mail_folder)]
            self._describe("mail sink", ["hwb_rehearsal.stack.mail_sink", *where])
        for service in self.services:
            for kind, url in (("api", self.url(service)), ("worker", self.worker_url(service))):
                self._describe(
                    f"{service} {kind}",
                    [f"hwb_{service.replace('-', '_')}.entrypoints.cli", kind],
                    environment=self.environments[service],
                    ready_url=f"{url}/readyz",
                )

    def _describe(
        self,
        name: str,
        module: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        ready_url: str | None = None,
    ) -> None:
        self._processes[name] = StackProcess(
            name=name,
            command=[sys.executable, "-m", *module],
            environment={**base_environment(), **(environment or {})},
            log=self.root / "logs" / f"{name.replace(' ', '-')}.log",
            ready_url=ready_url,
        )

    async def migrate(self) -> None:
        """Bring every service's database to its newest form, at once."""

        async def one(service: str) -> None:
            said = await self.run_verb(service, "migrate", within=MIGRATE_SECONDS)
            if said.status != 0:
                message = f"The database of {service} cannot be migrated: {said.output[-1500:]}"
                raise StackError(message)

        await asyncio.gather(*(one(service) for service in self.services))

    async def start_processes(self, first: Mapping[str, Mapping[str, str]]) -> None:
        """Start every part and wait until all of them are ready."""
        for name, process in self._processes.items():
            await process.start(environment=first.get(name))
        await asyncio.gather(
            *(process.until_ready(READY_SECONDS) for process in self._processes.values())
        )

    async def stop(self) -> None:
        """End every part: APIs first, then workers, then what they call."""
        for kinds in ("api", "worker", ""):
            ending = [process for name, process in self._processes.items() if name.endswith(kinds)]
            stopped = await asyncio.gather(
                *(process.stop() for process in ending), return_exceptions=True
            )
            faults = [fault for fault in stopped if isinstance(fault, BaseException)]
            if faults:
                raise faults[0]

    def process(self, service: str, kind: ProcessKind) -> StackProcess:
        """A service's ``api`` or ``worker``."""
        return self._processes[f"{service} {kind}"]

    @property
    def processes(self) -> Mapping[str, StackProcess]:
        """Every part by its name, for example ``identity worker``, ``emulators``, ``mail sink``."""
        return self._processes

    def url(self, service: str) -> str:
        """Base address of a service's API."""
        return f"http://127.0.0.1:{self.ports.apis[service]}"

    def worker_url(self, service: str) -> str:
        """Base address of a worker's health and metrics pages."""
        return f"http://127.0.0.1:{self.ports.workers[service]}"

    @property
    def emulators_url(self) -> str:
        """Base address of the provider emulators; ``/inspect/groups`` is below it."""
        return f"http://127.0.0.1:{self.ports.emulators}"

    @property
    def mail_folder(self) -> Path:
        """Where the mail sink puts its ``.eml`` files."""
        return self.root / "mail"

    @property
    def issuer_url(self) -> str:
        """Base address of this machine's sign-in provider."""
        return f"http://127.0.0.1:{self.ports.issuer}"

    def credentials(
        self,
        role: Role,
        *,
        school: str | None = None,
        authority: str | None = None,
        subject: str | None = None,
    ) -> Credentials:
        """What somebody with this role signs in with.

        School staff need a school, Local Authority a code; ``subject`` is the account id.
        """
        client_id = client_id_of(role, school=school, authority=authority, subject=subject)
        secret = self._clients.secret_of(client_id)
        return Credentials(client_id, secret, f"{self.issuer_url}/token")

    def client(
        self,
        service: str,
        role: Role,
        *,
        school: str | None = None,
        authority: str | None = None,
        timeout: float = 30.0,
    ) -> httpx.AsyncClient:
        """A client of one service's API, signed in with this role, patient with restarts."""
        mine = self.credentials(role, school=school, authority=authority)
        sign_in = self._signed_in.setdefault(mine.client_id, ClientCredentials(mine))
        return httpx.AsyncClient(
            base_url=self.url(service),
            auth=sign_in,
            timeout=timeout,
            transport=PatientTransport(),
        )

    async def metrics(self, service: str, kind: ProcessKind = "worker") -> list[Sample]:
        """The samples of a process's ``/metrics`` now; none while it is down."""
        base = self.worker_url(service) if kind == "worker" else self.url(service)
        try:
            async with httpx.AsyncClient(timeout=5.0) as client:
                answer = await client.get(f"{base}/metrics")
        except httpx.TransportError:
            return []
        return parse_metrics(answer.text) if answer.is_success else []

    async def consumer_lag(self, service: str) -> int:
        """Events that the service's worker has yet to apply, in its own words (``/metrics``)."""
        return int(total(await self.metrics(service), "kafka_consumergroup_lag"))

    async def broker_lag(self, service: str) -> int:
        """The same in the broker's words: log ends less committed offsets.

        Committed offsets are a hint that follows the database's position by up to a second.
        librdkafka's built-in broker keeps none that can be asked for: BrokerError there.
        """
        return await asyncio.to_thread(group_lag, self.broker.address, f"hwb-{service}")

    async def run_verb(self, service: str, *arguments: str, within: float = 60.0) -> "VerbOutput":
        """Run a verb of a service's command line (``parked list``, ``reconcile`` …)."""
        command = [sys.executable, "-m", f"hwb_{service.replace('-', '_')}.entrypoints.cli"]
        try:
            # In a thread: asyncio's own waits for ever if it is cancelled while a process starts.
            said = await asyncio.to_thread(
                subprocess.run,
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**base_environment(), **self.environments[service]},
                timeout=within,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            message = f"hwb-{service} {' '.join(arguments)} did not end within {within:.0f} s"
            raise StackError(message) from error
        return VerbOutput(said.returncode, said.stdout.decode(errors="replace"))

    async def until(
        self,
        condition: Callable[[], Awaitable[T]],
        what: str,
        timeout: float,  # noqa: ASYNC109 - the message needs it
        *,
        every: float = POLL_SECONDS,
    ) -> T:
        """Ask again ``every`` so many seconds until the answer is true, and give that answer.

        A service that is away for a moment counts as not yet. Raises StackError naming ``what``
        and the processes that had to be started again.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            trouble: Any = None
            try:
                if answer := await condition():
                    return answer
            except httpx.TransportError as error:
                trouble = error
            if loop.time() > deadline:
                again = [
                    f"{name} was started again {process.restarts} times. {process.log_tail()}"
                    for name, process in self._processes.items()
                    if process.restarts
                ]
                message = "\n".join(
                    [f"Not within {timeout:.0f} s: {what}. {trouble or ''}".strip(), *again]
                )
                raise StackError(message)
            await asyncio.sleep(every)

    def peak_memory(self) -> dict[str, float]:
        """VmHWM in MB of every part by its name, the greediest incarnation of each."""
        return {name: process.peak_memory_mb for name, process in self._processes.items()}


@dataclass(frozen=True, slots=True)
class VerbOutput:
    """What a verb of a service's command line said, and its exit status."""

    status: int
    output: str
