"""``python -m hwb_rehearsal.bench``: what ``make bench`` runs."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hwb_rehearsal.bench import groups, ingest, largest
from hwb_rehearsal.bench.comparison import ROWS as IDENTITY_ROWS
from hwb_rehearsal.bench.comparison import compare_identity, prepared
from hwb_rehearsal.bench.end_to_end import EndToEnd, run_end_to_end
from hwb_rehearsal.bench.report import Row, machine, measured, print_rows, write_report
from hwb_rehearsal.bench.selection import (
    END_TO_END,
    PEAK_MEMORY,
    UnknownRowError,
    any_of,
    selected,
)
from hwb_rehearsal.bench.side import SideError
from hwb_rehearsal.broker import Broker, BrokerError, start_broker
from hwb_rehearsal.stack import Postgres, PostgresError, StackError, start_postgres
from hwb_rehearsal.story.calendar import shipped_calendar

WANTED_RECORDS_A_SECOND = 2000.0
WANTED_MEGABYTES = 250.0
REPORT = Path("build/bench/report.json")


class Bench:
    """One run of the wanted benchmarks; the figures are printed as they come."""

    def __init__(
        self,
        *,
        wanted: frozenset[str],
        rounds: int,
        sizes: list[int],
        compared_learners: int,
        schools: int,
        archived: int,
    ) -> None:
        self.console = Console()
        self._wanted = wanted
        self._rounds = rounds
        self._sizes = sizes
        self._learners = compared_learners
        self._schools = schools
        self._archived = archived
        self._calendar = shipped_calendar("2022")
        steps = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
        self._progress = Progress(*steps, console=self.console)
        self._task = self._progress.add_task("benchmarks", total=4 + rounds * len(sizes))

    async def run(self) -> None:
        """Run what is wanted and write the report."""
        with contextlib.ExitStack() as parts, tempfile.TemporaryDirectory() as folder:
            broker = parts.enter_context(start_broker(say=self._say))
            if not broker.is_real:
                raise BrokerError(
                    "The benchmarks need Apache Kafka: the built-in broker drops what is too much. "
                    "Install a JDK 17 and Maven, start Docker, or name a broker by HWB_KAFKA."
                )
            postgres = parts.enter_context(start_postgres(say=self._say))
            of = machine(broker=broker.line, database=postgres.line)
            parts.enter_context(self._progress)
            root = Path(folder)
            rows: list[Row] = []
            for part in (self._identity, self._largest, self._ingest, self._groups):
                rows += await part(root, broker, postgres)
                postgres.drop_databases()
                self._progress.advance(self._task)
            rows += await self._end_to_end(root, postgres)
            self._progress.stop()
        write_report(REPORT, of, rows)
        print_rows(self.console, rows)
        self.console.print(f"Every value is in {REPORT}.")

    async def _identity(self, root: Path, broker: Broker, postgres: Postgres) -> list[Row]:
        if not any_of(IDENTITY_ROWS, self._wanted):
            return []
        async with prepared(
            root=root / "comparison",
            learners=self._learners,
            calendar=self._calendar,
            broker=broker,
            postgres=postgres,
            say=self._say,
        ) as comparison:
            return await compare_identity(
                comparison, wanted=self._wanted, rounds=self._rounds, say=self._say
            )

    async def _largest(self, root: Path, broker: Broker, postgres: Postgres) -> list[Row]:
        if largest.ROW not in self._wanted:
            return []
        row = await largest.measure_largest(
            root=root / "largest",
            broker=broker,
            postgres=postgres,
            calendar=self._calendar,
            rounds=self._rounds,
            say=self._say,
        )
        return [row]

    async def _ingest(self, root: Path, _: Broker, postgres: Postgres) -> list[Row]:
        if ingest.ROW not in self._wanted:
            return []
        row = await ingest.compare_ingest(
            root=root / "ingest",
            postgres=postgres,
            calendar=self._calendar,
            schools=self._schools,
            rounds=self._rounds,
            say=self._say,
        )
        return [row]

    async def _groups(self, root: Path, _: Broker, postgres: Postgres) -> list[Row]:
        if not any_of(groups.ROWS, self._wanted):
            return []
        return await groups.GroupsBench(
            root=root / "groups",
            postgres=postgres,
            wanted=self._wanted,
            rounds=self._rounds,
            archived=self._archived,
            say=self._say,
        ).rows()

    async def _end_to_end(self, root: Path, postgres: Postgres) -> list[Row]:
        if not any_of((END_TO_END, PEAK_MEMORY), self._wanted):
            return []
        found: dict[int, list[EndToEnd]] = {size: [] for size in self._sizes}
        for number in range(self._rounds):
            for size in self._sizes:
                found[size].append(
                    await run_end_to_end(
                        root=root / f"end-to-end-{size}-{number}",
                        learners=size,
                        calendar=self._calendar,
                        postgres=postgres,
                        say=self._say,
                    )
                )
                postgres.drop_databases()
                self._progress.advance(self._task)
        rows = [
            measured(
                f"end_to_end_{size // 1000}k",
                [one.rate for one in runs],
                "records/s",
                target=WANTED_RECORDS_A_SECOND,
                details=[one.details() for one in runs],
            )
            for size, runs in found.items()
            if END_TO_END in self._wanted
        ]
        if PEAK_MEMORY not in self._wanted:
            return rows
        largest = found[max(self._sizes)]
        for process in largest[0].peak_memory:
            if process.endswith((" api", " worker")):
                peaks = [one.peak_memory[process] for one in largest]
                name = f"peak_memory_{process.replace('-', '_').replace(' ', '_')}"
                rows.append(measured(name, peaks, "MB", target=WANTED_MEGABYTES))
        return rows

    def _say(self, line: str) -> None:
        self.console.print(line, highlight=False)


def main(
    rounds: Annotated[int, typer.Option(help="how often the sides take turns")] = 3,
    sizes: Annotated[str, typer.Option(help="learners, end to end")] = "10000,100000",
    compared_learners: Annotated[int, typer.Option(help="learners, identity alone")] = 50_000,
    schools: Annotated[int, typer.Option(help="schools, ingest alone")] = ingest.SCHOOLS,
    archived: Annotated[int, typer.Option(help="groups, on the virtual clock")] = groups.ARCHIVED,
    rows: Annotated[str, typer.Option(help="only these rows, with commas between")] = "",
) -> None:
    """Measure, print and write build/bench/report.json."""
    try:
        wanted = selected(rows)
    except UnknownRowError as error:
        raise typer.BadParameter(str(error)) from error
    bench = Bench(
        wanted=wanted,
        rounds=rounds,
        sizes=[int(size) for size in sizes.split(",")],
        compared_learners=compared_learners,
        schools=schools,
        archived=archived,
    )
    try:
        asyncio.run(bench.run())
    except (BrokerError, PostgresError, StackError, SideError) as error:
        bench.console.print(str(error), style="red")
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
