"""``events_of <broker> <account id>``: one account's events on hwb.identity.accounts, in order."""

import sys
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

from hwb_schemas.events import AccountChanged

TOPIC = "hwb.identity.accounts"
SECONDS = 10.0


def main(address: str, account: str) -> int:
    """Read every partition to the end it has now, and print this account's events."""
    consumer = Consumer(
        {"bootstrap.servers": address, "group.id": f"look-{uuid4()}", "enable.partition.eof": True}
    )
    unread = set(consumer.list_topics(TOPIC, timeout=SECONDS).topics[TOPIC].partitions)
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in unread])
    while unread:
        message = consumer.poll(SECONDS)
        if message is None:
            sys.exit("The topic cannot be read: the broker does not answer.")
        if (error := message.error()) is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                sys.exit(f"The topic cannot be read: {error}")
            unread.discard(message.partition())
            continue
        value = message.value()
        if message.key() == account.encode() and value is not None:
            event = AccountChanged.model_validate_json(value)
            school = event.account.home_school or "no school"
            print(f"{event.version}  {event.type_of()}  {event.account.status}  {school}")
    consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
