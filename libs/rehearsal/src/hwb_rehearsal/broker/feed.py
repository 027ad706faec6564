"""An independent reader of topics: what subscribers would see, from the first record on."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from hwb_rehearsal.broker.records import ends_of, position_after

BATCH = 2000
WAIT_SECONDS = 0.05


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


class TopicFeed:
    """Gives every record of some topics to ``take``, in a thread of its own, until stopped.

    It joins no group and commits nothing. ``failure`` is what ended it, where something did.
    """

    def __init__(self, address: str, topics: Sequence[str], take: Callable[[Record], None]) -> None:
        self._take = take
        self._topics = topics
        self._address = address
        self._consumer = Consumer(
            {
                "bootstrap.servers": address,
                "group.id": "rehearsal-reader",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 50,
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": 16384,
            }
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="topic-feed", daemon=True)
        self._next: dict[tuple[str, int], int] = {}
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin at each partition's first record."""
        for topic in self._topics:
            self._next |= {(topic, number): 0 for number in ends_of(self._address, topic)}
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
            for partition, end in ends_of(self._address, topic).items()
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for message in self._consumer.consume(BATCH, WAIT_SECONDS):
                    partition, position = position_after(message)
                    if message.error() is None:
                        self._take(_record(message))
                    self._next[message.topic() or "", partition] = position
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
