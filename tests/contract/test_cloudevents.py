"""What the relay sends is CloudEvents 1.0 in Kafka's binary mode: their own library reads it."""

import json
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from schemas.tools.event_types import all_event_types
from tests.support.examples import example_of

from hwb_runtime.outbox import Outgoing

TYPES = all_event_types()


def outgoing(told: dict[str, Any]) -> Outgoing:
    headers = told["headers"]
    return Outgoing(
        topic=told["topic"],
        key=told["key"],
        type=headers["ce_type"],
        id=headers["ce_id"],
        time=headers["ce_time"],
        traceparent=headers["traceparent"],
        value=json.dumps(told["value"]),
    )


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_the_relays_headers_are_those_of_the_example(event_type: str) -> None:
    told = example_of(event_type)
    headers = outgoing(told).headers(told["headers"]["ce_source"].encode())
    assert {name: value.decode() for name, value in headers} == told["headers"]


@pytest.mark.parametrize("event_type", sorted(TYPES))
def test_the_cloudevents_library_reads_the_relays_events(event_type: str) -> None:
    told = example_of(event_type)
    event = outgoing(told)
    assert event.value is not None
    message = KafkaMessage(
        headers=dict(event.headers(told["headers"]["ce_source"].encode())),
        key=event.key.encode(),
        value=event.value.encode(),
    )
    read = from_binary_event(message)
    assert read.get_type() == event_type
    assert read.get_id() == told["headers"]["ce_id"]
    assert read.get_source() == told["headers"]["ce_source"]
    assert read.get_specversion() == "1.0"
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == told["value"]
