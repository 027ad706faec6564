"""Shows previews and the provisioning status to people."""

from typing import Any

from rich.console import Console
from rich.table import Table

MOST_SHOWN = 20
_RESULTS = {
    "never_run": "This school has never sent anything.",
    "in_progress": "The newest upload is being worked on. Nothing to do.",
    "done": "The newest upload was taken whole. Nothing to do.",
    "rows_rejected": "The newest upload was taken; some rows were rejected. Mend them in the MIS.",
    "held": "Part of the newest upload is held. The school's Digital Champion looks at the list "
    "and approves or discards it.",
    "waiting": "The newest upload waits after a rollback, until somebody approves it.",
    "refused": "The newest upload was refused; nothing was changed. Export and push again.",
    "discarded": "The newest upload was discarded. Correct the MIS and push again.",
    "rolled_back": "The newest upload was rolled back. Correct the MIS and push again.",
    "unknown": "Hwb does not know this school, or it is not yours.",
}


def show_preview(console: Console, preview: dict[str, Any]) -> None:
    """Counts, what is held, and the first of the changes."""
    counts = preview["counts"]
    console.print(f"What a run would do now for school {preview['school']}; nothing was done.")
    table = Table("", "number", show_header=False, box=None)
    for what, name in (
        ("learners read", "learners"),
        ("staff read", "staff"),
        ("classes read", "classes"),
        ("rows rejected", "rejected"),
        ("records missing from the file", "missing"),
        ("changes to publish", "changes"),
        ("classes to change", "class_changes"),
        ("rows to hold", "held"),
    ):
        table.add_row(what, f"{counts.get(name, 0):,}")
    console.print(table)
    for line in preview["rejected_fields"][:MOST_SHOWN]:
        console.print(f"rejected: {line}", highlight=False, markup=False)
    if preview["held"]:
        why = {(row["why"], row["why_cy"]) for row in preview["held"]}
        for english, welsh in sorted(why):
            console.print(f"held: {english}\n      {welsh}", highlight=False, markup=False)
    console.print("Accounts are not part of the preview: they depend on other schools, too.")


def show_status(console: Console, status: dict[str, Any]) -> None:
    """Last Run, result, and what to do."""
    console.print(_RESULTS.get(status["result"], f"Result: {status['result']}"), markup=False)
    last = status.get("last_run")
    if last is None:
        console.print("Last Run: none has settled yet.")
        return
    week = "in" if status["in_run_week"] else "outside"
    console.print(
        f"Last Run: received {last['received_at']}, {status['age_hours']} hours ago, {week} the "
        "run week.",
        highlight=False,
    )
    work = status.get("end_of_year_work")
    if work is not None:
        done = "looks done" if work["looks_done"] else "does not look done"
        console.print(
            f"End-of-year work {done}: {work['learners_moved_up']} of "
            f"{work['learners_below_top']} learners have moved up; "
            f"{work['top_year_without_leaving_date']} of the top year have no leaving date."
        )
