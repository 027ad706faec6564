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
    return text if text.isalnum() else text.translate(_ESCAPES)


def json_field(text: str) -> str:
    """JSON as a field: it has no control characters, so that only backslashes matter."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def array_field(texts: Sequence[str]) -> str:
    """A ``text[]`` as a field."""
    if not texts:
        return EMPTY_ARRAY
    joined = '","'.join(texts)
    plain = joined.isprintable() and "\\" not in joined
    if plain and joined.count('"') == 2 * (len(texts) - 1):
        return '{"' + joined + '"}'
    quoted = ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return ("{" + quoted + "}").translate(_ESCAPES)
