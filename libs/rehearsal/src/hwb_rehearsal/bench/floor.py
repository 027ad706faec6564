"""The floor: librdkafka consume and COPY of the same rows into a bare table, nothing else.

A process of its own, as identity is: it connects, says ``ready``, and says in JSON when it ended.
"""

import contextlib
import json
import time
from typing import Annotated

import psycopg
import typer

from hwb_rehearsal.bench.changes import CHANGES
from hwb_rehearsal.broker.records import batches

ROWS_A_COPY = 1000
COPY = "COPY bare (key, value) FROM STDIN"


def run_floor(*, kafka: str, database_url: str, starts: dict[int, int], records: int) -> None:
    """Copy so many records from these offsets on."""
    fetched = batches(kafka, CHANGES, starts, records=records, most=ROWS_A_COPY, ready=_say_ready)
    with contextlib.closing(fetched), psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE bare (key text, value text)")
        connection.commit()
        for batch in fetched:
            with connection.cursor() as cursor, cursor.copy(COPY) as copy:
                for row in batch:
                    copy.write_row(row)
            connection.commit()
        ended = time.monotonic()
    print(json.dumps({"records": records, "ended": ended}), flush=True)  # noqa: T201


def _say_ready() -> None:
    print("ready", flush=True)  # noqa: T201 - its interface


def main(
    kafka: Annotated[str, typer.Option(help="bootstrap address")],
    database_url: Annotated[str, typer.Option(help="an empty database")],
    starts: Annotated[str, typer.Option(help="JSON: offset by partition")],
    records: Annotated[int, typer.Option(help="how many records")],
) -> None:
    """Consume and COPY."""
    places = {int(partition): offset for partition, offset in json.loads(starts).items()}
    run_floor(kafka=kafka, database_url=database_url, starts=places, records=records)


if __name__ == "__main__":
    typer.run(main)
