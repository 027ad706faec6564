"""Asks identity and mis-ingest over HTTP to carry out what somebody decided of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from hwb_notifier.domain.decision import Owner, OwnersCommand
from hwb_notifier.errors import OwnerAwayError, OwnerRefusedError, OwnerSilentError
from hwb_runtime.problems import MEDIA_TYPE
from hwb_runtime.tracing import next_traceparent

PASSED_ON = frozenset({400, 401, 403, 404, 409, 412, 422, 429, 503})
"""Statuses of problems that our own document has; of others nobody knows what was done."""


@dataclass(frozen=True, slots=True)
class OwnersOverHttp:
    """The Owners of the application.

    A blank address is one that the deployment does not say. ``http`` is for tests, which answer in
    the process.
    """

    addresses: Mapping[Owner, str]
    seconds: float
    http: Mapping[Owner, httpx.AsyncBaseTransport] | None = None

    async def carry_out(self, command: OwnersCommand, *, key: str, token: str) -> dict[str, Any]:
        """The owner's answer. Raises OwnerRefusedError, OwnerAwayError, OwnerSilentError."""
        owner = command.owner
        address = self.addresses.get(owner)
        if not address:
            raise OwnerAwayError(owner, "its address is not in the settings")
        headers = {
            "Authorization": token,
            "Idempotency-Key": key,
            "traceparent": next_traceparent(),
        }
        if command.if_match is not None:
            headers["If-Match"] = f'"{command.if_match}"'
        try:
            async with httpx.AsyncClient(
                base_url=address,
                timeout=self.seconds,
                transport=self.http[owner] if self.http else None,
                trust_env=False,
            ) as client:
                answer = await client.post(
                    command.address, json=dict(command.body), headers=headers
                )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise OwnerAwayError(owner, type(error).__name__) from error
        except httpx.HTTPError as error:
            raise OwnerSilentError(owner, type(error).__name__) from error
        return _answered(owner, answer)


def _answered(owner: Owner, answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError as error:
        why = f"it answered {answer.status_code} without JSON"
        raise OwnerSilentError(owner, why) from error
    if answer.is_success and isinstance(body, dict):
        return body
    is_problem = answer.headers.get("content-type", "").startswith(MEDIA_TYPE)
    if answer.status_code in PASSED_ON and is_problem:
        raise OwnerRefusedError(answer.status_code, body, answer.headers.get("Retry-After"))
    raise OwnerSilentError(owner, f"it answered {answer.status_code}")
