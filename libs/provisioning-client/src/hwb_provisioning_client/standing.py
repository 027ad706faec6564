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


_ACCOUNT_CHANGES = {
    "created": "account made",
    "rolled_over": "moved up to the next year group",
    "matched": "account taken over from the previous school",
    "released": "account released",
    "updated": "classes or schools changed",
    "deactivated": "sign-in switched off",
    "reactivated": "sign-in switched on",
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
    _show_accounts(console, preview["accounts"])
    _show_groups(console, preview["groups"])


def _show_accounts(console: Console, accounts: dict[str, Any]) -> None:
    if not accounts["known"]:
        console.print(f"{accounts['says']}\n{accounts['says_cy']}", markup=False)
        return
    table = Table("", "number", show_header=False, box=None, title="Accounts")
    for change, number in sorted(accounts["counts"].items()):
        table.add_row(_ACCOUNT_CHANGES.get(change, change), f"{number:,}")
    for what, people in (
        ("learners who would wait for their previous school", accounts["pending"]),
        ("records in doubt, which would make a case for the Service Desk", accounts["doubtful"]),
    ):
        if people:
            table.add_row(what, f"{len(people):,}")
    console.print(table if table.row_count else "No account would change.")
    for one in accounts["changes"][:MOST_SHOWN]:
        who = one["who"]
        what = _ACCOUNT_CHANGES.get(one["change"], one["change"])
        line = f"{who['forename']} {who['surname']} ({who['local_id']}): {what}"
        console.print(line, highlight=False, markup=False)
    hidden = len(accounts["changes"]) - MOST_SHOWN
    if hidden > 0:
        console.print(f"... and {hidden} more; --json shows all.")


def _show_groups(console: Console, groups: dict[str, Any]) -> None:
    if not groups["known"]:
        console.print(f"{groups['says']}\n{groups['says_cy']}", markup=False)
        return
    if not groups["changes"]:
        console.print("No Team or Classroom would change.")
    for one in groups["changes"][:MOST_SHOWN]:
        leave = sum(1 for member in one["members"] if member["role"] is None)
        come = len(one["members"]) - leave
        line = f"{one['title']} ({one['provider']}): {come} to be members, {leave} to leave"
        console.print(line, highlight=False, markup=False)


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
