"""A broker that has not loaded its transaction coordinator yet is asked again for a while."""

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError

from hwb_rehearsal.broker.embedded import ERROR_BYTES, RD_KAFKA_PRODUCER, load_librdkafka
from hwb_runtime.kafka import fenced
from hwb_runtime.kafka.fenced import DeliveryError, FencedProducer

INIT_PRODUCER_ID = 22
BROKER_ASKED_EVERY_SECONDS = 0.5
"""librdkafka's own pause between two questions."""


class NotReady:
    """librdkafka's built-in broker in this process, which can be told how to answer."""

    def __init__(self) -> None:
        self._library: Any = load_librdkafka()
        reason = ctypes.create_string_buffer(ERROR_BYTES)
        settings = self._library.rd_kafka_conf_new()
        self._client = ctypes.c_void_p(
            self._library.rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason, ERROR_BYTES)
        )
        self._cluster = ctypes.c_void_p(self._library.rd_kafka_mock_cluster_new(self._client, 1))
        self.address = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def answers(self, code: int, *, times: int) -> None:
        """Give the next questions for a producer id this error."""
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster,
            ctypes.c_int16(INIT_PRODUCER_ID),
            ctypes.c_size_t(times),
            (ctypes.c_int * times)(*[code] * times),
        )

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)


@pytest.fixture
def not_ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotReady]:
    monkeypatch.setattr(fenced, "COMMIT_SECONDS", 2 * BROKER_ASKED_EVERY_SECONDS)
    broker = NotReady()
    yield broker
    broker.close()


@pytest.fixture
def begin(not_ready: NotReady) -> Callable[[], FencedProducer]:
    return lambda: FencedProducer("identity", {"bootstrap.servers": not_ready.address})


@pytest.mark.parametrize(
    "code", [KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS]
)
def test_a_broker_that_is_not_ready_for_transactions_yet_is_asked_until_it_is(
    code: int, not_ready: NotReady, begin: Callable[[], FencedProducer]
) -> None:
    not_ready.answers(code, times=5)
    with begin().batch() as producer:
        producer.produce("states", b"a state")


def test_a_broker_that_is_never_ready_for_transactions_is_a_failure_after_a_while(
    not_ready: NotReady, begin: Callable[[], FencedProducer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fenced, "BEGIN_SECONDS", 0)
    not_ready.answers(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, times=100)
    with pytest.raises(DeliveryError, match="oordinator load in progress"):
        begin()
