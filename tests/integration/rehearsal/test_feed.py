"""The independent reader sees every record of a topic, from the first one on."""

from uuid import uuid4

import pytest

from hwb_rehearsal.broker import Broker, TopicSpec
from hwb_rehearsal.broker.feed import Record, TopicFeed
from hwb_rehearsal.broker.records import RecordToSend, send


async def test_what_was_there_and_what_comes_later_is_read_with_its_headers(broker: Broker) -> None:
    topic = f"feed-{uuid4().hex}"
    broker.make_topics([TopicSpec(topic, partitions=3)])
    early = [
        RecordToSend(f"key-{n}", b'{"n": 1}', {"ce_id": b"id", "ce_type": b"t"}) for n in range(50)
    ]
    send(broker.address, topic, early)
    seen: list[Record] = []
    feed = TopicFeed(broker.address, [topic], seen.append)
    feed.start()
    try:
        send(broker.address, topic, [RecordToSend("key-1", None)])
        while not feed.has_read_everything():
            assert feed.failure is None
    finally:
        feed.stop()
    assert len(seen) == 51
    assert {(record.type, record.id) for record in seen if record.value} == {("t", "id")}
    assert [record.key for record in seen if record.value is None] == ["key-1"]


async def test_what_ends_the_feed_is_told(broker: Broker) -> None:
    topic = f"feed-{uuid4().hex}"
    broker.make_topics([TopicSpec(topic, partitions=1)])
    send(broker.address, topic, [RecordToSend("key", b"{}")])

    def refuse(_: Record) -> None:
        raise ValueError("this record is not understood")

    feed = TopicFeed(broker.address, [topic], refuse)
    feed.start()
    try:
        while feed.failure is None:
            assert not feed.has_read_everything()
    finally:
        feed.stop()
    with pytest.raises(ValueError, match="not understood"):
        raise feed.failure
