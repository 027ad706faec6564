"""Apache Kafka itself as a process, without Docker: its jars by their Maven coordinates."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

from confluent_kafka import KafkaException

from hwb_rehearsal.broker.admin import admin_before_start
from hwb_rehearsal.broker.child import dies_with_parent, free_ports
from hwb_rehearsal.broker.errors import BrokerError

KAFKA = "4.4.0"
SLF4J_BINDING = "1.7.36"  # Kafka's slf4j API is 1.7; without a binding of that line it logs nothing
OLDEST_JAVA = 17
RESOLVE_SECONDS = 300
START_SECONDS = 60.0

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>wales.hwb</groupId><artifactId>rehearsal-kafka</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId><version>{SLF4J_BINDING}</version></dependency>
</dependencies></project>
"""

LOGGING = """log4j.rootLogger=WARN,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
"""


def why_not_java() -> str | None:
    """What this machine lacks to run Apache Kafka, or None if it lacks nothing."""
    if shutil.which("java") is None:
        return "there is no Java"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)  # noqa: S607 - the user's own Java
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    if version is None or int(version.group(1)) < OLDEST_JAVA:
        return f"Java is older than {OLDEST_JAVA}"
    if shutil.which("mvn") is None and not _known_classpath():
        return "there is no Maven"
    return None


@contextlib.contextmanager
def java_broker(say: Callable[[str], None]) -> Iterator[str]:
    """A broker with one node on two free ports of loopback; gives its address.

    Raises BrokerError with the end of Maven's or Kafka's own words.
    """
    classpath = _known_classpath() or _resolve_classpath(say)
    with tempfile.TemporaryDirectory(prefix="hwb-kafka-") as folder:
        root = Path(folder)
        broker, controller = free_ports(2)
        settings = _write_settings(root, broker=broker, controller=controller)
        # StorageTool takes an id that begins with a hyphen, as one in 64 would, for an option.
        cluster_id = urlsafe_b64encode(b"hwb" + os.urandom(13)).decode().rstrip("=")
        java = ["java", "-cp", classpath, f"-Dlog4j.configuration=file:{root / 'log4j.properties'}"]
        # A broker of some minutes never earns back what the second compiler costs beside it.
        quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        formatted = subprocess.run(  # noqa: S603 - our own command line
            [*java, *quick, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", settings],
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode != 0:
            message = f"Kafka's storage cannot be made: {_end_of(formatted.stderr)}"
            raise BrokerError(message)
        log = root / "kafka.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                [*java, *quick, "-Xms256m", "-Xmx512m", "kafka.Kafka", settings],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one system call, nothing that locks
            )
        try:
            address = f"127.0.0.1:{broker}"
            _wait_until_it_answers(address, process, log)
            yield address
        finally:
            # Nothing on its disk is kept, so there is no reason to wait for a tidy end.
            process.kill()
            process.wait()


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hwb" / f"kafka-{KAFKA}"


def _known_classpath() -> str | None:
    try:
        classpath = (_cache() / "classpath").read_text().strip()
    except OSError:
        return None
    return classpath if all(Path(jar).is_file() for jar in classpath.split(os.pathsep)) else None


def _resolve_classpath(say: Callable[[str], None]) -> str:
    say(f"Kafka: fetching Apache Kafka {KAFKA} by Maven, once (43 MB, about 10 s) ...")
    cache = _cache()
    cache.mkdir(parents=True, exist_ok=True)
    # Two first runs at once each work in their own folder, and the last rename wins.
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        pom, found = Path(folder) / "pom.xml", Path(folder) / "classpath"
        pom.write_text(POM)
        goal = ["dependency:build-classpath", f"-Dmdep.outputFile={found}"]
        try:
            said = subprocess.run(  # noqa: S603
                ["mvn", "-q", "-B", "-f", str(pom), *goal],  # noqa: S607 - the user's own Maven
                capture_output=True,
                text=True,
                check=False,
                timeout=RESOLVE_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            message = f"Maven could not fetch Apache Kafka {KAFKA}: {error}"
            raise BrokerError(message) from error
        if said.returncode != 0 or not found.is_file():
            message = f"Maven could not fetch Apache Kafka {KAFKA}: {_end_of(said.stdout)}"
            raise BrokerError(message)
        found.rename(cache / "classpath")
    return (cache / "classpath").read_text().strip()


def _write_settings(root: Path, *, broker: int, controller: int) -> str:
    (root / "log4j.properties").write_text(LOGGING)
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(root / "data"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.backoff.ms": "500",
    }
    path = root / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return str(path)


def _wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    admin = admin_before_start(address)
    while True:
        if process.poll() is not None:
            message = f"Kafka ended while it started: {_end_of(log.read_text(errors='replace'))}"
            raise BrokerError(message)
        try:
            if admin.list_topics(timeout=1.0).brokers:
                return
        except KafkaException as error:
            if time.monotonic() > deadline:
                message = f"Kafka does not answer after {START_SECONDS:.0f} s at {address}"
                raise BrokerError(message) from error


def _end_of(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "it said nothing"
