"""A relay that wakes from a pause does not leave an older state as the last one of a key."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition
from tests.integration.runtime.conftest import Bench
from tests.support.waiting import until

from hwb_rehearsal.broker import Broker
from hwb_rehearsal.broker.topics import TopicSpec
from hwb_runtime.leader import LOCK
from hwb_schemas.events import RunSettled
from hwb_schemas.topics import Topic

ROOT = Path(__file__).parents[3]
KEY = "01890000-0000-7000-8000-000000000001"


@pytest.fixture
def topic(broker: Broker) -> Iterator[Topic]:
    if not broker.is_real:
        pytest.skip("librdkafka's built-in broker takes what an overtaken producer sends")
    name = f"hwb.test.{''.join(chr(97 + int(digit, 16)) for digit in uuid4().hex)}"
    found = Topic(
        name=name,
        about="states",
        key="account id",
        owner="identity",
        producers=("identity",),
        consumers=(),
        partitions=1,
        compacted=True,
        compatibility="additive",
        value="RunSettled",
        public=False,
    )
    broker.make_topics([TopicSpec(name, 1, {"cleanup.policy": "compact"})])
    yield found
    broker.delete_topics([name])


@contextlib.contextmanager
def relay_process(
    url: str, broker: Broker, topic: Topic, log: Path, **environment: str
) -> Iterator[psutil.Popen]:
    command = [sys.executable, "-m", "tests.support.relay_process", url, broker.address]
    with log.open("wb") as output:
        process = psutil.Popen(
            [*command, topic.model_dump_json()],
            cwd=ROOT,
            stderr=output,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        try:
            yield process
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            process.wait()
            output.flush()


async def publish(bench: Bench, topic: Topic, version: int) -> None:
    async with bench.platform.units_of_work.begin() as uow:
        event = RunSettled(
            run_id=KEY,
            school="6602001",
            run_seq=version,
            applied=0,
            pending=0,
            parked=0,
            settled_at=uow.now,
        )
        uow.publish(topic.name, KEY, event)


def cut_the_leaders_session(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        cut = connection.execute(
            """SELECT count(pg_terminate_backend(pid)) FROM pg_locks
               WHERE locktype = 'advisory' AND objid = %s AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
            (LOCK,),
        ).fetchone()
    assert cut == (1,)


def versions_on(broker: Broker, topic: Topic, isolation: str) -> list[int]:
    """The versions on the topic in their order, as a reader of this isolation level sees them."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": uuid4().hex,
            "isolation.level": isolation,
            "enable.partition.eof": True,
        }
    )
    found: list[int] = []
    with contextlib.closing(consumer):
        consumer.assign([TopicPartition(topic.name, 0, 0)])
        while (message := consumer.poll(20)) is not None:
            if (error := message.error()) is not None:
                assert error.code() == KafkaError._PARTITION_EOF
                return found
            found.append(RunSettled.model_validate_json(message.value() or b"").run_seq)
    raise AssertionError("the topic has no end")


@pytest.mark.parametrize("point", ["relay_before_send", "relay_after_send"])
async def test_a_relay_that_wakes_from_a_pause_leaves_no_older_state_as_the_last_one(
    point: str, bench: Bench, broker: Broker, topic: Topic, tmp_path: Path
) -> None:
    url = bench.platform.settings.database_url
    paused_log = tmp_path / "paused.log"
    await publish(bench, topic, 1)
    pause = {"HWB_PAUSE_AT": f"identity.{point}"}
    with relay_process(url, broker, topic, paused_log, **pause) as paused:
        await until(lambda: paused.status() == psutil.STATUS_STOPPED, "it stands still")
        cut_the_leaders_session(url)
        with relay_process(url, broker, topic, tmp_path / "next.log") as follower:
            await until(lambda: 1 in versions_on(broker, topic, "read_committed"), "version 1")
            await publish(bench, topic, 2)
            await until(lambda: 2 in versions_on(broker, topic, "read_committed"), "version 2")
            paused.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(paused.wait, 60) == 1
            for isolation in ("read_committed", "read_uncommitted"):
                seen = versions_on(broker, topic, isolation)
                assert seen == sorted(seen), isolation
            assert follower.is_running()
            await publish(bench, topic, 3)
            await until(lambda: 3 in versions_on(broker, topic, "read_committed"), "version 3")
    assert "OvertakenError" in paused_log.read_text()
