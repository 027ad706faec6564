"""What is written to PostgreSQL by hand is what it would write itself."""

from hypothesis import given
from hypothesis import strategies as st

from hwb_identity.adapters.copy_lines import array_literal, field, json_field

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def unescaped(text: str) -> str | None:
    """PostgreSQL's reading of a COPY field."""
    if text == "\\N":
        return None
    found, escaped = [], False
    for letter in text:
        if escaped:
            found.append({"t": "\t", "n": "\n", "r": "\r"}.get(letter, letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            found.append(letter)
    return "".join(found)


def elements(literal: str) -> list[str]:
    """PostgreSQL's reading of a quoted text array."""
    found: list[str] = []
    inside = escaped = False
    for letter in literal[1:-1]:
        if escaped:
            found[-1] += letter
            escaped = False
        elif inside and letter == "\\":
            escaped = True
        elif letter == '"':
            inside = not inside
            if inside:
                found.append("")
        elif inside:
            found[-1] += letter
    return found


@given(TEXTS)
def test_a_field_reads_as_it_was(text: str) -> None:
    line = field(text)
    assert unescaped(line) == text
    assert not set(line) & set("\t\n\r")


def test_null_is_not_the_text_that_looks_like_it() -> None:
    assert field(None) == "\\N"
    assert unescaped(field("\\N")) == "\\N"


@given(st.lists(TEXTS, max_size=4))
def test_an_array_reads_as_it_was(texts: list[str]) -> None:
    assert elements(array_literal(texts)) == texts


def test_json_keeps_its_escapes() -> None:
    assert unescaped(json_field('{"a":"\\"\\\\\\n"}')) == '{"a":"\\"\\\\\\n"}'
