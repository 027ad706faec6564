"""The outbox relay: sends waiting events in order and deletes them after their delivery reports.

It runs in the leading worker alone. What it sends twice, because it died between the broker's
answer and the deletion, readers drop. Events of compacted topics go through a fenced producer, so
that a leader which wakes too late leaves no older state behind.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaException, Producer

from hwb_runtime import metrics
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import Session
from hwb_runtime.kafka.broker import most_unread
from hwb_runtime.kafka.fenced import DeliveryError, FencedProducer, explained
from hwb_runtime.outbox import Outgoing, delete_rows, oldest_rows, unpack, waiting_events
from hwb_schemas.topics import Topic

BEFORE_SEND = declare_crash_point("relay_before_send", "events are read from the outbox, not sent")
AFTER_SEND = declare_crash_point("relay_after_send", "events are handed over, none is confirmed")
BEFORE_MARK = declare_crash_point("relay_before_mark", "the broker has the events, the outbox too")
AFTER_MARK = declare_crash_point("relay_after_mark", "the events are deleted from the outbox")

EVENTS_AT_ONCE = 4000
DELIVERY_SECONDS = 30
UNREAD_POLL_SECONDS = 0.05


class OutboxRelay:
    """Sends one service's events while it leads; their CloudEvents source is ``/hwb/<service>``."""

    def __init__(
        self,
        address: str,
        *,
        service: str,
        topics: Sequence[Topic],
        max_unread: int | None,
    ) -> None:
        self._address = address
        self._service = service
        self._source = f"/hwb/{service}".encode()
        self._topics = {topic.name: topic for topic in topics}
        # The built-in broker fences nobody, and gives every batch after the first transaction a
        # checksum that readers refuse: there all is sent plainly.
        compacted = [topic for topic in topics if topic.compacted and max_unread is None]
        self._compacted = {topic.name for topic in compacted}
        self._max_unread = max_unread
        self._settings = {
            "bootstrap.servers": address,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            # gzip is the one codec that aiokafka reads without another library
            "compression.type": "gzip" if max_unread else "none",
            "linger.ms": 5,
            "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
            "queue.buffering.max.messages": 200_000,
        }
        self._plain = Producer(self._settings)
        self._fenced: FencedProducer | None = None
        self._is_fenced = any(service in topic.producers for topic in compacted)

    async def run_once(self, leader: Session) -> int:
        """Send the oldest rows of the outbox, about ``EVENTS_AT_ONCE``; gives the events' number.

        Raises DeliveryError where the broker refused or did not answer; nothing is deleted then.
        Raises OvertakenError where another worker has led since.
        """
        # First the fence, then the rows, over the session that holds the lock: so nobody who was
        # overtaken can have read anything that it may still send.
        if self._fenced is None and self._is_fenced:
            self._fenced = await asyncio.to_thread(FencedProducer, self._service, self._settings)
        rows = await oldest_rows(leader, events=EVENTS_AT_ONCE)
        metrics.OUTBOX.set(await waiting_events(leader) if rows else 0)
        if not rows:
            return 0
        events = [event for _, batch in rows for event in unpack(batch)]
        crash_point(BEFORE_SEND, in_hand=len(events))
        if self._max_unread is not None:
            await self._wait_for_readers({event.topic for event in events})
        await asyncio.to_thread(self._send, events)
        crash_point(BEFORE_MARK, in_hand=len(events))
        await delete_rows(leader, [number for number, _ in rows])
        crash_point(AFTER_MARK, in_hand=len(events))
        return len(events)

    def _send(self, events: Sequence[Outgoing]) -> None:
        fenced = [event for event in events if event.topic in self._compacted]
        plain = [event for event in events if event.topic not in self._compacted]
        tally = _Tally()
        with self._batch_of(fenced) as producer:
            # A transaction is committed whole or not at all: nobody needs its single reports.
            self._produce(producer, fenced, None)
            self._produce(self._plain, plain, tally.reported)
            crash_point(AFTER_SEND, in_hand=len(events))
            self._plain.flush(DELIVERY_SECONDS + 5)
            if tally.failures or tally.delivered < len(plain):
                self._plain.purge()
                reason = tally.failures[0] if tally.failures else "no delivery report in time"
                message = f"not all of {len(events)} events were delivered: {reason}"
                raise DeliveryError(message)
        for topic, number in Counter(event.topic for event in events).items():
            metrics.RELAYED.labels(topic).inc(number)

    @contextmanager
    def _batch_of(self, fenced: Sequence[Outgoing]) -> Iterator[Producer]:
        """The producer of these events; a fenced one that failed is never used again."""
        if not fenced:
            yield self._plain
            return
        producer, self._fenced = self._fenced, None
        if producer is None:
            message = f"no topic file says that {self._service} writes {fenced[0].topic}"
            raise AssertionError(message)
        with producer.batch() as batch:
            yield batch
        self._fenced = producer

    def _produce(
        self, producer: Producer, events: Sequence[Outgoing], reported: Callable[..., None] | None
    ) -> None:
        for event in events:
            headers: list[Any] = event.headers(self._source)
            while True:
                try:
                    producer.produce(
                        event.topic,
                        key=event.key,
                        value=event.value,
                        headers=headers,
                        on_delivery=reported,
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
                except KafkaException as error:
                    raise explained(error) from error

    async def _wait_for_readers(self, topics: set[str]) -> None:
        """The built-in broker drops what is too much, read or not: wait until readers are near."""
        limit = self._max_unread or 0
        for name in sorted(topics):
            topic = self._topics[name]
            for consumer in topic.consumers:
                while True:
                    unread = await asyncio.to_thread(
                        most_unread, self._address, f"hwb-{consumer}", topic
                    )
                    if unread <= limit:
                        break
                    await asyncio.sleep(UNREAD_POLL_SECONDS)


class _Tally:
    """What the broker said of a batch."""

    def __init__(self) -> None:
        self.delivered = 0
        self.failures: list[str] = []

    def reported(self, error: Any, _: Any) -> None:
        """One delivery report."""
        self.delivered += 1
        if error is not None:
            self.failures.append(str(error))
