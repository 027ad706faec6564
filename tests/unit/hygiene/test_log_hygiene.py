"""Logs name events in snake_case and carry ids, never a name, UPN, staff code or address."""

import ast
import logging
import re
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog
from tests.support.personal_data import personal_data_in

from hwb_runtime.logging import configure_logging
from hwb_schemas.upn import check_letter

ROOT = Path(__file__).parents[3]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
FORBIDDEN_FIELDS = re.compile(
    r"(^|_)(upn|name|surname|forename|username|display_name|sign_in_name|staff_code|password|secret"
    r"|token|mail|email|recipient|address|key|key_bytes|value|payload|record|body|headers)$"
)
ALLOWED_FIELDS = {"class_key", "case_key"}  # hold no person
SNAKE_CASE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
UPN = f"{check_letter('660210013101')}660210013101"


def sources() -> list[Path]:
    return [
        path
        for pattern in ("libs/runtime/src/**/*.py", "services/*/src/**/*.py")
        for path in sorted(ROOT.glob(pattern))
    ]


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and ast.unparse(node.func.value) in {"log", "self._log", "logger"}
        ):
            yield node


def fields_of(call: ast.Call, tree: ast.AST) -> Iterator[str]:
    """Names of the fields of a log call; those of ``**fields`` from where they are written out."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
            continue
        spread = ast.unparse(keyword.value)
        written = [
            key.value if isinstance(key, ast.Constant) else "**"
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == spread
            for key in (node.value.keys if isinstance(node.value, ast.Dict) else [None])
        ]
        yield from (str(name) for name in written or ["**"])


def fault_of(call: ast.Call, tree: ast.AST) -> str | None:
    event = call.args[0] if call.args else None
    if not isinstance(event, ast.Constant) or not SNAKE_CASE.fullmatch(str(event.value)):
        return "the event is not one snake_case word"
    if len(call.args) > 1:
        return "values belong in named fields"
    for field in fields_of(call, tree):
        if field == "**" or (FORBIDDEN_FIELDS.search(field) and field not in ALLOWED_FIELDS):
            return f"the field {field} may hold personal data"
    return None


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_logs_events_and_ids_alone(path: Path) -> None:
    tree = ast.parse(path.read_text())
    faults = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {fault}"
        for call in log_calls(tree)
        if (fault := fault_of(call, tree))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ('log.info("Learner matched")', "snake_case"),
        ('log.info(f"matched_{upn}")', "snake_case"),
        ('log.info("matched", upn=upn)', "upn"),
        ('log.info("matched", display_name=n)', "display_name"),
        ('log.info("matched", key=event.key)', "key"),
        ('log.info("matched", **fields)', "**"),
        ('fields = {"upn": upn}; log.info("matched", **fields)', "upn"),
    ],
)
def test_a_careless_log_call_is_seen(call: str, fault: str) -> None:
    tree = ast.parse(call)
    assert [fault in (fault_of(found, tree) or "") for found in log_calls(tree)] == [True]


@pytest.mark.parametrize(
    "text",
    [f"no such person {UPN}", "6604027/JON is used twice", "to a.jones12@hwbcymru.net"],
)
def test_personal_data_in_a_text_is_seen(text: str) -> None:
    assert list(personal_data_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "school 6604027",
        "class 6604027/2022-23/7C",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "run 0b8f2c34-9a0e-4a57-8d7a-6a53c1b6d0a1",
        "postgres at postgresql://postgres:@127.0.0.1:5432/identity",
        "GET /v1/schools/6604027/uploads",
        "write to hwb@gov.wales",
    ],
)
def test_what_logs_may_say_is_no_personal_data(text: str) -> None:
    assert list(personal_data_in(text)) == []


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What a process logs to standard error, with the loggers as they were afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging(service="identity", process="worker", level="info")
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_an_error_that_quotes_a_person_is_logged_without_the_person(logged: StringIO) -> None:
    log = structlog.get_logger("hwb_identity.application")
    try:
        message = f"DETAIL: Key (key)=({UPN}) of 6604027/JON and m.lewis14@hwbcymru.net"
        raise ValueError(message)  # noqa: TRY301 - as a library would
    except ValueError:
        log.exception("handler_failed", run_id="r-1", reason=f"seen at {UPN}")
    logging.getLogger("a.library").error("also %s", UPN)

    told = logged.getvalue()
    assert "handler_failed" in told
    assert "r-1" in told
    assert "DETAIL" in told
    assert list(personal_data_in(told)) == []
    assert "JON" not in told


def test_a_service_logs_its_events_at_level_info(logged: StringIO) -> None:
    structlog.get_logger("hwb_identity.application").info("run_settled", run_id="r-1")
    structlog.get_logger("faust.worker").info("of_no_interest")
    assert "run_settled" in logged.getvalue()
    assert "of_no_interest" not in logged.getvalue()
