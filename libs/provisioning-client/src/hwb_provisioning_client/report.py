"""Shows the result of a push: to people as tables, to programs as one JSON object."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from hwb_provisioning_client.errors import ProvisioningError
from hwb_provisioning_client.push import PushResult

MOST_ROWS_SHOWN = 50


def show_result(console: Console, result: PushResult) -> None:
    """A run's counts and its rejected rows with what to do."""
    if result.status == "received":
        console.print(
            f"Hwb has the upload: run [bold]{result.run_id}[/bold]. It goes on by itself; "
            "--wait shows the result."
        )
        return
    counts, settled = result.counts, result.settled or {}
    console.print(f"Run [bold]{result.run_id}[/bold] of school {result.school} has settled.")
    table = Table("", "number", show_header=False, box=None)
    for what, number in (
        ("learners read", counts.get("learners", 0)),
        ("staff read", counts.get("staff", 0)),
        ("classes read", counts.get("classes", 0)),
        ("rows rejected", counts.get("rejected", 0)),
        ("records missing from the file", counts.get("missing", 0)),
        ("changes published", counts.get("changes", 0) - counts.get("kept_back", 0)),
        ("classes changed", counts.get("class_changes", 0)),
        ("changes applied", settled.get("applied", 0)),
        ("learners pending at another school", settled.get("pending", 0)),
        ("changes parked", settled.get("parked", 0)),
    ):
        table.add_row(what, f"{number:,}")
    console.print(table)
    if result.rejected:
        _show_rejected(console, result)
    else:
        console.print("No row was rejected.")


def _show_rejected(console: Console, result: PushResult) -> None:
    table = Table("file", "line", "field", "what to do / beth i'w wneud", title="Rejected rows")
    for row in result.rejected[:MOST_ROWS_SHOWN]:
        table.add_row(row.file, str(row.line), row.field, f"{row.what_to_do}\n{row.what_to_do_cy}")
    console.print(table)
    hidden = len(result.rejected) - MOST_ROWS_SHOWN
    if hidden > 0:
        console.print(f"... and {hidden} more; --json shows all.")
    console.print("The other rows were taken. Mend these in the MIS and push the next export.")


def show_error(console: Console, error: ProvisioningError) -> None:
    """What happened and what to do."""
    console.print(f"[bold red]{error.title}.[/bold red] {error.detail}", highlight=False)


def result_as_json(result: PushResult, *, exit_code: int) -> str:
    """The result for programs."""
    return json.dumps({"ok": exit_code == 0, "exit_code": exit_code, **asdict(result)})


def error_as_json(error: ProvisioningError) -> str:
    """A failure for programs."""
    return json.dumps(
        {
            "ok": False,
            "exit_code": error.exit_code,
            "error": {"code": error.code, "title": error.title, "detail": error.detail},
        }
    )
