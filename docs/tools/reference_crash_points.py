"""docs/reference/crash-points.md: every named crash point by service, as its own verb lists it."""

import json
import subprocess
import sys

from docs.tools.reference_settings import SERVICES

INTRODUCTION = """# Crash points

A crash point is a named place at a boundary between two systems: database, Kafka, HTTP, SMTP. With
`HWB_CRASH_AT=<service>.<point>` the process dies there as if the power had gone, as soon as it has
work in hand. `make crash-points` does that once at every point below, starts the process again
without the variable, and compares the outcome person by person: nothing lost, nothing doubled.

To add one: `POINT = declare_crash_point("name", "what is done and what is not")` at module level,
`crash_point(POINT, in_hand=…)` at the place, then `make docs`.
"""


def reference_crash_points() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *[_section(service) for service in SERVICES]])


def declared_points(service: str) -> list[dict[str, str]]:
    """The points of one service; in a process of its own, since points are known per process."""
    module = f"hwb_{service.replace('-', '_')}.entrypoints.cli"
    listed = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", module, "crash-points"], capture_output=True, text=True, check=True
    ).stdout
    points: list[dict[str, str]] = json.loads(listed)
    return points


def _section(service: str) -> str:
    rows = [
        f"| `{service}.{point['name']}` | {point['process']} | {point['about']} |"
        for point in declared_points(service)
    ]
    table = ["| point | process | what has happened |", "| --- | --- | --- |", *rows]
    return "\n".join([f"## {service}\n", *table, ""])
