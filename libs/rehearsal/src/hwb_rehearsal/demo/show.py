"""What the person in front of the demo sees: a line a stage, a bar for what takes a while."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hwb_rehearsal.compare.rows import Row

Advance = Callable[[int], None]


class Show(Protocol):
    """What the play tells its audience."""

    def say(self, line: str) -> None:
        """A line that stays."""

    def stage(self, title: str) -> contextlib.AbstractContextManager[None]:
        """What happens inside belongs under this heading."""

    def bar(self, what: str, total: int) -> contextlib.AbstractContextManager[Advance]:
        """A bar for so many steps; call what it gives with how many are done so far."""


class Silence:
    """Nobody watches."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def stage(self, title: str) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002 - as Show has it
        """Show nothing."""
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def bar(self, what: str, total: int) -> Iterator[Advance]:  # noqa: ARG002 - as Show has it
        """Show nothing."""
        yield lambda _: None


class TerminalShow:
    """Rich progress bars, and plain lines where the output is no terminal."""

    def __init__(self, console: Console, stages: int) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._year = self._progress.add_task("The year 2022", total=stages)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        """A line above the bars."""
        self._console.print(line, highlight=False, soft_wrap=True)

    @contextlib.contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Print the heading and how long it took once it is over."""
        begun = time.monotonic()
        self._progress.update(self._year, description=title)
        yield
        self.say(f"  {title} [dim]({time.monotonic() - begun:.1f} s)[/dim]")
        self._progress.advance(self._year)

    @contextlib.contextmanager
    def bar(self, what: str, total: int) -> Iterator[Advance]:
        """A second bar beneath that of the year."""
        task = self._progress.add_task(f"    {what}", total=total)
        try:
            yield lambda done: self._progress.update(task, completed=done)
        finally:
            self._progress.remove_task(task)


def table_of(rows: Sequence[Row]) -> Table:
    """The table by journey."""
    table = Table(title="Expected and actual, by journey", title_justify="left")
    table.add_column("")
    table.add_column("what", ratio=3)
    table.add_column("expected", justify="right", no_wrap=True)
    table.add_column("actual", ratio=2)
    journey = ""
    for row in rows:
        if row.journey != journey:
            journey = row.journey
            table.add_section()
            table.add_row("", f"[bold]{journey}[/bold]", "", "")
        mark, colour = ("✓", "green") if row.agree else ("✗", "red")
        table.add_row(f"[{colour}]{mark}[/]", row.what, row.expected, f"[{colour}]{row.actual}[/]")
    return table
