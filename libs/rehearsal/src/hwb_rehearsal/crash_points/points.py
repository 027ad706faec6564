"""Which crash points there are, in the services' own words, and in which company each is tried."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import orjson

from hwb_rehearsal.stack import SERVICES, StackError
from hwb_rehearsal.stack.process import base_environment


@dataclass(frozen=True, slots=True)
class Point:
    """A crash point: ``process`` is api or worker."""

    service: str
    process: str
    name: str

    @property
    def armed_as(self) -> str:
        """What ``HWB_CRASH_AT`` is set to."""
        return f"{self.service}.{self.name}"


async def points_of(service: str) -> list[Point]:
    """The points that a service lists; StackError where it does not answer."""
    module = f"hwb_{service.replace('-', '_')}.entrypoints.cli"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, "crash-points"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=base_environment(),
    )
    said, complained = await process.communicate()
    if process.returncode != 0:
        message = f"{service} does not list its crash points: {complained.decode()[-500:]}"
        raise StackError(message)
    return [Point(service, point["process"], point["name"]) for point in orjson.loads(said)]


async def every_point() -> list[Point]:
    """The points of all services."""
    found = await asyncio.gather(*(points_of(service) for service in SERVICES))
    return [point for points in found for point in points]


def in_waves(points: Sequence[Point]) -> list[list[Point]]:
    """Points that can be tried in one and the same year: one of each process at most."""
    by_process: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in points:
        by_process[point.service, point.process].append(point)
    return [
        [point for point in wave if point is not None] for wave in zip_longest(*by_process.values())
    ]
