"""Commands that change something once, however often they are sent."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header

from hwb_runtime.auth import Caller
from hwb_runtime.database import as_json
from hwb_runtime.problems import ProblemError
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="Chosen by the caller, the same for every try of one command.",
    ),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a command answers: HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


class KeyUsedError(ProblemError):
    """The caller used the key for another command before. Choose a new key for a new command."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="idempotency_key_used",
            title="This Idempotency-Key was used for another request",
            detail="Nothing was changed. Choose a new key for a new command.",
        )


def name_of(caller: Caller) -> str:
    """Whose a key is: two callers may choose the same one."""
    return f"{caller.role}:{caller.subject}"


async def once(
    uow: UnitOfWork,
    *,
    key: str,
    caller: Caller | str,
    request: bytes,
    effect: Callable[[], Awaitable[Reply]],
) -> Reply:
    """Run the effect, or give the reply of the first time; both are one transaction.

    Raises a 422 problem where the key was used for another request.
    """
    subject = caller if isinstance(caller, str) else name_of(caller)
    digest = hashlib.sha256(request).digest()
    new = await uow.session.execute(
        """INSERT INTO idempotency (caller, key, request_digest) VALUES (%s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (subject, key, digest),
    )
    if not new:
        return await _first_reply(uow, key=key, subject=subject, digest=digest)
    reply = await effect()
    await uow.session.execute(
        "UPDATE idempotency SET status = %s, body = %s WHERE caller = %s AND key = %s",
        (reply.status, as_json(reply.body), subject, key),
    )
    uow.in_hand += 1
    return reply


async def command_once(
    units_of_work: UnitsOfWork,
    *,
    key: str,
    caller: Caller,
    request: bytes,
    effect: Callable[[UnitOfWork], Awaitable[Reply]],
) -> Reply:
    """The same as a transaction of its own, for a command that has nothing else in it."""
    async with units_of_work.begin() as uow:
        return await once(uow, key=key, caller=caller, request=request, effect=lambda: effect(uow))


async def earlier_reply(
    uow: UnitOfWork, *, key: str, caller: Caller, request: bytes
) -> Reply | None:
    """The reply of the first time; None where this is it.

    For a command whose effect is at another service: it is looked for before that one is asked.
    Raises a 422 problem where the key was used for another request.
    """
    return await _stored(uow, key, name_of(caller), hashlib.sha256(request).digest())


async def _first_reply(uow: UnitOfWork, *, key: str, subject: str, digest: bytes) -> Reply:
    reply = await _stored(uow, key, subject, digest)
    if reply is None:
        raise KeyUsedError
    return reply


async def _stored(uow: UnitOfWork, key: str, subject: str, digest: bytes) -> Reply | None:
    row = await uow.session.fetch_one(
        "SELECT request_digest, status, body FROM idempotency WHERE caller = %s AND key = %s",
        (subject, key),
    )
    if row is None:
        return None
    if bytes(row[0]) != digest:
        raise KeyUsedError
    return Reply(status=row[1], body=row[2])
