"""The subscriber of docs/how-to/subscribe.md, run as it stands there against a real topic."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from confluent_kafka import Producer
from tests.support.examples import example_of

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
