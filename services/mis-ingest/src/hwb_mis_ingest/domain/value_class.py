"""What kind of thing a rejected value was, for a report that never shows the value itself."""

import re
from collections.abc import Callable
from enum import StrEnum

LONGEST = 200
_UPN_LENGTH = 13
_DATE_PARTS = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(?:[T ].*)?")


class ValueClass(StrEnum):
    """The kinds. ``none`` is of faults that are not about one value."""

    NONE = "none"
    BLANK = "blank"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    DATE = "date"
    NUMBER = "number"
    UPN_LIKE = "upn_like"
    TEXT = "text"


_TESTS: tuple[tuple[ValueClass, Callable[[str], bool]], ...] = (
    (ValueClass.BLANK, lambda value: not value),
    (ValueClass.TOO_LONG, lambda value: len(value) > LONGEST),
    (ValueClass.UNPRINTABLE, lambda value: not value.isprintable()),
    (ValueClass.DATE, lambda value: _DATE_PARTS.fullmatch(value) is not None),
    (ValueClass.NUMBER, str.isdecimal),
    (
        ValueClass.UPN_LIKE,
        lambda value: len(value) == _UPN_LENGTH and value[1:-1].isdecimal(),
    ),
)


def value_class_of(value: str) -> ValueClass:
    """The first kind that fits, most telling first."""
    return next((kind for kind, fits in _TESTS if fits(value)), ValueClass.TEXT)
