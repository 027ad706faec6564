"""``python -m hwb_rehearsal.crash_points``: what ``make crash-points`` runs."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hwb_rehearsal.broker import BrokerError
from hwb_rehearsal.crash_points.points import Point, every_point, in_waves
from hwb_rehearsal.crash_points.trial import Result, try_points
from hwb_rehearsal.stack import PostgresError, StackError
from hwb_rehearsal.story.spring import TINY_GROUPS
from hwb_rehearsal.story.year import Story, tell
from hwb_rehearsal.world.schools import TINY
from hwb_rehearsal.world.wales import build_wales

FOLDER = Path("build/crash-points")
SEED = 2022


@dataclass(frozen=True, slots=True)
class Trial:
    """Every point's result, and the years with several deaths that did not come out as they must.

    Where such a year disagrees, each of its points is tried again by itself: that tells whose
    fault it is, and does not excuse the year.
    """

    results: list[Result]
    wrong_years: list[list[Result]]

    @property
    def is_good(self) -> bool:
        """Whether every point died with work in hand and every year agreed."""
        return not self.wrong_years and all(result.is_good for result in self.results)


async def try_all(
    points: Sequence[Point], story: Story, root: Path, *, at_once: int, console: Console
) -> Trial:
    """Try every point, several deaths a year, ``at_once`` years side by side below ``root``."""
    room = asyncio.Semaphore(at_once)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("years with deaths in them", total=0)

        async def year(number: int, wave: Sequence[Point], name: str) -> list[Result]:
            async with room:
                results = await try_points(wave, story, root / f"{name}-{number}")
            progress.advance(task)
            for result in results:
                progress.console.print(_line(result), highlight=False)
            return results

        async def years(waves: Sequence[Sequence[Point]], name: str) -> list[list[Result]]:
            progress.update(task, total=(progress.tasks[0].total or 0) + len(waves))
            started = [year(number, wave, name) for number, wave in enumerate(waves, 1)]
            return list(await asyncio.gather(*started))

        first = await years(in_waves(points), "wave")
        results = {result.point: result for wave in first for result in wave}
        doubtful = [point for point, result in results.items() if not result.is_good]
        for wave in await years([[point] for point in doubtful], "alone"):
            results |= {result.point: result for result in wave}
    wrong = [wave for wave in first if not wave[0].agree]
    return Trial(list(results.values()), wrong)


def _line(result: Result) -> str:
    mark = "[green]✓[/]" if result.is_good else "[red]✗[/]"
    fate = f"died with {result.in_hand} in hand" if result.fired else "never came to it"
    faults = "".join(f"\n      {fault}" for fault in result.faults[:5])
    return f"  {mark} {result.point.armed_as} ({result.point.process}): {fate}{faults}"


def main(
    only: Annotated[str, typer.Option(help="only points whose name contains this")] = "",
    at_once: Annotated[int, typer.Option(help="how many years are played at once")] = 2,
) -> None:
    """Die once at every point with work in hand, compare, write build/crash-points/report.json."""
    console = Console()
    root = Path(tempfile.mkdtemp(prefix="hwb-crash-points-"))
    story = tell(build_wales(seed=SEED, size=TINY), TINY_GROUPS)

    async def run() -> Trial:
        points = [point for point in await every_point() if only in point.armed_as]
        console.print(f"{len(points)} crash points in {len(in_waves(points))} rehearsed years")
        return await try_all(points, story, root, at_once=at_once, console=console)

    try:
        trial = asyncio.run(run())
    except (BrokerError, PostgresError, StackError) as error:
        console.print(f"[red]The trial cannot go on:[/] {error}", highlight=False)
        raise typer.Exit(2) from error
    results = sorted(trial.results, key=lambda result: (result.point.service, result.point.name))
    report = {
        "ok": trial.is_good,
        "rows": [result.as_json() for result in results],
        "years_that_disagreed": [
            {"points": [one.point.armed_as for one in wave], "faults": list(wave[0].faults)}
            for wave in trial.wrong_years
        ],
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    console.print(_table(results))
    good = sum(result.is_good for result in results)
    console.print(
        f"{good} of {len(results)} points died with work in hand and agree, "
        f"{len(trial.wrong_years)} years disagreed; the report: {FOLDER / 'report.json'}"
    )
    if trial.is_good:
        shutil.rmtree(root)
    else:
        console.print(f"The logs of every year are in {root}")
    raise typer.Exit(0 if trial.is_good else 1)


def _table(results: Sequence[Result]) -> Table:
    table = Table("service", "point", "in hand", "agree")
    for result in results:
        table.add_row(
            result.point.service,
            result.point.name,
            str(result.in_hand) if result.fired else "never came to it",
            "yes" if result.agree else "[red]no[/]",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
