"""The ways to a broker: each makes the contract's topics, carries events and says what it is."""

import contextlib
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from hwb_rehearsal.broker import Broker, BrokerError, TopicSpec, contract_topics, start_broker
from hwb_rehearsal.broker.docker import why_not_docker
from hwb_rehearsal.broker.java import why_not_java
from hwb_rehearsal.broker.version import release_of

WAYS = [
    "embedded",
    pytest.param(
        "docker",
        marks=pytest.mark.skipif(why_not_docker() is not None, reason="no Docker engine answers"),
    ),
    pytest.param(
        "java",
        marks=pytest.mark.skipif(why_not_java() is not None, reason="no JDK 17 with Maven here"),
    ),
]


def quiet(_: str) -> None:
    """Lines for people have no reader in a test."""


@pytest.mark.parametrize("way", WAYS)
def test_a_broker_makes_the_contracts_topics_and_carries_events(way: str) -> None:
    with start_broker(way, say=quiet) as broker:
        assert broker.kind == way
        assert broker.is_real == (way != "embedded")
        broker.make_topics(contract_topics())
        listed = AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=10).topics
        assert len(listed["hwb.identity.accounts"].partitions) == 12
        assert len(listed["hwb.mis.runs"].partitions) == 3
        assert read_back(broker, b"one event") == b"one event"


def read_back(broker: Broker, value: bytes) -> bytes | None:
    producer = Producer({"bootstrap.servers": broker.address})
    producer.produce("hwb.mis.runs", value, key=b"school")
    assert producer.flush(20) == 0
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "test",
            "auto.offset.reset": "earliest",
        }
    )
    with contextlib.closing(consumer):
        consumer.subscribe(["hwb.mis.runs"])
        message = consumer.poll(20)
    assert message is not None
    return message.value()


def test_the_line_for_people_says_which_broker_why_and_what_it_is() -> None:
    said: list[str] = []
    with start_broker("embedded", say=said.append) as broker:
        assert said == [broker.line]
    assert "HWB_KAFKA=embedded" in said[0]
    assert "built-in" in said[0]


def test_a_running_broker_is_taken_by_its_address() -> None:
    with (
        start_broker("embedded", say=quiet) as running,
        start_broker(running.address, say=quiet) as named,
    ):
        assert named.kind == "address"
        assert named.address == running.address
        assert not named.is_real


def test_what_cannot_be_had_is_refused_with_the_reason() -> None:
    with pytest.raises(BrokerError, match="none of docker, java, embedded"), start_broker("kafka"):
        pass
    with pytest.raises(BrokerError, match="No broker answers"), start_broker("127.0.0.1:1"):
        pass


def test_topics_that_are_there_already_are_refused(broker: Broker) -> None:
    if not broker.is_real:
        return  # librdkafka's broker makes a topic twice without a word
    topic = TopicSpec(name="hwb.test.twice", partitions=1)
    broker.make_topics([topic])
    with pytest.raises(BrokerError, match="already has the topic"):
        broker.make_topics([topic])
    broker.delete_topics([topic.name])
    broker.make_topics([topic])
    broker.delete_topics([topic.name])


def test_a_release_is_told_by_its_metadata_version() -> None:
    assert release_of({}) == "built-in"
    assert release_of({"metadata.version": 21}) == "3.9"
    assert release_of({"metadata.version": 25, "kraft.version": 1}) == "4.0"
    assert release_of({"metadata.version": 33}) == "4.4"


def test_a_broker_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    script = tmp_path / "starter.py"
    script.write_text(
        "import os, psutil, signal\n"
        "from hwb_rehearsal.broker import start_broker\n"
        "with start_broker('embedded', say=lambda _: None):\n"
        "    print(psutil.Process().children()[0].pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == -9
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(ended.stdout)).wait(10)
