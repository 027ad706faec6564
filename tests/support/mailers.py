"""Ways in which sending a mail goes wrong."""

from email.message import EmailMessage
from typing import Any


class LosesPower:
    """Hands the mail over, then dies before the answer is stored."""

    def __init__(self, server: Any) -> None:
        self._server = server

    async def send(self, message: EmailMessage) -> None:
        self._server.taken.append(message)
        raise RuntimeError("the power went")
