"""Apache Kafka in Docker, through testcontainers; their ``TESTCONTAINERS_*`` settings hold."""

import contextlib
import io
import os
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator

import docker
from confluent_kafka import KafkaException
from docker.errors import DockerException, ImageNotFound
from requests.exceptions import RequestException
from testcontainers.core.config import ConnectionMode, testcontainers_config
from testcontainers.core.container import DockerContainer

from hwb_rehearsal.broker.admin import admin_before_start
from hwb_rehearsal.broker.errors import BrokerError

IMAGE = "apache/kafka:4.4.0"
PORT = 9092
INSIDE = "INSIDE://localhost:9094"
START = "/tmp/hwb-start.sh"  # noqa: S108 - inside the container
PULL_SECONDS = 60.0
START_SECONDS = 60.0
ANSWER_SECONDS = 3
DEFAULT_ENGINE = "unix:///var/run/docker.sock"

# The address that clients are told is only known once Docker has chosen the port.
WAIT_FOR_START = f"sh -c 'while [ ! -f {START} ]; do sleep 0.1; done; exec bash {START}'"


def why_not_docker() -> str | None:
    """Why no Docker engine can be used here, or None if one answers."""
    if not _somebody_listens():
        return "no Docker engine answers"
    try:
        client = docker.from_env(timeout=ANSWER_SECONDS)
        try:
            client.ping()
        finally:
            client.close()
    except (DockerException, RequestException):
        return "no Docker engine answers"
    return None


def _somebody_listens() -> bool:
    """Whether the engine's socket answers; Docker's client leaks one that does not."""
    address = os.environ.get("DOCKER_HOST", DEFAULT_ENGINE)
    if not address.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(address.removeprefix("unix://"))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def docker_broker(say: Callable[[str], None]) -> Iterator[str]:
    """A broker in a container whose port is a free one on loopback; gives its address.

    Raises BrokerError if the image cannot be had within 60 s or Kafka does not start.
    """
    _have_image(IMAGE, say)
    if not testcontainers_config.ryuk_disabled:
        try:
            _have_image(testcontainers_config.ryuk_image, say)
        except BrokerError:
            say("Kafka: testcontainers' reaper cannot be had; the container is removed from here.")
            testcontainers_config.ryuk_disabled = True
    container = DockerContainer(IMAGE).with_command(WAIT_FOR_START)
    for name, value in _SETTINGS.items():
        container = container.with_env(name, value)
    container = container.with_exposed_ports(PORT)
    on_this_machine = _is_on_this_machine(container)
    if on_this_machine:
        container.ports[f"{PORT}/tcp"] = ("127.0.0.1",)  # type: ignore[assignment] # docker-py takes it
    try:
        container.start()
    except (DockerException, RequestException) as error:
        message = f"Docker does not start {IMAGE}: {error}"
        raise BrokerError(message) from error
    try:
        host = "127.0.0.1" if on_this_machine else container.get_container_host_ip()
        address = f"{host}:{container.get_exposed_port(PORT)}"
        _put_start_script(container, address)
        _wait_until_it_answers(address, container)
        yield address
    finally:
        container.stop()


def _is_on_this_machine(container: DockerContainer) -> bool:
    """Whether published ports are on our loopback; testcontainers knows only after the start."""
    override = testcontainers_config.tc_host_override
    if override is not None:
        return override in _LOOPBACK
    client = container.get_docker_client()
    mode = client.get_connection_mode()
    return mode is ConnectionMode.docker_host and client.host() in _LOOPBACK


_LOOPBACK = ("localhost", "127.0.0.1")

_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    # The broker calls itself to verify and to end transactions, and the address that it gives to
    # others is not reached from inside the container.
    "KAFKA_LISTENERS": f"PLAINTEXT://:{PORT},CONTROLLER://:9093,{INSIDE}",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
        "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT"
    ),
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_LOG_CLEANER_BACKOFF_MS": "500",
}


def _have_image(image: str, say: Callable[[str], None]) -> None:
    client = docker.from_env(timeout=int(PULL_SECONDS))
    try:
        with contextlib.suppress(ImageNotFound):
            client.images.get(image)
            return
        say(f"Kafka: pulling {image} (at most {PULL_SECONDS:.0f} s) ...")
        failure: list[str] = []

        def pull() -> None:
            try:
                client.images.pull(image)
            except (DockerException, RequestException) as error:
                failure.append(str(error))

        # The engine may go on for ever without a byte; a thread is the only way to stop waiting.
        puller = threading.Thread(target=pull, daemon=True)
        puller.start()
        puller.join(PULL_SECONDS)
        if puller.is_alive() or failure:
            why = failure[0] if failure else f"not within {PULL_SECONDS:.0f} s"
            message = f"the image {image} cannot be pulled: {why}"
            raise BrokerError(message)
    finally:
        client.close()


def _put_start_script(container: DockerContainer, address: str) -> None:
    script = (
        f"export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://{address},{INSIDE}\n"
        "exec /etc/kafka/docker/run\n"
    ).encode()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo(START.removeprefix("/tmp/"))  # noqa: S108 - inside the container
        entry.size, entry.mode, entry.mtime = len(script), 0o755, int(time.time())
        tar.addfile(entry, io.BytesIO(script))
    container.get_wrapped_container().put_archive("/tmp", archive.getvalue())  # noqa: S108


def _wait_until_it_answers(address: str, container: DockerContainer) -> None:
    deadline = time.monotonic() + START_SECONDS
    admin = admin_before_start(address)
    while True:
        try:
            if admin.list_topics(timeout=1.0).brokers:
                return
        except KafkaException as error:
            if time.monotonic() > deadline:
                said = container.get_wrapped_container().logs(tail=5).decode(errors="replace")
                message = f"Kafka in Docker does not answer at {address}: {said}"
                raise BrokerError(message) from error
