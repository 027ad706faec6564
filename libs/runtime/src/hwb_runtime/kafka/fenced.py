"""A producer that the broker refuses once a later leader of the same service has begun.

On a compacted topic the last record of a key is what a new subscriber believes, so a leader that
was paused or cut off must not write any more when another has gone on (docs/adr/0010). Kafka keeps
that promise for transactional producers alone: beginning under the same transactional id ends every
earlier one's right to write.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from hwb_runtime.errors import TransientError

log = structlog.get_logger("hwb_runtime.fenced")

BEGIN_SECONDS = 120
"""How long a broker that is not ready for transactions yet is asked again before it is a failure.

One that was just started under load needs longer than ``COMMIT_SECONDS`` to load its coordinator.
"""

LONGEST_PAUSE_SECONDS = 5
COMMIT_SECONDS = 40
TRANSACTION_SECONDS = 60
_OVERTAKEN = frozenset(
    {KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}  # noqa: SLF001
)


class DeliveryError(TransientError):
    """The broker did not take an event. The relay starts again at the first event not confirmed."""


class OvertakenError(Exception):
    """Another worker leads this service by now: this one was paused or cut off, and must end.

    Nothing is to be done: the broker took none of its late events, and it is started again.
    """


class FencedProducer:
    """Sends batches, each whole or not at all; every call blocks.

    Its owner must hold the service's leadership when it is made, and read what it sends afterwards:
    whoever leads later makes a later one, which the broker lets write in place of this.
    """

    def __init__(self, service: str, settings: Mapping[str, Any]) -> None:
        self._producer = Producer(
            {
                **settings,
                "transactional.id": f"hwb-{service}",
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
            }
        )
        self._begin(time.monotonic() + BEGIN_SECONDS)

    def _begin(self, deadline: float) -> None:
        failures = 0
        while True:
            try:
                self._producer.init_transactions(COMMIT_SECONDS)
            except KafkaException as error:
                fault: KafkaError = error.args[0]
                if not fault.retriable() or time.monotonic() > deadline:
                    raise explained(error) from error
                failures += 1
                log.warning("transactions_not_ready", error=str(fault), failures=failures)
                time.sleep(min(0.5 * 2.0**failures, LONGEST_PAUSE_SECONDS))
            else:
                return

    @contextmanager
    def batch(self) -> Iterator[Producer]:
        """What is produced within is on the broker when the block ends.

        Raises OvertakenError where another leader has begun, and DeliveryError where the broker
        does not take all; then nothing counts, and this producer is of no use any more.
        """
        try:
            self._producer.begin_transaction()
            yield self._producer
            self._producer.commit_transaction(COMMIT_SECONDS)
        except KafkaException as error:
            raise explained(error) from error


def explained(error: KafkaException) -> DeliveryError | OvertakenError:
    """What the client's error means for a relay."""
    fault: KafkaError = error.args[0]
    return OvertakenError(str(fault)) if fault.code() in _OVERTAKEN else DeliveryError(str(fault))
