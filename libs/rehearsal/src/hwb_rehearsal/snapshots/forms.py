"""The two forms of an upload, and where in them a user's row stands."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator

import orjson

from hwb_rehearsal.snapshots import tables
from hwb_rehearsal.world.rows import Snapshot

TABLES: tuple[tuple[str, str, tuple[str, ...], Callable[[Snapshot], Iterator[tables.Row]]], ...] = (
    ("orgs", "org", tables.ORGS, tables.orgs),
    ("academicSessions", "academicSession", tables.SESSIONS, tables.sessions),
    ("users", "user", tables.USERS, tables.users),
    ("classes", "class", tables.CLASSES, tables.classes),
    ("enrollments", "enrollment", tables.ENROLMENTS, tables.enrolments),
    ("demographics", "demographics", tables.DEMOGRAPHICS, tables.demographics),
)
_ABSENT = (
    *("categories", "classResources", "courseResources", "courses", "lineItems"),
    *("resources", "results"),
)
_SAME_MOMENT = (2022, 1, 1, 0, 0, 0)  # a zip with the time in it would differ each time it is made


def oneroster_zip(snapshot: Snapshot) -> bytes:
    """The snapshot as a zip of CSV files in OneRoster 1.1 layout."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as folder:
        _write(folder, "manifest.csv", ("propertyName", "value"), _manifest())
        for name, _, columns, rows in TABLES:
            _write(folder, f"{name}.csv", columns, rows(snapshot))
    return packed.getvalue()


def _manifest() -> Iterator[tables.Row]:
    yield ("manifest.version", "1.0")
    yield ("oneroster.version", "1.1")
    yield from ((f"file.{name}", "bulk") for name, *_ in TABLES)
    yield from ((f"file.{name}", "absent") for name in _ABSENT)


def _write(
    folder: zipfile.ZipFile, name: str, columns: tuple[str, ...], rows: Iterator[tables.Row]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    entry = zipfile.ZipInfo(name, _SAME_MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    folder.writestr(entry, text.getvalue().encode())


def json_lines(snapshot: Snapshot) -> bytes:
    """The snapshot as JSON lines; blank values are left out.

    ``type`` says which table a row is of, so the columns of that name are left out too.
    """
    lines = [orjson.dumps({"type": "manifest", "version": "1.1"})]
    for _, kind, columns, rows in TABLES:
        for row in rows(snapshot):
            values = zip(columns, row, strict=True)
            filled = {column: value for column, value in values if value and column != "type"}
            lines.append(orjson.dumps({"type": kind, **filled}))
    lines.append(orjson.dumps({"type": "end", "lines": len(lines)}))
    return b"\n".join(lines) + b"\n"


def line_of_user(snapshot: Snapshot, local_id: str, *, form: str) -> tuple[str, int]:
    """The file and line on which a user stands: ``form`` is ``zip`` or ``jsonl``."""
    ids = [
        *(row.local_id for row in snapshot.learners),
        *(row.local_id for row in snapshot.staff),
    ]
    index = ids.index(local_id)
    if form == "zip":
        return "users.csv", index + 2
    return "jsonl", index + 4
