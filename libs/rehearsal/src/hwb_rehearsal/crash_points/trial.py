"""One year in which some processes die, each at one point, and what came of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import orjson

from hwb_rehearsal.broker import BrokerError
from hwb_rehearsal.broker.records import RecordToSend, send
from hwb_rehearsal.crash_points.points import Point
from hwb_rehearsal.demo.commands import CommandError
from hwb_rehearsal.demo.rehearse import Rehearsal, rehearsal
from hwb_rehearsal.demo.show import Silence
from hwb_rehearsal.stack import PostgresError, StackError, StackOptions
from hwb_rehearsal.stack.process import CRASH_AT
from hwb_rehearsal.story.expectation import Case
from hwb_rehearsal.story.year import Story

TIME_SCALE = 120.0
CASES = "hwb.servicedesk.cases"

POISON = RecordToSend("crash-points", None)
"""An event of no kind: the notifier parks it and so has an event of its own to publish, a case."""

MAY_REPEAT_A_MAIL = frozenset(
    {"notifier.smtp_after_send", "notifier.mail_before_commit", "notifier.job_before_commit"}
)
"""Between the mail server's answer and COMMIT: DESIGN 5 allows one repeat, same Message-ID."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one point. ``faults`` says what did not agree."""

    point: Point
    fired: bool
    in_hand: int
    agree: bool
    faults: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether it died with something in hand and everything came out as it must."""
        return self.fired and self.in_hand > 0 and self.agree

    def as_json(self) -> dict[str, object]:
        """A row of ``report.json``."""
        return {
            "point": self.point.name,
            "service": self.point.service,
            "fired": self.fired,
            "in_hand": self.in_hand,
            "agree": self.agree,
        }


async def try_points(points: Sequence[Point], story: Story, root: Path) -> list[Result]:
    """Play the story while each of these points kills its process once; compare per person."""
    parked = Case(kind="events_parked", school="", open=True)
    cases = (*story.expectation.cases, parked)
    story = replace(story, expectation=replace(story.expectation, cases=cases))
    armed = {f"{point.service} {point.process}": {CRASH_AT: point.armed_as} for point in points}
    try:
        async with rehearsal(
            story,
            root,
            show=Silence(),
            options=StackOptions(
                time_scale=TIME_SCALE, say=lambda _: None, first_environments=armed
            ),
        ) as playing:
            await asyncio.to_thread(send, playing.stack.broker.address, CASES, [POISON])
            faults = await _faults(playing, points)
    except (StackError, BrokerError, PostgresError) as error:
        faults = (f"the year did not begin: {error}",)
    return [_result(point, root / "logs", faults) for point in points]


def _result(point: Point, logs: Path, faults: tuple[str, ...]) -> Result:
    died = _died_with(logs / f"{point.service}-{point.process}.log", point)
    return Result(point, fired=died is not None, in_hand=died or 0, agree=not faults, faults=faults)


async def _faults(playing: Rehearsal, points: Sequence[Point]) -> tuple[str, ...]:
    """Every row that does not agree at the end, or why the year could not be played to it."""
    try:
        await playing.perform()
        if MAY_REPEAT_A_MAIL & {point.armed_as for point in points}:
            _set_one_repeat_aside(playing.stack.mail_folder)
        verdict = await playing.verdict()
    except (StackError, CommandError, httpx.HTTPError) as error:
        return (f"{type(error).__name__}: {error}",)
    return tuple(
        f"{row.journey}: {row.what}: {row.actual}, expected {row.expected}"
        for row in verdict.rows
        if not row.agree
    )


def _set_one_repeat_aside(mails: Path) -> None:
    seen: set[str] = set()
    for mail in sorted(mails.glob("*.eml")):
        _, _, digest = mail.stem.partition("-")
        if digest in seen:
            mail.rename(mail.with_suffix(".repeated"))
            return
        seen.add(digest)


def _died_with(log: Path, point: Point) -> int | None:
    """What was in hand when the process died at this point; None if it never did."""
    for line in log.read_bytes().splitlines() if log.exists() else ():
        if line.startswith(b'{"crash_point"'):
            said = orjson.loads(line)
            if said["crash_point"] == point.armed_as:
                return int(said["in_hand"])
    return None
