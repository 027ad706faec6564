r"""PostgreSQL's COPY text format, made by hand: it is half of what writing 1,000 persons costs.

A line is tab-separated fields; ``\N`` is NULL; backslash, tab, newline and return are escaped.
"""

from collections.abc import Sequence

NULL = "\\N"
EMPTY_ARRAY = "{}"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def field(text: str | None) -> str:
    """A text, or NULL, as a field."""
    if text is None:
        return NULL
    plain = text.isprintable() and "\\" not in text
    return text if plain else text.translate(_ESCAPES)


def json_field(text: str) -> str:
    """JSON as a field: it has no control characters, so that only backslashes matter."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def array_field(texts: Sequence[str]) -> str:
    """A ``text[]`` as a field."""
    return field(array_literal(texts)) if texts else EMPTY_ARRAY


def array_literal(texts: Sequence[str]) -> str:
    """A ``text[]`` as PostgreSQL reads it in a parameter."""
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * max(len(texts) - 1, 0):
        joined = '","'.join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return '{"' + joined + '"}' if texts else EMPTY_ARRAY
