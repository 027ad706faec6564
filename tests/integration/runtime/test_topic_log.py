"""A topic is read from its first record to its end, whatever lies at its end."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import Producer

from hwb_rehearsal.broker import Broker
from hwb_rehearsal.broker.topics import TopicSpec
from hwb_runtime.topic_log import BrokerGoneError, LoggedRecord, TopicLog


@pytest.fixture
def topic(broker: Broker) -> Iterator[str]:
    name = f"log.{uuid4().hex}"
    broker.make_topics([TopicSpec(name, 3, {"cleanup.policy": "compact"})])
    yield name
    broker.delete_topics([name])


async def read(broker: Broker, topic: str) -> list[LoggedRecord]:
    found: list[LoggedRecord] = []
    async for records in TopicLog(broker.address).records(topic):
        found += records
    return found


async def test_all_records_are_read_with_tombstones_and_what_transactions_committed(
    broker: Broker, topic: str
) -> None:
    producer = Producer({"bootstrap.servers": broker.address, "transactional.id": topic})
    producer.init_transactions(30)
    for number in range(3):
        producer.begin_transaction()
        for key in ("a", "b", "c", "d"):
            value = None if (key, number) == ("b", 2) else f"{key}{number}".encode()
            producer.produce(topic, key=key, value=value)
        producer.commit_transaction(30)
    found = await read(broker, topic)
    assert len(found) == 12
    assert dict(found) == {"a": b"a2", "b": None, "c": b"c2", "d": b"d2"}
    again = await read(broker, topic)
    assert (len(again), dict(again)) == (12, dict(found)), "reading moves nobody's position"


async def test_an_empty_topic_ends_at_once(broker: Broker, topic: str) -> None:
    assert await read(broker, topic) == []


async def test_a_broker_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hwb_runtime.topic_log.ANSWER_SECONDS", 0.5)
    with pytest.raises(BrokerGoneError):
        async for _ in TopicLog("127.0.0.1:1").records("hwb.identity.accounts"):
            pass
