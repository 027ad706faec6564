"""What a one-machine stack may be started with, for whoever starts one or hands that on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hwb_rehearsal.broker import Broker
from hwb_rehearsal.stack.postgres import Postgres

SERVICES = ("mis-ingest", "identity", "groups", "notifier")


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - for the person who started it


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """How the parts are started; the defaults are all of them, as this machine allows.

    Attributes:
        settings: added to a service's environment, by names without prefix
            (``{"identity": {"SLICE_RECORDS": "100"}}``).
        broker: used and left running; None starts one. Likewise ``postgres``.
        first_environments: added to the environment of a process (``identity worker``) until it
            ends for the first time.
        say: takes lines for the person who started it.
    """

    time_scale: float = 1.0
    services: tuple[str, ...] = SERVICES
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    broker: Broker | None = None
    postgres: Postgres | None = None
    first_environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    say: Callable[[str], None] = _print
