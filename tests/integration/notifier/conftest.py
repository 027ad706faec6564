"""A notifier on a database of its own, and a mail server that does as it is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

import hwb_runtime
from hwb_notifier.bootstrap import SERVICE
from hwb_rehearsal.stack.postgres import Postgres
from hwb_runtime.auth import Caller
from hwb_runtime.files import load_calendar
from hwb_runtime.platform import Platform
from hwb_runtime.testing import platform_for
from hwb_schemas.register import Authority, Register, School
from hwb_schemas.words import Role

NOW = datetime(2022, 8, 16, 9, tzinfo=UTC)
SCHOOL = "6781234"
CALENDAR = Path(hwb_runtime.__file__).parent / "calendars" / "2022.yaml"


class MailServer:
    """aiosmtpd's handler: answers what the test wants, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answers: list[str] = []
        """Answers to the next recipients, then to the next mails (``RCPT`` first); else yes."""
        self.sender = "250 OK"
        self.port = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        if self.answers and self.answers[0].startswith("RCPT "):
            return self.answers.pop(0).removeprefix("RCPT ")
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    kept = MailServer()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(kept, enable_SMTPUTF8=True), host="127.0.0.1", port=0
    )
    kept.port = server.sockets[0].getsockname()[1]
    async with server:
        yield kept


@pytest.fixture
async def platform(postgres: Postgres, mail_server: MailServer) -> AsyncIterator[Platform]:
    register = Register(
        authorities=(
            Authority(code="678", name="Torfaen", name_cy="Tor-faen", email="la@torfaen.example"),
        ),
        schools=(
            School(
                number=SCHOOL,
                name="Abersychan Primary",
                name_cy="Ysgol Gynradd Abersychan",
                authority="678",
                sector="primary",
                year_groups=("5", "6"),
                top_year_groups=("6",),
                email="office@abersychan.example",
            ),
        ),
    )
    async with platform_for(
        SERVICE,
        postgres.create_database(),
        calendar=load_calendar(CALENDAR),
        register=register,
        now=NOW,
        settings={
            "smtp_host": "127.0.0.1",
            "smtp_port": mail_server.port,
            "retry_first_seconds": 60,
            "time_scale": 60_000,
        },
        callers=CALLERS,
    ) as opened:
        yield opened


CALLERS = {
    "desk": Caller("desk", Role.SERVICE_DESK),
    "champion": Caller("dc", Role.DIGITAL_CHAMPION, SCHOOL),
    "stranger": Caller("dc2", Role.DIGITAL_CHAMPION, "6601111"),
    "authority": Caller("la", Role.LOCAL_AUTHORITY, None, "678"),
    "teacher": Caller("t", Role.TEACHER, SCHOOL),
    "operator": Caller("operator", Role.OPERATOR),
    "mail-system": Caller("mail-system", Role.SERVICE),
}
