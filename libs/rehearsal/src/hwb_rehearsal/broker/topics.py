"""The topics of the contract, made on whatever broker there is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.cimpl import NewTopic

from hwb_rehearsal.broker.admin import admin_of
from hwb_rehearsal.broker.errors import BrokerError
from hwb_schemas.topics import Topic, topic_files

DAY_MS = 24 * 60 * 60 * 1000
ADMIN_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic with its partitions and the broker's settings for it."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)


def contract_topics() -> list[TopicSpec]:
    """Every topic of ``schemas/topics/*.yaml``."""
    found = [Topic.model_validate(yaml.safe_load(path.read_text())) for path in topic_files()]
    if not found:
        message = "No topic is described beside hwb_schemas: is schemas/ complete?"
        raise BrokerError(message)
    return [_spec(topic) for topic in found]


def _spec(topic: Topic) -> TopicSpec:
    if topic.retention_days is None:
        config = {"cleanup.policy": "compact"}
        if topic.tombstone_days is not None:
            config["delete.retention.ms"] = str(topic.tombstone_days * DAY_MS)
    else:
        config = {
            "cleanup.policy": "delete",
            "retention.ms": str(topic.retention_days * DAY_MS),
        }
    # The rehearsal's instants lie months back; by record time its events would be too old at once.
    config["message.timestamp.type"] = "LogAppendTime"
    return TopicSpec(name=topic.name, partitions=topic.partitions, config=config)


def make_topics(address: str, specs: Sequence[TopicSpec]) -> None:
    """Create them on a broker that knows CreateTopics.

    Raises BrokerError where one is there already, with events in it or not: its positions would be
    another run's.
    """
    admin = admin_of(address)
    topics = [
        NewTopic(
            spec.name, num_partitions=spec.partitions, replication_factor=1, config=spec.config
        )
        for spec in specs
    ]
    deadline = time.monotonic() + ADMIN_TIMEOUT
    for name, future in admin.create_topics(topics, operation_timeout=ADMIN_TIMEOUT).items():
        try:
            future.result(ADMIN_TIMEOUT)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                message = (
                    f"The broker at {address} already has the topic {name}. A rehearsal needs a "
                    "broker without this system's topics: delete them, or name another broker."
                )
                raise BrokerError(message) from error
            raise
    wanted = {spec.name for spec in specs}
    while not wanted <= set(admin.list_topics(timeout=ADMIN_TIMEOUT).topics):
        if time.monotonic() > deadline:
            raise BrokerError("The broker accepted the topics, but does not list them.")
        time.sleep(0.05)


def delete_topics(address: str, names: Sequence[str]) -> None:
    """Delete topics that this rehearsal made, and wait until they are gone."""
    admin = admin_of(address)
    futures = admin.delete_topics(list(names), operation_timeout=ADMIN_TIMEOUT)
    for future in futures.values():
        future.result(ADMIN_TIMEOUT)
    deadline = time.monotonic() + ADMIN_TIMEOUT
    while set(names) & set(admin.list_topics(timeout=ADMIN_TIMEOUT).topics):
        if time.monotonic() > deadline:
            raise BrokerError("The broker still lists topics that it deleted.")
        time.sleep(0.05)
