"""``make demo``: a small Wales rolls over, from May to September 2022, and is compared."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hwb_rehearsal.broker import BrokerError
from hwb_rehearsal.demo.commands import CommandError
from hwb_rehearsal.demo.rehearse import Rehearsal, rehearsal
from hwb_rehearsal.demo.show import TerminalShow, table_of
from hwb_rehearsal.demo.verdict import write_report
from hwb_rehearsal.stack import PostgresError, StackError, StackOptions
from hwb_rehearsal.story.spring import DEMO_GROUPS, TINY_GROUPS
from hwb_rehearsal.story.year import Story, tell
from hwb_rehearsal.world.schools import DEMO, TINY, Size
from hwb_rehearsal.world.wales import Source, build_wales

CANNOT_RUN = 2
DISAGREES = 1


def main(
    *,
    folder: Annotated[Path, typer.Option(help="Where report, logs and mails go.")] = Path(
        "build/demo"
    ),
    learners: Annotated[int, typer.Option(help="How many learners, about.")] = DEMO.learners,
    seed: Annotated[int, typer.Option(help="Which Wales.")] = 2022,
    register: Annotated[Source, typer.Option(help="synthetic, or real schools.")] = "synthetic",
    time_scale: Annotated[
        float,
        typer.Option(envvar="HWB_TIME_SCALE", help="How much faster providers and pauses run."),
    ] = 120.0,
    stay: Annotated[
        bool, typer.Option(help="Stay up until Ctrl-C; DEMO_EXIT=1 does not.")
    ] = os.environ.get("DEMO_EXIT", "") != "1",
) -> None:
    """Play the year on the one-machine stack and compare; ends with 0 only if all agrees."""
    console = Console()
    small = learners <= TINY.learners
    size = TINY if small else Size(learners=learners)
    story = tell(
        build_wales(seed=seed, size=size, source=register), TINY_GROUPS if small else DEMO_GROUPS
    )
    shutil.rmtree(folder, ignore_errors=True)
    try:
        ended = asyncio.run(_demo(console, story, folder, time_scale=time_scale, stay=stay))
    except (BrokerError, PostgresError, StackError, CommandError) as error:
        console.print(f"[red]The demo cannot go on:[/red] {error}", highlight=False)
        raise typer.Exit(CANNOT_RUN) from error
    except KeyboardInterrupt:
        console.print("Ended before the year was over; nothing was compared.")
        raise typer.Exit(CANNOT_RUN) from None
    raise typer.Exit(0 if ended else DISAGREES)


async def _demo(
    console: Console, story: Story, folder: Path, *, time_scale: float, stay: bool
) -> bool:
    begun = time.monotonic()

    def say(line: str) -> None:
        console.print(line, highlight=False, soft_wrap=True, markup=False)

    say(
        f"A Wales of {len(story.wales.rolls)} schools and {story.wales.learner_count:,} learners"
        f" (seed {story.wales.seed})"
    )
    say(f"HWB_TIME_SCALE={time_scale:g}: providers' quotas, polls and backoffs run so much faster")
    show = TerminalShow(console, len(story.stages))
    options = StackOptions(time_scale=time_scale, say=say)
    async with rehearsal(story, folder, show=show, options=options) as playing:
        say(f"Everything is up after {time.monotonic() - begun:.0f} s; the year begins")
        with show:
            await playing.perform()
            verdict = await playing.verdict()
        stack = playing.stack
        report = write_report(
            folder / "report.json",
            verdict,
            broker=f"{stack.broker.kind} {stack.broker.version}",
            database=stack.postgres.line,
            seconds=time.monotonic() - begun,
            faults=playing.play.faults,
        )
        console.print(table_of(verdict.rows))
        wrong = sum(not row.agree for row in verdict.rows)
        if not playing.play.faults:
            say("No worker could be killed with work in hand, as the demo must show")
        say(
            f"{'All agrees' if report['ok'] else f'{wrong} rows do not agree'}:"
            f" {len(verdict.rows)} rows, {report['records']:,} changed records,"
            f" {report['seconds']} s. The report: {folder / 'report.json'}"
        )
        if stay:
            _say_where(playing, say)
            await _until_interrupted()
    return bool(report["ok"])


def _say_where(playing: Rehearsal, say: Callable[[str], None]) -> None:
    stack = playing.stack
    lines = [
        *(f"  {service:<12} {stack.url(service)}/docs" for service in stack.services),
        f"  emulators    {stack.emulators_url}/inspect/groups",
        f"  mails        {stack.mail_folder}",
        f"  logs         {stack.root / 'logs'}",
        f"  broker       {stack.broker.address}",
        "Everything stays up until Ctrl-C.",
    ]
    for line in lines:
        say(line)


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal_number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    typer.run(main)
