"""What the runtime asks the broker beside consuming and producing: topics, ids, watermarks."""

from collections.abc import Mapping, Sequence

import structlog
import yaml
from confluent_kafka import Consumer, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from hwb_runtime.positions import Watermarks
from hwb_schemas.topics import Topic, topic_files

log = structlog.get_logger("hwb_runtime.broker")

ANSWER_SECONDS = 15.0


def contract_topics() -> Mapping[str, Topic]:
    """Every topic of the contract, by name."""
    found = [Topic.model_validate(yaml.safe_load(path.read_text())) for path in topic_files()]
    return {topic.name: topic for topic in found}


class Broker:
    """Questions to the broker; every call blocks, so ask from a thread."""

    def __init__(self, address: str, group: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": address})
        self._consumer = Consumer(
            {"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False}
        )
        self._address = address
        self._ids: dict[str, str] = {}

    def close(self) -> None:
        """End the connections."""
        self._consumer.close()

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has; 0 where it is not there."""
        topics = self._admin.list_topics(topic, timeout=ANSWER_SECONDS).topics
        found = topics.get(topic)
        return len(found.partitions) if found is not None and found.error is None else 0

    def watermarks(self, topic: str, partition: int) -> Watermarks:
        """Topic id, first offset and next offset of a partition."""
        low, high = self._consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=ANSWER_SECONDS
        )
        return Watermarks(topic_id=self._ids.get(topic), low=low, high=high)

    def learn_topic_ids(self, topics: Sequence[str]) -> None:
        """Ask for the topics' ids, by which a topic that was made anew is known.

        librdkafka's built-in broker has none; then watermarks come without them.
        """
        futures = self._admin.describe_topics(
            TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS
        )
        for topic, future in futures.items():
            try:
                self._ids[topic] = str(future.result().topic_id)
            except KafkaException as error:
                log.warning("topic_without_id", topic=topic, error=str(error))


def most_unread(address: str, group: str, topic: Topic) -> int:
    """The most records of one partition that a group has not committed yet."""
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False}
    )
    try:
        wanted = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        most = 0
        for committed in consumer.committed(wanted, timeout=ANSWER_SECONDS):
            low, high = consumer.get_watermark_offsets(committed, timeout=ANSWER_SECONDS)
            most = max(most, high - max(committed.offset, low, 0))
        return most
    finally:
        consumer.close()
