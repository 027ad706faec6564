r"""Texts and numbers that callers of an API send: bounded, and such as PostgreSQL can keep.

Ranges are written out, because ``\d`` of a pattern means more digits here than to a reader of the
OpenAPI document.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import core_schema

from hwb_schemas.words import OpenEnum

SchoolNumber = Annotated[
    str,
    Field(pattern=r"^[0-9]{7}$", description="Seven-digit school number.", examples=["6604027"]),
]
AuthorityCode = Annotated[
    str, Field(pattern=r"^[0-9]{3}$", description="Three-digit code of a local authority.")
]
# PostgreSQL keeps no NUL, and nothing of this kind has a control character in it.
PlainText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Note = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]


def _written(value: Any) -> Any:
    """Refuses numbers, which pydantic would read as seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and "-" in value[1:]):
        return value
    message = "write an instant as 2022-08-15T09:00:00Z"
    raise ValueError(message)


def _counted(value: Any) -> Any:
    """Refuses ``false``, which pydantic would read as 0, and digits in a text."""
    if isinstance(value, bool | str):
        message = "write a number"
        raise ValueError(message)  # noqa: TRY004 - what pydantic answers with 422
    return value


A_NUMBER = BeforeValidator(_counted)
"""For a number of a JSON body, after its ``Field``: bounds that follow are not documented."""
Instant = Annotated[AwareDatetime, BeforeValidator(_written)]


class Known:
    """For ``Annotated``: a word of the enumeration as it is here and now.

    Events may say what a later writer knows, and it reads as ``UNKNOWN``; who asks for a word that
    is not known has misspelt it, and is told.
    """

    def __get_pydantic_core_schema__(self, words: type[OpenEnum], handler: Any) -> Any:
        known = core_schema.literal_schema([one.value for one in words if one != "unknown"])
        return core_schema.no_info_after_validator_function(words, known)
