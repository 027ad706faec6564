"""Sign-in names: made once, from forename initial and surname, and never changed by the MIS."""

import unicodedata

DOMAIN = "hwbcymru.net"
LONGEST_STEM = 40
_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


def name_stem(display_name: str) -> str:
    """``a.jones`` of ``Angharad Jones``: ASCII letters, no marks, apostrophes, hyphens.

    Without digits, so that no stem with a number equals another. Without any letter: ``user``.
    """
    if display_name.isascii():
        plain = display_name.lower()
    else:
        lower = display_name.lower().translate(_LETTERS_WITHOUT_DECOMPOSITION)
        plain = unicodedata.normalize("NFKD", lower).lower()
    forename, _, surname = plain.partition(" ")
    initial = _letters(forename)[:1]
    rest = _letters(surname)
    if not rest:
        return (_letters(forename) or "user")[:LONGEST_STEM]
    return f"{initial}.{rest}"[:LONGEST_STEM] if initial else rest[:LONGEST_STEM]


def sign_in_name(stem: str, number: int) -> str:
    """``a.jones12@hwbcymru.net``."""
    return f"{stem}{number}@{DOMAIN}"


def stem_of(name: str) -> str:
    """The stem of a sign-in name."""
    return name.partition("@")[0].rstrip("0123456789")


def _letters(text: str) -> str:
    if text.isalpha() and text.isascii():
        return text
    return "".join(letter for letter in text if letter.isascii() and letter.isalpha())
