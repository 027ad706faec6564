"""The small parts of the stack: databases, mailbox, clock, metrics."""

import asyncio
import smtplib
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from hwb_rehearsal.broker.child import free_port
from hwb_rehearsal.stack import Postgres, RehearsalClock, StackProcess, parse_metrics, total
from hwb_rehearsal.stack.mail_sink import message_id_digest
from hwb_rehearsal.stack.process import base_environment


def test_every_database_is_a_new_one(postgres: Postgres) -> None:
    one, other = postgres.create_database("hwb_identity"), postgres.create_database("hwb_identity")
    assert one != other
    with psycopg.connect(one) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


async def test_a_mail_becomes_a_file_named_after_its_message_id(tmp_path: Path) -> None:
    port = free_port()
    sink = StackProcess(
        name="mail sink",
        command=[
            *(sys.executable, "-m", "hwb_rehearsal.stack.mail_sink"),
            *("--port", str(port), "--folder", str(tmp_path / "mail")),
        ],
        environment=base_environment(),
        log=tmp_path / "sink.log",
        ready_url=None,
    )
    mail = EmailMessage()
    mail["From"], mail["To"] = "hwb@example.wales", "desk@example.wales"
    mail["Subject"], mail["Message-ID"] = "Achos newydd: tŷ ysgol", "<case-1@hwb>"
    mail.set_content("Mae achos newydd. / There is a new case.")
    await sink.start()
    try:
        await asyncio.to_thread(send_when_it_listens, mail, port)
        await asyncio.to_thread(send_when_it_listens, mail, port)
    finally:
        await sink.stop()
    digest = message_id_digest("<case-1@hwb>")
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == [
        f"00001-{digest}.eml",
        f"00002-{digest}.eml",
    ]


def send_when_it_listens(mail: EmailMessage, port: int) -> None:
    for attempt in range(200):
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as connection:
                connection.send_message(mail)
        except ConnectionRefusedError:
            if attempt == 199:
                raise
            asyncio.run(asyncio.sleep(0.05))
        else:
            return


def test_the_clock_is_one_instant_in_utc_that_moves(tmp_path: Path) -> None:
    clock = RehearsalClock(tmp_path / "clock", datetime(2022, 5, 2, 8, tzinfo=UTC))
    clock.move_to(datetime(2022, 8, 15, 9, tzinfo=UTC))
    assert datetime.fromisoformat(clock.path.read_text()) == clock.now
    with pytest.raises(ValueError, match="time zone"):
        clock.move_to(datetime(2022, 8, 15, 9))  # noqa: DTZ001 - that is what is refused


def test_metrics_are_read_by_name_and_label() -> None:
    samples = parse_metrics(
        "# HELP kafka_consumergroup_lag waiting\n"
        'kafka_consumergroup_lag{consumergroup="hwb-identity",topic="a",partition="0"} 3.0\n'
        'kafka_consumergroup_lag{consumergroup="hwb-identity",topic="b",partition="0"} 4.0\n'
        "hwb_leader 1.0\n"
    )
    assert total(samples, "kafka_consumergroup_lag") == 7
    assert total(samples, "kafka_consumergroup_lag", topic="b") == 4
    assert total(samples, "hwb_leader") == 1
