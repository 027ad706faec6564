"""The clients that ask a broker about itself, and say nothing by themselves."""

from confluent_kafka.admin import AdminClient

_NOTHING, _ERRORS = 0, 3


def admin_of(address: str) -> AdminClient:
    """A client of the broker at this address.

    It writes to standard error only what fails: that it had something left when it was closed is
    no news to people who watch a benchmark.
    """
    return AdminClient({"bootstrap.servers": address, "log_level": _ERRORS})


def admin_before_start(address: str) -> AdminClient:
    """The same for a broker that is just starting: it asks often, and silently.

    A client that finds nobody waits longer and longer; half a minute later is no use here.
    """
    return AdminClient(
        {
            "bootstrap.servers": address,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
            "log_level": _NOTHING,
        }
    )
