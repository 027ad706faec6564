"""A Kafka broker on one machine, four ways, behind one function."""

from hwb_rehearsal.broker.errors import BrokerError
from hwb_rehearsal.broker.start import Broker, start_broker
from hwb_rehearsal.broker.topics import TopicSpec, contract_topics

__all__ = ["Broker", "BrokerError", "TopicSpec", "contract_topics", "start_broker"]
