"""Structured logs: one JSON object a line; ids, never a name, UPN, staff code or address."""

import logging
import re
import sys

import orjson
import structlog

# Ours never log these; a database's or a library's own message may quote the row it failed on.
_PERSONAL = re.compile(
    r"(?P<upn>(?<![0-9A-Z])[A-Z]\d{11}[0-9A-Z](?![0-9A-Za-z]))"
    r"|(?P<staff>(?<![\d/])\d{7}/(?!\d{4}-\d{2}/)[A-Za-z0-9]+(?![/\w]))"
    r"|(?P<address>[\w.+-]+@(?!127\.0\.0\.1)[\w-]+\.[\w.]+)"
)


def without_personal_data(line: str) -> str:
    """The line with whatever looks like a UPN, staff key or mail address named, not shown."""
    return _PERSONAL.sub(lambda found: f"[{found.lastgroup}]", line)


def _rendered(value: object, **_: object) -> str:
    return without_personal_data(orjson.dumps(value, default=str).decode())


def configure_logging(*, service: str, process: str, level: str) -> None:
    """Send structlog and the libraries' own records to standard error as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_rendered),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("hwb", "hwb_runtime", f"hwb_{service.replace('-', '_')}"):
        logging.getLogger(ours).setLevel(level.upper())
    # Request lines would carry addresses with ids; the metrics count requests instead.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx").setLevel(logging.WARNING)
