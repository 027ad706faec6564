"""A local mailbox: every mail that arrives by SMTP becomes a file ``<n>-<digest>.eml``.

``python -m hwb_rehearsal.stack.mail_sink --port 2525 --folder mail``; the digest is that of the
Message-ID, so that a mail sent twice is seen at a glance.
"""

import asyncio
import hashlib
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import typer
from aiosmtpd.smtp import SMTP

DIGEST_CHARACTERS = 16


class Mailbox:
    """aiosmtpd's handler: a mail is on disk under its last name before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = count(sum(1 for _ in folder.glob("*.eml")) + 1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        content: bytes = envelope.content
        digest = message_id_digest(message_from_bytes(content).get("Message-ID", ""))
        name = f"{next(self._numbers):05d}-{digest}.eml"
        arriving = self._folder / f".{name}"
        arriving.write_bytes(content)
        arriving.rename(self._folder / name)
        return "250 OK"


def message_id_digest(message_id: str) -> str:
    """What a mail's file is named after."""
    return hashlib.sha256(message_id.strip().encode()).hexdigest()[:DIGEST_CHARACTERS]


async def serve(*, port: int, folder: Path) -> None:
    """Take mail on this port of loopback until the process ends."""
    mailbox = Mailbox(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True), host="127.0.0.1", port=port
    )
    async with server:
        await server.serve_forever()


def main(
    port: Annotated[int, typer.Option(help="Port of loopback to listen on")],
    folder: Annotated[Path, typer.Option(help="Where the mails go")],
) -> None:
    """Take mail and keep it as files."""
    asyncio.run(serve(port=port, folder=folder))


if __name__ == "__main__":
    typer.run(main)
