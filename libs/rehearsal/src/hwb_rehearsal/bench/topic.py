"""Loads ``hwb.mis.changes`` and listens to ``hwb.identity.accounts``, without any service."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from hwb_rehearsal.bench.changes import ChangeEvent

CHANGES = "hwb.mis.changes"
ACCOUNTS = "hwb.identity.accounts"
PARTITIONS = 12
FLUSH_SECONDS = 120
ASK_SECONDS = 10.0


class LoadError(Exception):
    """The broker did not take the benchmark's events; see its log and run the benchmark again."""


def load_changes(address: str, events: Sequence[ChangeEvent], *, at: datetime) -> None:
    """Put events on ``hwb.mis.changes`` as the relay of mis-ingest would, and wait for them."""
    producer = Producer(
        {
            "bootstrap.servers": address,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "enable.idempotence": True,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    headers: dict[str, str | bytes | None] = {
        "ce_specversion": b"1.0",
        "ce_source": b"/hwb/mis-ingest",
        "ce_type": b"wales.hwb.mis-ingest.record.changed.v1",
        "ce_time": at.isoformat().encode(),
        "content-type": b"application/json",
        "traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    failures: list[str] = []

    def reported(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failures.append(str(error))

    batch = uuid4().hex
    for number, event in enumerate(events):
        producer.produce(
            CHANGES,
            key=event.key,
            value=event.value,
            headers={**headers, "ce_id": f"{batch}-{number}".encode()},
            on_delivery=reported,
        )
        producer.poll(0)
    left = producer.flush(FLUSH_SECONDS)
    if left or failures:
        message = f"{left} events not delivered, {len(failures)} refused: {failures[:1]}"
        raise LoadError(message)


def ends_of(address: str, topic: str) -> dict[int, int]:
    """The next offset of every partition."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "bench-ends"})
    with contextlib.closing(consumer):
        ends = {}
        for partition in range(PARTITIONS):
            marks = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=ASK_SECONDS
            )
            if marks is None:
                message = f"the broker does not tell the end of {topic}[{partition}]"
                raise LoadError(message)
            ends[partition] = marks[1]
        return ends


class AccountWatch:
    """An independent consumer of ``hwb.identity.accounts`` that notes when the last event came."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._positions = ends_of(address, ACCOUNTS)
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self.events = 0
        self.last_at = time.monotonic()

    @contextlib.contextmanager
    def listening(self) -> Iterator["AccountWatch"]:
        """Listen from the topic's present end until the block is left."""
        thread = threading.Thread(target=self._listen, name="account watch")
        thread.start()
        self._ready.wait(ASK_SECONDS)
        try:
            yield self
        finally:
            self._stopping.set()
            thread.join()

    def has_seen_all(self) -> bool:
        """Whether it is at the topic's end; ask only when nobody writes any longer."""
        return self._positions == ends_of(self._address, ACCOUNTS)

    def _listen(self) -> None:
        consumer = Consumer(
            {
                "bootstrap.servers": self._address,
                "group.id": "bench-accounts",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "isolation.level": "read_uncommitted",
            }
        )
        with contextlib.closing(consumer):
            consumer.assign([TopicPartition(ACCOUNTS, *place) for place in self._positions.items()])
            self._ready.set()
            while not self._stopping.is_set():
                messages = consumer.consume(2000, 0.1)
                for message in messages:
                    if (error := message.error()) is not None:
                        raise KafkaException(error)
                    partition, offset = message.partition(), message.offset()
                    if partition is not None and offset is not None:
                        self._positions[partition] = offset + 1
                if messages:
                    self.events += len(messages)
                    self.last_at = time.monotonic()
