"""Cursors of lists: where the next page begins, opaque to callers and good for that list alone."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hwb_identity.errors import CursorForeignError

CursorText = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")]
_MARK = 4


def cursor_after(last: UUID | str, *, of_list: str) -> str:
    """The cursor of the page after this id or key; ``of_list`` says which list it is good for."""
    place = last.bytes if isinstance(last, UUID) else last.encode()
    return urlsafe_b64encode(place + _mark(of_list)).decode().rstrip("=")


def account_before(cursor: str | None, *, of_list: str) -> str | None:
    """The account after which the page begins; raises CursorForeignError for another list's."""
    place = _place(cursor, of_list)
    if place is None:
        return None
    if len(place) != len(UUID(int=0).bytes):
        raise CursorForeignError
    return str(UUID(bytes=place))


def key_before(cursor: str | None, *, of_list: str) -> str:
    """The key after which the page begins, blank for the first; raises CursorForeignError."""
    try:
        key = (_place(cursor, of_list) or b"").decode()
    except UnicodeDecodeError as error:
        raise CursorForeignError from error
    if key and not key.isprintable():
        raise CursorForeignError
    return key


def _place(cursor: str | None, of_list: str) -> bytes | None:
    if cursor is None:
        return None
    try:
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise CursorForeignError from error
    if told[-_MARK:] != _mark(of_list):
        raise CursorForeignError
    return told[:-_MARK]


def _mark(of_list: str) -> bytes:
    return blake2b(of_list.encode(), digest_size=_MARK).digest()
