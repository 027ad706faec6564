"""Sends a large upload in parts, and goes on where it stopped.

Nothing is kept on this side: Hwb knows the upload by its Idempotency-Key, which follows from the
bytes, the school and the time of the export, so a new process finds what an earlier one sent.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from hwb_provisioning_client.errors import RefusedError
from hwb_provisioning_client.exchange import Chunks, Patience, answered
from hwb_provisioning_client.upload import Upload

BEGINNINGS = 3
"""How often a session that Hwb no longer knows is begun again before that is given up."""

SESSION_GONE = "upload_session_unknown"
OFFSET_WRONG = "upload_offset_wrong"


@dataclass(frozen=True, slots=True)
class PartsOfUpload:
    """One upload on its way; ``send`` may be called again in any process."""

    client: httpx.AsyncClient
    upload: Upload
    school: str
    patience: Patience
    on_sent: Callable[[int], None]
    on_pause: Callable[[str], None]

    async def send(self) -> dict[str, Any]:
        """The receipt, as for an upload in one piece. Raises as ``push_upload``."""
        for left in reversed(range(BEGINNINGS)):
            try:
                return await self._send()
            except RefusedError as error:
                if error.code != SESSION_GONE or not left:
                    raise
                self.on_pause("Hwb has let go of what was sent; sending from the beginning")
        raise AssertionError

    async def _send(self) -> dict[str, Any]:
        session = await self._begin()
        address = f"/v1/schools/{self.school}/upload-sessions/{session['session_id']}"
        while session["part_bytes"] and not session["taken"]:
            session = await self._next(address, session)
        self.on_sent(session["length"])
        receipt: dict[str, Any] = (
            await answered(
                lambda: self.client.post(f"{address}/finish"), self.patience, self.on_pause
            )
        ).json()
        return receipt

    async def _begin(self) -> dict[str, Any]:
        instant = self.upload.extracted_at
        announced = {
            "length": len(self.upload.data),
            "sha256": hashlib.sha256(self.upload.data).hexdigest(),
            "extracted_at": instant.isoformat() if instant else None,
        }
        session: dict[str, Any] = (
            await answered(
                lambda: self.client.post(
                    f"/v1/schools/{self.school}/upload-sessions",
                    json=announced,
                    headers={"Idempotency-Key": self.upload.idempotency_key(self.school)},
                ),
                self.patience,
                self.on_pause,
            )
        ).json()
        return session

    async def _next(self, address: str, session: dict[str, Any]) -> dict[str, Any]:
        """The session after one more part, or as it is where the part was kept already."""
        begin = session["offset"]
        part = self.upload.data[begin : begin + session["part_bytes"]]
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(len(part)),
            "Upload-Offset": str(begin),
        }
        try:
            answer = await answered(
                lambda: self.client.patch(
                    address, content=Chunks(part, self.on_sent, begin), headers=headers
                ),
                self.patience,
                self.on_pause,
            )
        except RefusedError as error:
            if error.code != OFFSET_WRONG:
                raise
            answer = await answered(lambda: self.client.get(address), self.patience, self.on_pause)
        found: dict[str, Any] = answer.json()
        return found
