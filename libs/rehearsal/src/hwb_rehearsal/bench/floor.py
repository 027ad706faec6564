"""The floor: librdkafka consume and COPY of the same rows into a bare table, nothing else.

A process of its own, as identity is: it connects, has its first records in hand, says ``ready``,
waits for a line, and says in JSON when it began and ended.
"""

import contextlib
import json
import sys
import time
from typing import Annotated

import psycopg
import typer
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from hwb_rehearsal.bench.topic import CHANGES

ROWS_A_COPY = 1000
WAIT_SECONDS = 30.0


def run_floor(*, kafka: str, database_url: str, starts: dict[int, int], records: int) -> None:
    """Copy so many records from these offsets on."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "bench-floor",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
        }
    )
    with contextlib.closing(consumer), psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE bare (key text, value text)")
        connection.commit()
        consumer.assign([TopicPartition(CHANGES, *place) for place in starts.items()])
        batch = consumer.consume(1, WAIT_SECONDS)
        print("ready", flush=True)  # noqa: T201 - its interface
        sys.stdin.readline()
        started = time.monotonic()
        done = 0
        while done < records:
            batch += consumer.consume(ROWS_A_COPY - len(batch), WAIT_SECONDS)
            _copy(connection, batch)
            done += len(batch)
            batch = []
        ended = time.monotonic()
    print(json.dumps({"records": done, "started": started, "ended": ended}), flush=True)  # noqa: T201


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", batch: list[Message]) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY bare (key, value) FROM STDIN") as copy:
        for message in batch:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            copy.write_row((message.key(), message.value()))
    connection.commit()


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
