"""The subscriber of docs/how-to/subscribe.md, run as it stands there against a real topic."""

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from tests.support.examples import example_of
from tests.support.waiting import until

from hwb_rehearsal.broker import Broker
from hwb_rehearsal.broker.topics import TopicSpec

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/how-to/subscribe.md"
EXAMPLE = "wales.hwb.identity.account.matched.v1"


def subscriber_on(topic: str, folder: Path) -> Path:
    """The page's program, on a topic of this test's own."""
    program = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
    assert len(program.strip().splitlines()) <= 50
    path = folder / "subscriber.py"
    path.write_text(program.replace('"hwb.identity.accounts"', repr(topic)))
    return path


def account_event(account: str, *, version: int, status: str = "active") -> bytes:
    value = example_of(EXAMPLE)["value"]
    value["version"] = version
    value["account"] |= {"account_id": account, "status": status}
    return json.dumps(value).encode()


def publish(address: str, topic: str, events: list[tuple[str, bytes | None]]) -> None:
    producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random"})
    for key, value in events:
        producer.produce(topic, key=key, value=value)
    assert producer.flush(30) == 0


@contextmanager
def running(program: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(program), address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - the page's own
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], line: str) -> list[str]:
    """What it printed up to this line; the test's own time limit ends a wait that never ends."""
    assert process.stdout is not None
    printed: list[str] = []
    for told in process.stdout:
        printed.append(told.strip())
        if printed[-1] == line:
            return printed
    raise AssertionError(printed)


def test_the_subscriber_of_the_page_knows_everybody_and_goes_on_living(
    broker: Broker, tmp_path: Path
) -> None:
    topic = f"subscribe.{uuid4().hex}"
    compacted = {"cleanup.policy": "compact"}
    broker.make_topics([TopicSpec(name=topic, partitions=12, config=compacted)])
    publish(
        broker.address,
        topic,
        [
            *((f"a-{number}", account_event(f"a-{number}", version=1)) for number in range(100)),
            ("a-1", account_event("a-1", version=2, status="inactive")),
            ("a-1", account_event("a-1", version=1)),
            ("a-2", None),
        ],
    )
    with running(subscriber_on(topic, tmp_path), broker.address) as process:
        read_until(process, "99 accounts, 98 active")
        publish(
            broker.address,
            topic,
            [
                ("a-1", account_event("a-1", version=3)),
                ("a-3", account_event("a-3", version=2, status="inactive")),
                ("a-3", account_event("a-3", version=2, status="active")),
                ("a-new", account_event("a-new", version=1)),
            ],
        )
        read_until(process, "100 accounts, 99 active")
    broker.delete_topics([topic])


def records_on(address: str, topic: str) -> list[tuple[str, int | None]]:
    """Key and version (None: a tombstone) of every record that the broker still has."""
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": uuid4().hex, "enable.partition.eof": True}
    )
    found = []
    with closing(consumer):
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while (message := consumer.poll(30)) is not None and not message.error():
            value = message.value()
            key = (message.key() or b"").decode()
            found.append((key, json.loads(value)["version"] if value else None))
    return found


async def compact(address: str, topic: str) -> list[tuple[str, int | None]]:
    """Write until the broker has cleaned what lies before; gives what is left of it."""
    fillers = itertools.count(1)

    def cleaned() -> list[tuple[str, int | None]] | None:
        publish(address, topic, [("filler", account_event("filler", version=next(fillers)))])
        left = [record for record in records_on(address, topic) if record[0] != "filler"]
        return left if len(left) == len({key for key, _ in left}) else None

    left = await until(cleaned, "nothing was compacted", seconds=90, pause=0.2)
    assert left is not None
    return left


async def test_the_subscriber_of_the_page_starts_cold_on_what_compaction_has_left(
    broker: Broker, tmp_path: Path
) -> None:
    if not broker.is_real:
        pytest.skip("librdkafka's built-in broker never compacts")
    topic = f"subscribe.{uuid4().hex}"
    settings = {
        "cleanup.policy": "compact",
        "segment.ms": "100",
        "min.cleanable.dirty.ratio": "0.001",
        "delete.retention.ms": str(31 * 24 * 60 * 60 * 1000),
    }
    broker.make_topics([TopicSpec(name=topic, partitions=1, config=settings)])
    publish(
        broker.address,
        topic,
        [
            *(("a-1", account_event("a-1", version=number)) for number in range(1, 6)),
            ("a-2", account_event("a-2", version=1)),
            ("a-3", account_event("a-3", version=1)),
            ("a-1", account_event("a-1", version=6, status="inactive")),
            ("a-2", None),
        ],
    )
    assert sorted(await compact(broker.address, topic)) == [("a-1", 6), ("a-2", None), ("a-3", 1)]
    with running(subscriber_on(topic, tmp_path), broker.address) as process:
        read_until(process, "3 accounts, 2 active")
        publish(
            broker.address,
            topic,
            [("a-1", account_event("a-1", version=7)), ("a-3", None), ("filler", None)],
        )
        read_until(process, "1 accounts, 1 active")
    broker.delete_topics([topic])
