"""What Prometheus reads; consumer lag has kafka_exporter's names, so that known dashboards work."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

__all__ = [
    "CONTENT_TYPE_LATEST",
    "Counter",
    "Gauge",
    "Histogram",
    "counter",
    "gauge",
    "generate_latest",
    "histogram",
]


def counter(name: str, about: str, labels: tuple[str, ...] = ()) -> Counter:
    """Something that only grows."""
    return Counter(name, about, labels)


def gauge(name: str, about: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Something that goes up and down."""
    return Gauge(name, about, labels)


def histogram(name: str, about: str, labels: tuple[str, ...] = ()) -> Histogram:
    """Durations in seconds."""
    return Histogram(name, about, labels)


LAG = gauge(
    "kafka_consumergroup_lag",
    "Records of a partition that the group has not applied yet",
    ("consumergroup", "topic", "partition"),
)
POSITION = gauge(
    "kafka_consumergroup_current_offset",
    "The database's position in a partition",
    ("consumergroup", "topic", "partition"),
)
EVENT_AGE = gauge("hwb_event_age_seconds", "Age of the last event when it was applied", ("topic",))
APPLIED = counter("hwb_events_applied", "Events applied", ("topic",))
DROPPED = counter("hwb_events_dropped", "Events dropped because they were applied", ("topic",))
PARKED = counter("hwb_events_parked", "Events parked", ("topic",))
IN_FLIGHT = gauge("hwb_records_in_flight", "Records received and not yet committed")
OUTBOX = gauge("hwb_outbox_events", "Events waiting in the outbox")
RELAYED = counter("hwb_events_relayed", "Events delivered to Kafka", ("topic",))
LEADER = gauge("hwb_leader", "1 while this worker leads its service")
