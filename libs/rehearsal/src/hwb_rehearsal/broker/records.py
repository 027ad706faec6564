"""Loads topics, watches their ends and asks for positions, without any service."""

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin._listoffsets import OffsetSpec

from hwb_rehearsal.broker.admin import admin_of
from hwb_rehearsal.broker.errors import BrokerError

ASK_SECONDS = 10.0
FLUSH_SECONDS = 120.0
READ_AT_ONCE = 2000
IDLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class RecordToSend:
    """A record to be sent. ``value`` is None for a tombstone; headers are CloudEvents' ``ce_…``."""

    key: str
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)


def ends_of(address: str, topic: str) -> dict[int, int]:
    """The next offset of every partition of a topic."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "hwb-rehearsal"})
    with contextlib.closing(consumer):
        listed = consumer.list_topics(topic, timeout=ASK_SECONDS).topics[topic]
        if listed.error is not None:
            message = f"the broker does not know {topic}: {listed.error}"
            raise BrokerError(message)
        return {
            partition: _end(consumer, TopicPartition(topic, partition))
            for partition in sorted(listed.partitions)
        }


def send(address: str, topic: str, records: Sequence[RecordToSend]) -> None:
    """Put records on a topic as the services' relays do, and wait until the broker has them.

    Raises BrokerError if it does not take them all.
    """
    producer = Producer(
        {
            "bootstrap.servers": address,
            "partitioner": "murmur2_random",
            "compression.type": "none",  # as the relay: aiokafka has no lz4 of its own
            "enable.idempotence": True,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    failures: list[str] = []

    def reported(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failures.append(str(error))

    for record in records:
        headers: dict[str, str | bytes | None] = dict(record.headers)
        producer.produce(
            topic, key=record.key, value=record.value, headers=headers, on_delivery=reported
        )
        producer.poll(0)
    left = producer.flush(FLUSH_SECONDS)
    if left or failures:
        message = f"{topic}: {left} records not delivered, {len(failures)} refused {failures[:1]}"
        raise BrokerError(message)


def batches(
    address: str,
    topic: str,
    starts: Mapping[int, int],
    *,
    records: int,
    most: int,
    ready: Callable[[], None],
) -> Generator[list[tuple[bytes | None, bytes | None]], None, None]:
    """Keys and values of so many records from these offsets on, at most ``most`` at once.

    ``ready`` is called when it is connected and fetches.
    """
    with _assigned(address, topic, starts) as consumer:
        consumer.poll(0)
        consumer.get_watermark_offsets(TopicPartition(topic, min(starts)), timeout=ASK_SECONDS)
        ready()
        left = records
        while left > 0:
            # librdkafka waits for the whole number, so it must not ask beyond the end.
            messages = consumer.consume(min(most, left), IDLE_SECONDS)
            if not messages:
                reason = f"{topic} gave nothing for {IDLE_SECONDS:.0f} s before its end"
                raise BrokerError(reason)
            for message in messages:
                if (error := message.error()) is not None:
                    raise KafkaException(error)
            yield [(message.key(), message.value()) for message in messages]
            left -= len(messages)


def set_group_position(address: str, group: str, topic: str, starts: Mapping[int, int]) -> None:
    """Let a consumer group that is not running begin at these offsets."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": group})
    with contextlib.closing(consumer):
        places = [TopicPartition(topic, *place) for place in starts.items()]
        consumer.commit(offsets=places, asynchronous=False)


def position_after(message: Message) -> tuple[int, int]:
    """Partition and next offset after a message of a consumer with ``enable.partition.eof``.

    The end of a partition lies beyond its last record where a transaction's own mark comes last.
    Raises KafkaException for any other error.
    """
    partition, offset, error = message.partition(), message.offset(), message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
        raise KafkaException(error)
    if partition is None or offset is None:
        raise AssertionError("a message that was fetched has a place")
    return partition, offset + (error is None)


def group_lag(address: str, group: str) -> int:
    """Log ends less committed offsets of a group, over all its partitions.

    Raises BrokerError where the broker does not tell: librdkafka's built-in one.
    """
    admin = admin_of(address)
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # the library's own gap
    try:
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        committed = asked[group].result(ASK_SECONDS).topic_partitions or []
        ends = admin.list_offsets(dict.fromkeys(committed, latest))
        return sum(
            future.result(ASK_SECONDS).offset - max(place.offset, 0)
            for place, future in ends.items()
        )
    except KafkaException as error:
        message = f"The broker does not tell the position of {group}: {error}"
        raise BrokerError(message) from error


def shares_of_group(address: str, group: str, topic: str) -> list[int]:
    """How many partitions of a topic each member of a group has; empty while they are dealt out.

    Raises BrokerError where the broker does not tell: librdkafka's built-in one.
    """
    admin = admin_of(address)
    try:
        asked = admin.describe_consumer_groups([group], request_timeout=ASK_SECONDS)
        described = asked[group].result(ASK_SECONDS)
    except KafkaException as error:
        message = f"The broker does not tell who is in {group}: {error}"
        raise BrokerError(message) from error
    if described.state is not ConsumerGroupState.STABLE:
        return []
    return [
        sum(place.topic == topic for place in one.assignment.topic_partitions)
        for one in described.members
    ]


class TopicWatch:
    """An independent consumer that notes how many events came and when the last one did."""

    def __init__(self, address: str, topic: str) -> None:
        self._address = address
        self._topic = topic
        self._positions = ends_of(address, topic)
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self.events = 0
        self.last_at = time.monotonic()

    @contextlib.contextmanager
    def listening(self) -> Iterator["TopicWatch"]:
        """Listen from what was the topic's end until the block is left."""
        thread = threading.Thread(target=self._listen, name=f"watch {self._topic}")
        thread.start()
        self._ready.wait(ASK_SECONDS)
        try:
            yield self
        finally:
            self._stopping.set()
            thread.join()

    def has_seen_all(self) -> bool:
        """Whether it is at the topic's end; ask only when nobody writes any longer."""
        return self._positions == ends_of(self._address, self._topic)

    def _listen(self) -> None:
        with _assigned(self._address, self._topic, self._positions, tells_end=True) as consumer:
            self._ready.set()
            while not self._stopping.is_set():
                events = 0
                for message in consumer.consume(READ_AT_ONCE, 0.1):
                    partition, position = position_after(message)
                    self._positions[partition] = position
                    events += message.error() is None
                if events:
                    self.events += events
                    self.last_at = time.monotonic()


@contextlib.contextmanager
def _assigned(
    address: str, topic: str, starts: Mapping[int, int], *, tells_end: bool = False
) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "hwb-rehearsal",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 50,
            "enable.partition.eof": tells_end,
            # An instrument beside what it measures: it asks for few large answers.
            "fetch.min.bytes": 100_000,
        }
    )
    with contextlib.closing(consumer):
        consumer.assign([TopicPartition(topic, *place) for place in starts.items()])
        yield consumer


def _end(consumer: Consumer, place: TopicPartition) -> int:
    marks = consumer.get_watermark_offsets(place, timeout=ASK_SECONDS)
    if marks is None:
        message = f"the broker does not tell the end of {place.topic}[{place.partition}]"
        raise BrokerError(message)
    return marks[1]
