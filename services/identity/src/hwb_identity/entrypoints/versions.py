"""An account's version as an entity tag, and the one that a command builds on."""

from typing import Annotated

from fastapi import Depends, Header

_IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[0-9]{1,9}"$',
        description="The ETag of the account as it was seen.",
        examples=['"3"'],
    ),
]


def etag_of(version: int) -> str:
    """The entity tag of an account's version."""
    return f'"{version}"'


async def _seen_version(if_match: _IfMatch) -> int:
    return int(if_match.strip('"'))


SeenVersion = Annotated[int, Depends(_seen_version)]
"""The version of the account as the caller saw it."""
