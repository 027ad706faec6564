"""The Unique Pupil Number and its check letter (facts/domain.md 3.1).

Thirteen characters: a check letter, the issuing authority, establishment, year and serial. The
authority is the issuing school's, so English and old codes are as good as Welsh ones. A temporary
UPN ends in a letter, which counts as its own index.
"""

import re
from itertools import count
from operator import mul

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip(LETTERS, range(23), strict=True)),
}
_SHAPE = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def check_letter(rest: str) -> str:
    """The letter that must precede these twelve characters.

    Raises ValueError where a character is neither a digit nor a permitted last letter.
    """
    try:
        return LETTERS[sum(map(mul, count(2), map(_VALUES.__getitem__, rest))) % 23]
    except KeyError as error:
        message = f"{error} is neither a digit nor a letter of UPNs"
        raise ValueError(message) from error


def has_upn_shape(upn: str) -> bool:
    """Whether these are thirteen characters, each permitted in its place."""
    return _SHAPE.fullmatch(upn) is not None


def is_valid_upn(upn: str) -> bool:
    """Whether the shape is right and the check letter agrees."""
    return has_upn_shape(upn) and check_letter(upn[1:]) == upn[0]


def is_temporary_upn(upn: str) -> bool:
    """Whether this UPN ends in a letter."""
    return upn[-1:].isalpha()
