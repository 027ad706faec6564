"""An independent reader of topics: what subscribers would see, from the first record on."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

BATCH = 2000
WAIT_SECONDS = 0.05
METADATA_SECONDS = 10.0
QUIET = logging.getLogger("hwb_rehearsal.librdkafka")
"""The broker ends before its readers do; that they notice is nothing to tell anybody."""
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic; ``value`` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    type: str
    id: str
    value: dict[str, Any] | None


class TopicEnds:
    """How far topics reach, in the broker's word; asked apart from fetches, as those delay it."""

    def __init__(self, address: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": address}, logger=QUIET)
        self._partitions: dict[str, list[int]] = {}

    def partitions(self, topic: str) -> list[int]:
        """The partitions of a topic."""
        if topic not in self._partitions:
            found = self._admin.list_topics(topic, timeout=METADATA_SECONDS).topics[topic]
            self._partitions[topic] = sorted(found.partitions)
        return self._partitions[topic]

    def of(self, topic: str) -> dict[int, int]:
        """The next offset of each partition."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call] # the library's own gap
        asked = {TopicPartition(topic, number): latest for number in self.partitions(topic)}
        answers = self._admin.list_offsets(asked, request_timeout=METADATA_SECONDS)
        return {
            place.partition: answer.result(METADATA_SECONDS).offset
            for place, answer in answers.items()
        }


class TopicFeed:
    """Gives every record of some topics to ``take``, in a thread of its own, until stopped.

    It joins no group and commits nothing. ``failure`` is what ended it, where something did.
    """

    def __init__(self, address: str, topics: Sequence[str], take: Callable[[Record], None]) -> None:
        self._take = take
        self._topics = topics
        self._ends = TopicEnds(address)
        self._consumer = Consumer(
            {
                "bootstrap.servers": address,
                "group.id": "rehearsal-reader",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "queued.max.messages.kbytes": 16384,
            },
            logger=QUIET,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="topic-feed", daemon=True)
        self._next: dict[tuple[str, int], int] = {}
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin at each partition's first record."""
        for topic in self._topics:
            self._next |= {(topic, number): 0 for number in self._ends.partitions(topic)}
        self._consumer.assign(
            [TopicPartition(*where, OFFSET_BEGINNING) for where in sorted(self._next)]
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread and let go of the broker."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._consumer.close()

    def has_read_everything(self) -> bool:
        """Whether nothing that the broker has is unread."""
        return all(
            self._next[topic, partition] >= end
            for topic in self._topics
            for partition, end in self._ends.of(topic).items()
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for message in self._consumer.consume(BATCH, WAIT_SECONDS):
                    if (error := message.error()) is not None:
                        raise KafkaException(error)  # noqa: TRY301 - it ends the feed like others
                    record = _record(message)
                    self._take(record)
                    self._next[record.topic, record.partition] = record.offset + 1
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the feed
            self.failure = error


def _record(message: Any) -> Record:
    headers = {name: value or b"" for name, value in message.headers() or ()}
    value = message.value()
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=(message.key() or b"").decode(),
        type=headers.get("ce_type", b"").decode(),
        id=headers.get("ce_id", b"").decode(),
        value=orjson.loads(value) if value else None,
    )
