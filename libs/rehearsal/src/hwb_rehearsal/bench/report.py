"""The report of a run: medians with every value beside them, and the machine they are of."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil
from rich.console import Console
from rich.table import Table

MEGABYTE = 1024 * 1024
TELLING = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``rounds`` has every value it is the median of."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    rounds: tuple[Any, ...]
    baseline_is: str


def compared(
    name: str,
    values: Sequence[float],
    baselines: Sequence[float],
    *,
    baseline_is: str,
    unit: str = "records/s",
) -> Row:
    """Figures of two sides that took turns: the ratio is that of their medians."""
    value, baseline = statistics.median(values), statistics.median(baselines)
    rounds = tuple(
        {"value": round(one, 1), "baseline": round(other, 1)}
        for one, other in zip(values, baselines, strict=True)
    )
    return Row(
        name,
        round(value, 1),
        unit,
        round(baseline, 1),
        round(value / baseline, 3),
        rounds,
        baseline_is,
    )


def measured(
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    target: float,
    details: Sequence[Any] = (),
    target_is: str = "what is wanted",
) -> Row:
    """A figure beside what is wanted of it."""
    value = statistics.median(values)
    rounds = tuple(details) or tuple(round(one, 1) for one in values)
    return Row(
        name, round(value, 3), unit, round(target, 3), round(value / target, 3), rounds, target_is
    )


def machine(*, broker: str, database: str) -> dict[str, Any]:
    """What the figures are of."""
    return {
        "cores": psutil.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / MEGABYTE),
        "system": platform.platform(),
        "python": f"{platform.python_version()} of {os.path.realpath(sys.executable)}",
        "broker": broker,
        "database": database,
    }


def write_report(path: Path, machine: dict[str, Any], rows: Sequence[Row]) -> None:
    """``{machine, rows: [{name, value, unit, baseline, ratio, rounds}]}``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {"machine": machine, "rows": [asdict(row) for row in rows]}
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def print_rows(console: Console, rows: Sequence[Row]) -> None:
    """The same for people."""
    table = Table(title="medians of one run")
    for heading in ("what", "value", "unit", "against", "ratio", "which is"):
        table.add_column(heading, justify="left" if heading in {"what", "which is"} else "right")
    for row in rows:
        table.add_row(
            row.name,
            _shown(row.value),
            row.unit,
            "" if row.baseline is None else _shown(row.baseline),
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.baseline_is,
        )
    console.print(table)


def _shown(value: float) -> str:
    """Whole numbers where they say enough."""
    return f"{value:,.0f}" if value >= TELLING else f"{value:.2f}"
