"""What a topic holds, read from its first record to its end, for comparing it with a database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from hwb_runtime.errors import TransientError

ANSWER_SECONDS = 15.0
READ_AT_ONCE = 5000
SILENCE_SECONDS = 30.0


class BrokerGoneError(TransientError):
    """The broker does not answer, so its topics cannot be read: is it up, and the address right?"""


class LoggedRecord(NamedTuple):
    """One record; ``value`` is None for a tombstone."""

    key: str
    value: bytes | None


class TopicLog:
    """Reads whole topics without joining a group: nobody's position changes."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def records(self, topic: str) -> AsyncIterator[Sequence[LoggedRecord]]:
        """All records that are committed by now, in the order of each key, some thousand at once.

        Raises BrokerGoneError.
        """
        consumer = Consumer(
            {
                "bootstrap.servers": self._address,
                "group.id": f"hwb-log-{uuid4().hex}",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
            }
        )
        try:
            unread = await asyncio.to_thread(_assign_all, consumer, topic)
            while unread:
                messages = await asyncio.to_thread(_consume, consumer)
                unread -= {message.partition() for message in messages if message.error()}
                yield [
                    LoggedRecord((message.key() or b"").decode(), message.value())
                    for message in messages
                    if not message.error()
                ]
        except KafkaException as error:
            raise BrokerGoneError(str(error)) from error
        finally:
            consumer.close()


def _assign_all(consumer: Consumer, topic: str) -> set[int]:
    listed = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
    if listed.error is not None:
        raise KafkaException(listed.error)
    consumer.assign(
        [TopicPartition(topic, number, OFFSET_BEGINNING) for number in listed.partitions]
    )
    return set(listed.partitions)


def _consume(consumer: Consumer) -> list[Any]:
    messages = consumer.consume(READ_AT_ONCE, 1.0)
    for _ in range(int(SILENCE_SECONDS)):
        if messages:
            break
        messages = consumer.consume(READ_AT_ONCE, 1.0)
    if not messages:
        raise BrokerGoneError("the broker gives neither records nor the end of the topic")
    for message in messages:
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name
            raise KafkaException(error)
    return messages
