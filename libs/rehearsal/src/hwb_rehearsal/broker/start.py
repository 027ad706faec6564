"""The one way to a broker that demo, tests and benchmarks share."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hwb_rehearsal.broker.child import dies_with_parent
from hwb_rehearsal.broker.docker import docker_broker, why_not_docker
from hwb_rehearsal.broker.errors import BrokerError
from hwb_rehearsal.broker.java import KAFKA, java_broker, why_not_java
from hwb_rehearsal.broker.topics import TopicSpec, delete_topics, make_topics
from hwb_rehearsal.broker.version import BUILT_IN, release_of, supported_features

TopicMaker = Callable[[Sequence[TopicSpec]], None]
Starter = Callable[[Callable[[str], None]], contextlib.AbstractContextManager[str]]


@dataclass(frozen=True)
class Broker:
    """A running broker: where it is, of which kind, which release it says it is, and why this one.

    ``kind`` is docker, java, embedded or address; ``version`` was asked over Kafka's protocol and
    is ``built-in`` for librdkafka's own.
    """

    address: str
    kind: str
    version: str
    why: str
    _make_topics: TopicMaker
    _delete_topics: Callable[[Sequence[str]], None]

    @property
    def line(self) -> str:
        """One line for people: which broker, why, and what it says of itself."""
        names = {
            "docker": "Apache Kafka in Docker",
            "java": f"Apache Kafka {KAFKA} on this machine's Java",
            "embedded": "librdkafka's built-in broker (development only, in memory)",
            "address": "the broker that HWB_KAFKA names",
        }
        return f"Kafka: {names[self.kind]}, {self.why}; it says {self.version}; at {self.address}"

    @property
    def is_real(self) -> bool:
        """Whether this is Apache Kafka and not librdkafka's stand-in."""
        return self.version != BUILT_IN

    def make_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Create topics; BrokerError where one is there already."""
        self._make_topics(specs)

    def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics that this rehearsal made; librdkafka's broker keeps them until it ends."""
        self._delete_topics(names)


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - for the person who started it


@contextlib.contextmanager
def start_broker(
    wanted: str | None = None, *, say: Callable[[str], None] = _print
) -> Iterator[Broker]:
    """The broker that ``HWB_KAFKA`` names (docker, java, embedded, an address), or the best.

    Says in one line which it took and why. Raises BrokerError if the one that was named cannot be
    had; without a name it goes on to the next best.
    """
    asked = (wanted if wanted is not None else os.environ.get("HWB_KAFKA", "")).strip()
    with contextlib.ExitStack() as stack:
        broker = _named(asked, stack, say) if asked else _best(stack, say)
        say(broker.line)
        yield broker


def _named(asked: str, stack: contextlib.ExitStack, say: Callable[[str], None]) -> Broker:
    why = f"because HWB_KAFKA={asked} asks for it"
    if asked == "embedded":
        return stack.enter_context(_embedded(why))
    if asked == "docker":
        return _real(stack.enter_context(docker_broker(say)), kind="docker", why=why)
    if asked == "java":
        if (lacking := why_not_java()) is not None:
            message = (
                f"HWB_KAFKA=java, but {lacking}: install a JDK 17 and Maven, or name another way."
            )
            raise BrokerError(message)
        return _real(stack.enter_context(java_broker(say)), kind="java", why=why)
    if ":" not in asked:
        message = f"HWB_KAFKA={asked} is none of docker, java, embedded or an address host:port."
        raise BrokerError(message)
    return _real(asked, kind="address", why=why)


def _best(stack: contextlib.ExitStack, say: Callable[[str], None]) -> Broker:
    ways: list[tuple[str, Callable[[], str | None], Starter]] = [
        ("docker", why_not_docker, docker_broker),
        ("java", why_not_java, java_broker),
    ]
    refusals: list[str] = []
    for kind, why_not, starter in ways:
        lacking = why_not()
        if lacking is None:
            try:
                address = stack.enter_context(starter(say))
            except BrokerError as error:
                lacking = str(error)
            else:
                reason = " and ".join(refusals)
                why = f"because {reason}" if reason else "because a Docker engine answers"
                return _real(address, kind=kind, why=why)
        refusals.append(lacking)
    return stack.enter_context(_embedded(f"because {' and '.join(refusals)}"))


def _real(address: str, *, kind: str, why: str) -> Broker:
    try:
        version = release_of(supported_features(address))
    except OSError as error:
        message = f"No broker answers at {address}: {error}"
        raise BrokerError(message) from error

    def make(specs: Sequence[TopicSpec]) -> None:
        make_topics(address, specs)

    def delete(names: Sequence[str]) -> None:
        delete_topics(address, names)

    return Broker(address, kind, version, why, make, delete)


@contextlib.contextmanager
def _embedded(why: str) -> Iterator[Broker]:
    process = subprocess.Popen(
        [sys.executable, "-m", "hwb_rehearsal.broker.embedded"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one system call, nothing that locks
    )
    with process:
        try:
            assert process.stdin is not None  # noqa: S101 - for mypy: it was asked for above
            assert process.stdout is not None  # noqa: S101
            commands, answers = process.stdin, process.stdout
            address = answers.readline().strip()
            if not address:
                raise BrokerError("librdkafka's built-in broker ended while it started.")

            def make(specs: Sequence[TopicSpec]) -> None:
                for spec in specs:
                    print(spec.name, spec.partitions, file=commands, flush=True)
                    answer = answers.readline().strip()
                    if answer != "ok":
                        message = f"The built-in broker does not make {spec.name}: {answer}"
                        raise BrokerError(message)

            version = release_of(supported_features(address))
            yield Broker(address, "embedded", version, why, make, lambda _: None)
        finally:
            process.kill()
