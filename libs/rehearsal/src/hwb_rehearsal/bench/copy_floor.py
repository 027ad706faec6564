"""The floor of ingest: COPY of an upload's rows into bare tables, a transaction a school.

A process of its own, as the other side is. PostgreSQL reads the CSV itself, so no row passes
through Python. It says in JSON how many rows went in in which time.
"""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg import sql

TABLES = ("orgs", "academicSessions", "users", "classes", "enrollments", "demographics")


def copy_uploads(uploads: list[Path], *, database_url: str) -> dict[str, float]:
    """COPY every upload's rows; ``{records, seconds}``."""
    with psycopg.connect(database_url) as connection:
        _make_tables(connection, uploads[0])
        records, began = 0, time.monotonic()
        for upload in uploads:
            files = zipfile.ZipFile(io.BytesIO(upload.read_bytes()))
            records += sum(_copy(connection, files, table) for table in TABLES)
            connection.commit()
        return {"records": records, "seconds": time.monotonic() - began}


def _make_tables(connection: "psycopg.Connection[tuple[object, ...]]", upload: Path) -> None:
    with zipfile.ZipFile(upload) as files:
        for table in TABLES:
            header = files.read(f"{table}.csv").decode().split("\n", 1)[0].split(",")
            columns = [sql.SQL("{} text").format(sql.Identifier(name)) for name in header]
            connection.execute(
                sql.SQL("CREATE TABLE {} ({})").format(
                    sql.Identifier(table), sql.SQL(", ").join(columns)
                )
            )
    connection.commit()


def _copy(
    connection: "psycopg.Connection[tuple[object, ...]]", files: zipfile.ZipFile, table: str
) -> int:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true)")
    with connection.cursor() as cursor:
        with cursor.copy(statement.format(sql.Identifier(table))) as copy:
            copy.write(files.read(f"{table}.csv"))
        return cursor.rowcount


def main(
    folder: Annotated[Path, typer.Option(help="uploads as zips")],
    database_url: Annotated[str, typer.Option(help="an empty database")],
) -> None:
    """COPY the uploads of this folder, by their names."""
    figures = copy_uploads(sorted(folder.glob("*.zip")), database_url=database_url)
    print(json.dumps(figures), flush=True)  # noqa: T201 - its interface


if __name__ == "__main__":
    typer.run(main)
