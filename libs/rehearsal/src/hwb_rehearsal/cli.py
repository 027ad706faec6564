"""``hwb-rehearsal``: play the demo, or write what the schools of a synthetic Wales would send."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from hwb_rehearsal.demo.__main__ import main as demo
from hwb_rehearsal.snapshots.forms import json_lines, oneroster_zip
from hwb_rehearsal.story.calendar import shipped_calendar
from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.schools import Size
from hwb_rehearsal.world.wales import Roll, Source, build_wales

MAY, AUGUST = datetime(2022, 5, 9, tzinfo=UTC), datetime(2022, 8, 16, tzinfo=UTC)

app = typer.Typer(no_args_is_help=True, help="The rehearsal of the Hwb rollover.")
app.command(name="demo")(demo)


@app.command()
def world(
    folder: Annotated[Path, typer.Argument(help="Where the files go; made if need be.")],
    *,
    learners: Annotated[int, typer.Option(help="How many learners, about.")] = 1000,
    seed: Annotated[int, typer.Option(help="Which Wales.")] = 2022,
    register: Annotated[Source, typer.Option(help="synthetic, or real schools.")] = "synthetic",
) -> None:
    """Write register, calendar, and each school's uploads of May and August, in both forms."""
    wales = build_wales(seed=seed, size=Size(learners=learners), source=register)
    folder.mkdir(parents=True, exist_ok=True)
    models = {"register": wales.register(), "calendar": shipped_calendar("2022")}
    for name, model in models.items():
        text = yaml.safe_dump(model.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text)
    for roll in wales.rolls.values():
        _write(folder / "may", roll, "2021-22", MAY)
    for roll in roll_over(wales).rolls.values():
        _write(folder / "august", roll, "2022-23", AUGUST)
    typer.echo(f"{len(wales.rolls)} schools, {wales.learner_count:,} learners: {folder}")


def _write(folder: Path, roll: Roll, academic_year: str, at: datetime) -> None:
    folder.mkdir(exist_ok=True)
    snapshot = roll.snapshot(academic_year, at)
    (folder / f"{roll.plan.number}.zip").write_bytes(oneroster_zip(snapshot))
    (folder / f"{roll.plan.number}.jsonl").write_bytes(json_lines(snapshot))


def main() -> None:
    """The entry point of the installed script."""
    app()


if __name__ == "__main__":
    main()
