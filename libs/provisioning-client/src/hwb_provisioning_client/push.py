"""Sends an upload and follows its run: the part that programs other than our CLI may use."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from hwb_provisioning_client.errors import (
    NotAllowedError,
    NotReachableError,
    NotSettledError,
    RefusedError,
)
from hwb_provisioning_client.upload import Upload

CHUNK_BYTES = 64 * 1024
TRY_AGAIN = frozenset({429, 502, 503, 504})
NOT_ALLOWED = frozenset({401, 403})
LONGEST_PAUSE = 20.0
LONGEST_RETRY_AFTER = 120.0
SHORTEST_POLL, LONGEST_POLL = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on: tries of one request, first pause, and seconds until a run settles."""

    tries: int = 6
    first_pause: float = 0.5
    settle_seconds: float = 600.0


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


def _nothing(_: Any) -> None:
    return None


async def push_upload(
    client: httpx.AsyncClient,
    upload: Upload,
    *,
    school: str,
    patience: Patience | None = None,
    on_sent: Callable[[int], None] = _nothing,
    on_pause: Callable[[str], None] = _nothing,
) -> PushResult:
    """Send an upload; it can be repeated without harm, also after an answer was lost.

    ``client`` has the base URL and signs in (``hwb_provisioning_client.sign_in``). ``on_sent`` is
    told the bytes sent of the present try, ``on_pause`` why it is tried again. Raises the errors
    of ``hwb_provisioning_client.errors``.
    """
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
            content=_Chunks(upload.data, on_sent),
            headers=headers,
        )

    answer = await answered(send, patience or Patience(), on_pause)
    receipt = answer.json()
    return PushResult(receipt["run_id"], receipt["school"], receipt["status"])


async def wait_until_settled(
    client: httpx.AsyncClient,
    pushed: PushResult,
    *,
    patience: Patience | None = None,
    on_status: Callable[[str], None] = _nothing,
    on_pause: Callable[[str], None] = _nothing,
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


@dataclass(frozen=True)
class _Chunks:
    """The bytes piece by piece, from the start each time: a request may be sent twice."""

    data: bytes
    on_sent: Callable[[int], None]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.on_sent(0)
        for start in range(0, len(self.data), CHUNK_BYTES):
            yield self.data[start : start + CHUNK_BYTES]
            self.on_sent(min(start + CHUNK_BYTES, len(self.data)))


async def answered(
    send: Callable[[], Any], patience: Patience, on_pause: Callable[[str], None]
) -> httpx.Response:
    """The first answer that is not "try again". Raises for every other failure."""
    reason = ""
    for attempt in range(patience.tries):
        pause = min(patience.first_pause * 2**attempt, LONGEST_PAUSE) * random.uniform(0.7, 1.3)
        try:
            answer: httpx.Response = await send()
        except httpx.TransportError as error:
            reason = f"no connection ({type(error).__name__})"
        else:
            if answer.status_code not in TRY_AGAIN:
                return _good(answer)
            reason = f"Hwb is busy (HTTP {answer.status_code})"
            pause = _retry_after(answer, pause)
        if attempt + 1 < patience.tries:
            on_pause(f"{reason}; trying again in {pause:.1f} s")
            await asyncio.sleep(pause)
    raise NotReachableError(
        "not_reachable",
        "Hwb could not be reached",
        f"{patience.tries} tries, the last: {reason}. Check the address, the network and the "
        "proxy, then push again: an upload that did arrive is not taken twice.",
    )


def _retry_after(answer: httpx.Response, otherwise: float) -> float:
    """The seconds that Hwb asks for. Raises NotReachableError where that is too long to stay."""
    told = answer.headers.get("Retry-After", "")
    seconds = float(told) if told.isdecimal() else otherwise
    if seconds > LONGEST_RETRY_AFTER:
        raise NotReachableError(
            "asked_to_wait",
            "Hwb asks to come back later",
            f"Nothing was changed. Push again in {seconds / 60:.0f} minutes.",
        )
    return seconds


def _good(answer: httpx.Response) -> httpx.Response:
    is_json = "json" in answer.headers.get("content-type", "")
    if answer.is_success and is_json:
        return answer
    problem: dict[str, Any] = {}
    if is_json:
        problem = answer.json()
    code = str(problem.get("code", f"http_{answer.status_code}"))
    title = str(problem.get("title", f"Hwb answered {answer.status_code}"))
    told = problem.get("detail") or problem.get("error_description")
    detail = str(told or "Check the address: is it that of Hwb's MIS ingest?")
    kind = NotAllowedError if answer.status_code in NOT_ALLOWED else RefusedError
    raise kind(code, title, detail)
