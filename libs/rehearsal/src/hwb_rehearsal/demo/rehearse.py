"""One rehearsal from an empty machine to the verdict: what the demo and the tests both run."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from hwb_rehearsal.demo.play import Play
from hwb_rehearsal.demo.reach import Watch
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.show import Show
from hwb_rehearsal.demo.verdict import Verdict, compare
from hwb_rehearsal.stack import Stack, StackOptions
from hwb_rehearsal.story.calendar import shipped_calendar
from hwb_rehearsal.story.year import BEGINS, Story

WATCHFUL = {service: {"HOUSEKEEPING_EVERY_SECONDS": "1"} for service in ("mis-ingest", "groups")}
"""A day of the story lasts seconds: what follows from the date is looked for as often."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A running stack, ready for the story to be played on it."""

    story: Story
    stack: Stack
    reality: Reality
    play: Play

    async def perform(self) -> None:
        """Play the whole year."""
        for stage in self.story.stages:
            await self.play.perform(stage)

    async def verdict(self) -> Verdict:
        """Compare what is there now with what must come of the year."""
        return await compare(
            self.reality, self.play.watch, self.story.expectation, earlier=self.play.rows
        )


@contextlib.asynccontextmanager
async def rehearsal(
    story: Story,
    root: Path,
    *,
    show: Show,
    options: StackOptions,
) -> AsyncIterator[Rehearsal]:
    """Start every part for this story; see ``Stack.start`` for what it raises."""
    async with (
        Stack.start(
            root,
            register=story.wales.register(),
            calendar=shipped_calendar("2022"),
            now=BEGINS,
            options=replace(options, settings={**WATCHFUL, **options.settings}),
        ) as stack,
        Reality(stack) as reality,
    ):
        play = Play(reality, show, Watch(reality, show))
        yield Rehearsal(story, stack, reality, play)
