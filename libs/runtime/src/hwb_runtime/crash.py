"""Named crash points: where a test makes the process die as if the power had gone, or stand still.

``HWB_CRASH_AT=<service>.<point>`` ends the process at that point as soon as something is in hand
there; ``HWB_PAUSE_AT`` stops it there once, until somebody sends SIGCONT. Whoever starts the
process again must leave the variable out.
"""

import os
import signal
import sys
from dataclasses import dataclass
from typing import Literal

import orjson

ProcessKind = Literal["api", "worker"]

CRASH_STATUS = 9


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """A boundary between two systems: its name, the process that has it, and what lies there."""

    name: str
    process: ProcessKind
    about: str


_declared: dict[str, CrashPoint] = {}
_armed: str | None = None
_pausing: str | None = None


def declare_crash_point(name: str, about: str, *, process: ProcessKind = "worker") -> str:
    """Make a point known, so that it is listed and tried; gives its name back.

    Raises ValueError where another point has the same name.
    """
    point = CrashPoint(name=name, process=process, about=about)
    if _declared.get(name, point) != point:
        message = f"two crash points are named {name!r}"
        raise ValueError(message)
    _declared[name] = point
    return name


def declared_crash_points() -> list[CrashPoint]:
    """Every point declared by the modules that are imported, by name."""
    return [_declared[name] for name in sorted(_declared)]


def arm_crash_point(service: str) -> None:
    """Read ``HWB_CRASH_AT`` and ``HWB_PAUSE_AT``; called once, when a process starts."""
    global _armed, _pausing  # noqa: PLW0603 - a process dies once, and every module asks about the same point
    _armed = _point_in("HWB_CRASH_AT", service)
    _pausing = _point_in("HWB_PAUSE_AT", service)


def _point_in(variable: str, service: str) -> str | None:
    owner, _, point = os.environ.get(variable, "").partition(".")
    return point if owner == service else None


def crash_point(name: str, *, in_hand: int) -> None:
    """Die here, at once and without any clean-up, if this point is armed and work is in hand."""
    if in_hand <= 0:
        return
    if _armed == name:
        _say("crash_point", f"{os.environ['HWB_CRASH_AT']}", in_hand)
        os._exit(CRASH_STATUS)
    if _pausing == name:
        _pause(in_hand)


def _pause(in_hand: int) -> None:
    global _pausing  # noqa: PLW0603 - once is enough: whoever is continued goes on
    _pausing = None
    _say("pause_point", f"{os.environ['HWB_PAUSE_AT']}", in_hand)
    os.kill(os.getpid(), signal.SIGSTOP)


def _say(what: str, where: str, in_hand: int) -> None:
    os.write(sys.stderr.fileno(), orjson.dumps({what: where, "in_hand": in_hand}) + b"\n")
