"""The outbox relay: sends waiting events in order and deletes them after their delivery reports.

It runs in the leading worker alone. What it sends twice, because it died between the broker's
answer and the deletion, readers drop.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import structlog
from confluent_kafka import KafkaException, Producer

from hwb_runtime import metrics
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.database import Session
from hwb_runtime.errors import TransientError
from hwb_runtime.kafka.broker import most_unread
from hwb_runtime.outbox import Outgoing, delete_rows, oldest_rows, unpack, waiting_events
from hwb_schemas.topics import Topic

log = structlog.get_logger("hwb_runtime.relay")

BEFORE_SEND = declare_crash_point("relay_before_send", "events are read from the outbox, not sent")
AFTER_SEND = declare_crash_point("relay_after_send", "events are handed over, none is confirmed")
BEFORE_MARK = declare_crash_point("relay_before_mark", "the broker has the events, the outbox too")
AFTER_MARK = declare_crash_point("relay_after_mark", "the events are deleted from the outbox")

ROWS_AT_ONCE = 4
DELIVERY_SECONDS = 30
UNREAD_POLL_SECONDS = 0.05


class DeliveryError(TransientError):
    """The broker did not take an event. The relay starts again at the first event not confirmed."""


class OutboxRelay:
    """Sends one service's events; ``source`` is their CloudEvents source."""

    def __init__(
        self,
        address: str,
        *,
        source: str,
        topics: Sequence[Topic],
        max_unread: int | None,
    ) -> None:
        self._address = address
        self._source = source.encode()
        self._topics = {topic.name: topic for topic in topics}
        self._max_unread = max_unread
        self._producer = Producer(
            {
                "bootstrap.servers": address,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                # gzip is the one codec that aiokafka reads without another library
                "compression.type": "gzip" if max_unread else "none",
                "linger.ms": 5,
                "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
                "queue.buffering.max.messages": 200_000,
            }
        )

    async def run_once(self, leader: Session) -> bool:
        """Send the oldest rows of the outbox; False if there were none.

        Raises DeliveryError where the broker refused or did not answer; nothing is deleted then.
        """
        rows = await oldest_rows(leader, rows=ROWS_AT_ONCE)
        metrics.OUTBOX.set(await waiting_events(leader) if rows else 0)
        if not rows:
            return False
        events = [event for _, batch in rows for event in unpack(batch)]
        crash_point(BEFORE_SEND, in_hand=len(events))
        if self._max_unread is not None:
            await self._wait_for_readers({event.topic for event in events})
        await asyncio.to_thread(self._send, events)
        crash_point(BEFORE_MARK, in_hand=len(events))
        await delete_rows(leader, [number for number, _ in rows])
        crash_point(AFTER_MARK, in_hand=len(events))
        return True

    def _send(self, events: Sequence[Outgoing]) -> None:
        failures: list[str] = []
        delivered = 0

        def reported(error: Any, _: Any) -> None:
            nonlocal delivered
            delivered += 1
            if error is not None:
                failures.append(str(error))

        for event in events:
            while True:
                try:
                    self._producer.produce(
                        event.topic,
                        key=event.key,
                        value=event.value,
                        headers=cast("list[Any]", event.headers(self._source)),
                        on_delivery=reported,
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
                except KafkaException as error:
                    raise DeliveryError(str(error)) from error
        crash_point(AFTER_SEND, in_hand=len(events))
        self._producer.flush(DELIVERY_SECONDS + 5)
        if failures or delivered < len(events):
            self._producer.purge()
            reason = failures[0] if failures else "no delivery report in time"
            message = f"{len(events) - delivered + len(failures)} events not delivered: {reason}"
            raise DeliveryError(message)
        for topic, number in Counter(event.topic for event in events).items():
            metrics.RELAYED.labels(topic).inc(number)

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
