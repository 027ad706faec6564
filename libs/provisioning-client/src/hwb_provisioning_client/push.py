"""Sends an upload and follows its run: the part that programs other than our CLI may use."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from hwb_provisioning_client.errors import NotSettledError, RefusedError
from hwb_provisioning_client.exchange import Chunks, Patience, answered
from hwb_provisioning_client.parts import PartsOfUpload
from hwb_provisioning_client.upload import Upload

__all__ = [
    "IN_PARTS_ABOVE",
    "Patience",
    "PushResult",
    "RejectedRow",
    "push_upload",
    "wait_until_settled",
]

IN_PARTS_ABOVE = 1 << 20
"""Uploads of more bytes are sent in parts, so that they can go on where they stopped."""

SHORTEST_POLL, LONGEST_POLL = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One fault of one row: what kind of value was found, never the value."""

    file: str
    line: int
    field: str
    reason: str
    what_to_do: str
    what_to_do_cy: str
    value_class: str = "none"

    @classmethod
    def of(cls, row: dict[str, Any]) -> "RejectedRow":
        """From the API's row; what a newer Hwb may add is passed over."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__ if name in row})


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of a push. ``status`` is ``received`` unless it was waited for.

    ``counts`` and ``settled`` are as in the API; ``rejected`` are the report's rows.
    """

    run_id: str
    school: str
    status: str
    counts: dict[str, int] = field(default_factory=dict)
    settled: dict[str, int] | None = None
    rejected: tuple[RejectedRow, ...] = ()


def nothing(_: Any) -> None:
    """Tell nobody."""


async def push_upload(
    client: httpx.AsyncClient,
    upload: Upload,
    *,
    school: str,
    patience: Patience | None = None,
    in_parts_above: int = IN_PARTS_ABOVE,
    on_sent: Callable[[int], None] = nothing,
    on_pause: Callable[[str], None] = nothing,
) -> PushResult:
    """Send an upload; it can be repeated without harm, also after an answer was lost.

    ``client`` has the base URL and signs in (``hwb_provisioning_client.sign_in``). An upload of
    more than ``in_parts_above`` bytes is sent in parts: it goes on where it stopped, in this call
    or in a later one. ``on_sent`` is told the bytes that Hwb has or is being sent, ``on_pause``
    why something is tried again. Raises the errors of ``hwb_provisioning_client.errors``.
    """
    patience = patience or Patience()
    if len(upload.data) > in_parts_above:
        parts = PartsOfUpload(client, upload, school, patience, on_sent, on_pause)
        receipt = await parts.send()
    else:
        receipt = await _in_one_piece(client, upload, school, patience, on_sent, on_pause)
    return PushResult(receipt["run_id"], receipt["school"], receipt["status"])


async def _in_one_piece(
    client: httpx.AsyncClient,
    upload: Upload,
    school: str,
    patience: Patience,
    on_sent: Callable[[int], None],
    on_pause: Callable[[str], None],
) -> dict[str, Any]:
    headers = {
        "Idempotency-Key": upload.idempotency_key(school),
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(upload.data)),
    }
    if upload.extracted_at is not None:
        headers["Hwb-Extracted-At"] = upload.extracted_at.isoformat()

    async def send() -> httpx.Response:
        return await client.post(
            f"/v1/schools/{school}/uploads",
            content=Chunks(upload.data, on_sent),
            headers=headers,
        )

    receipt: dict[str, Any] = (await answered(send, patience, on_pause)).json()
    return receipt


async def wait_until_settled(
    client: httpx.AsyncClient,
    pushed: PushResult,
    *,
    patience: Patience | None = None,
    on_status: Callable[[str], None] = nothing,
    on_pause: Callable[[str], None] = nothing,
) -> PushResult:
    """Follow a run until all its changes are applied; gives its result with rejected rows.

    Raises NotSettledError after ``patience.settle_seconds``, and RefusedError where reading the
    upload whole showed that it cannot be taken.
    """
    patience = patience or Patience()
    address = f"/v1/schools/{pushed.school}/runs/{pushed.run_id}"
    deadline = time.monotonic() + patience.settle_seconds
    poll = SHORTEST_POLL
    while True:
        run = (await answered(lambda: client.get(address), patience, on_pause)).json()
        status = str(run["status"])
        on_status(status)
        if status == "settled":
            break
        if status == "refused":
            refusal = run.get("refusal") or {}
            raise RefusedError(
                str(refusal.get("code", "refused")),
                "The upload was refused when it was read",
                str(refusal.get("detail", "Nothing was changed.")),
            )
        if status in {"waiting", "discarded"}:
            raise NotSettledError(
                "waits_for_approval",
                "The upload waits until somebody approves it",
                f"After a rollback nothing is taken by itself. Hwb has the upload (run "
                f"{pushed.run_id}); the school's Digital Champion approves it. Do not push again.",
            )
        if time.monotonic() + poll > deadline:
            raise NotSettledError(
                "not_settled",
                "The run has not settled yet",
                f"Hwb has the upload (run {pushed.run_id}, {status}) and goes on by itself. Look "
                "at the provisioning status later; do not push again.",
            )
        await asyncio.sleep(poll)
        poll = min(poll * 1.5, LONGEST_POLL)
    rejected: tuple[RejectedRow, ...] = ()
    if run["counts"]["rejected"]:
        report = await answered(lambda: client.get(f"{address}/report"), patience, on_pause)
        rejected = tuple(RejectedRow.of(row) for row in report.json()["rows"])
    return PushResult(
        run_id=pushed.run_id,
        school=pushed.school,
        status=status,
        counts=run["counts"],
        settled=run["settled"],
        rejected=rejected,
    )
