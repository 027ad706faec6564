"""Cursors of lists: where the next page begins, opaque to callers and good for that list alone."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hwb_identity.errors import CursorForeignError

CursorText = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9_=-]+$")]
_MARK = 4


def cursor_after(account_id: UUID, *, of_list: str) -> str:
    """The cursor of the page after this account; ``of_list`` says which list it is good for."""
    return urlsafe_b64encode(account_id.bytes + _mark(of_list)).decode().rstrip("=")


def account_before(cursor: str | None, *, of_list: str) -> str | None:
    """The account after which the page begins; raises CursorForeignError for another list's."""
    if cursor is None:
        return None
    try:
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise CursorForeignError from error
    if len(told) != 16 + _MARK or told[16:] != _mark(of_list):
        raise CursorForeignError
    return str(UUID(bytes=told[:16]))


def _mark(of_list: str) -> bytes:
    return blake2b(of_list.encode(), digest_size=_MARK).digest()
