"""``events_of <broker> <account id>``: one account's events on hwb.identity.accounts, in order."""

import sys
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from hwb_schemas.events import AccountChanged

TOPIC = "hwb.identity.accounts"
SECONDS = 10.0


def main(address: str, account: str) -> int:
    """Read every partition to the end it has now, and print this account's events."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": f"look-{uuid4()}"})
    partitions = consumer.list_topics(TOPIC, timeout=SECONDS).topics[TOPIC].partitions
    ends = {
        number: consumer.get_watermark_offsets(TopicPartition(TOPIC, number), timeout=SECONDS)
        for number in partitions
    }
    unread = sum(high - low for low, high in ends.values())
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in partitions])
    while unread:
        message = consumer.poll(SECONDS)
        if message is None or message.error():
            sys.exit(f"The topic cannot be read: {message and message.error()}")
        unread -= 1
        value = message.value()
        if message.key() == account.encode() and value is not None:
            event = AccountChanged.model_validate_json(value)
            school = event.account.home_school or "no school"
            print(f"{event.version}  {event.type_of()}  {event.account.status}  {school}")
    consumer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
