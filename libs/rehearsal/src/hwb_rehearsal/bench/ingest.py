"""mis-ingest's parse, validate and difference against COPY of the same rows into bare tables.

Every school's rollover is judged in a row, compared with the year before as last published. Both
sides are given the same zips, have one connection, and end a transaction after every school.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import psycopg
import yaml

from hwb_rehearsal.bench.report import Row, compared
from hwb_rehearsal.bench.side import Timed, run_to_end
from hwb_rehearsal.snapshots.forms import TABLES, oneroster_zip
from hwb_rehearsal.stack import Postgres
from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.schools import Size
from hwb_rehearsal.world.wales import Roll, Wales, build_wales
from hwb_schemas.calendar import RolloverCalendar

ROW = "ingest_vs_floor"
SCHOOLS = 1460
LEARNERS_A_SCHOOL = 320
PUBLISH_SECONDS = 900.0
TURN_SECONDS = 120.0
"""A turn of ours ends after so long, whether or not every school was judged."""

START_SECONDS = 60.0
JUDGE = Path("tests/bench/ingest_uploads.py")
MAY = datetime(2022, 5, 3, 8, tzinfo=UTC)
RUN_WEEK = datetime(2022, 8, 16, 8, tzinfo=UTC)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Uploads:
    """The folder that both sides read, and a database that knows the first year."""

    folder: Path
    postgres: Postgres
    database_url: str

    async def judge(self) -> Timed:
        """Parse, validate, difference."""
        within = ["--database-url", self.database_url, "--within", str(TURN_SECONDS)]
        command = [sys.executable, str(JUDGE), "judge", "--folder", str(self.folder), *within]
        return await run_to_end(command, log=self._log, within=TURN_SECONDS + START_SECONDS)

    async def floor(self) -> Timed:
        """COPY."""
        url = self.postgres.create_database("hwb_copy_floor")
        module = [sys.executable, "-m", "hwb_rehearsal.bench.copy_floor"]
        where = ["--folder", str(self.folder / "second"), "--database-url", url]
        return await run_to_end(
            [*module, *where], log=self._log, within=TURN_SECONDS + START_SECONDS
        )

    async def publish_first_year(self) -> None:
        """Keep the first year's uploads as last published."""
        where = ["--folder", str(self.folder), "--database-url", self.database_url]
        await run_to_end(
            [sys.executable, str(JUDGE), "publish", *where], log=self._log, within=PUBLISH_SECONDS
        )
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    @property
    def _log(self) -> Path:
        return self.folder / "log"


async def compare_ingest(
    *,
    root: Path,
    postgres: Postgres,
    calendar: RolloverCalendar,
    schools: int,
    rounds: int,
    say: Say,
) -> Row:
    """Take turns, and give the row ``ingest_vs_floor``."""
    uploads = Uploads(root, postgres, postgres.create_database("hwb_mis_ingest"))
    count, rows = _write(root, _wales(schools, say), schools, calendar)
    say(f"{count:,} schools with {rows:,} rows; their first year is kept as last published ...")
    await uploads.publish_first_year()
    ours: list[float] = []
    floors: list[float] = []
    for number in range(1, rounds + 1):
        for side, turn, rates in (
            ("COPY", uploads.floor, floors),
            ("parse, validate, difference", uploads.judge, ours),
        ):
            timed = await turn()
            rates.append(timed.rate)
            say(f"round {number}, {side}: {timed.line}")
    return compared(ROW, ours, floors, baseline_is="COPY of the same rows into bare tables")


def _wales(schools: int, say: Say) -> Wales:
    size = Size(learners=schools * LEARNERS_A_SCHOOL)
    try:
        return build_wales(seed=1, size=size, source="real")
    except FileNotFoundError:
        say("The real register of schools is not there: a synthetic one takes its place.")
        return build_wales(seed=1, size=size)


def _write(folder: Path, wales: Wales, schools: int, calendar: RolloverCalendar) -> tuple[int, int]:
    """Both years' uploads and what the other side needs; how many schools and rows."""
    for name in ("first", "second"):
        (folder / name).mkdir(parents=True)
    rows: dict[str, int] = {}
    after = roll_over(wales).rolls
    for number, roll in islice(wales.rolls.items(), schools):
        (folder / "first" / f"{number}.zip").write_bytes(_zip(roll, "2021-22", MAY))
        (folder / "second" / f"{number}.zip").write_bytes(_zip(after[number], "2022-23", RUN_WEEK))
        rows[number] = _row_count(after[number])
    (folder / "rows.json").write_text(json.dumps(rows))
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    for name, model in (("register", wales.register()), ("calendar", calendar)):
        text = yaml.dump(model.model_dump(mode="json"), Dumper=dumper, sort_keys=False)
        (folder / f"{name}.yaml").write_text(text)
    return len(rows), sum(rows.values())


def _zip(roll: Roll, academic_year: str, extracted_at: datetime) -> bytes:
    return oneroster_zip(roll.snapshot(academic_year, extracted_at))


def _row_count(roll: Roll) -> int:
    snapshot = roll.snapshot("2022-23", RUN_WEEK)
    return sum(sum(1 for _ in rows(snapshot)) for *_, rows in TABLES)
