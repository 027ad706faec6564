"""Lists of texts reach PostgreSQL as they are, whatever they contain."""

from typing import Any

import psycopg
import pytest

TEXTS = [
    [],
    ["a"],
    ["", "", ""],
    ["a b", 'with "quotes"', "back\\slash", "{braces}", "a,b", "NULL", " edge ", "tab\tline\n"],
    ["Siân", "Llŷr-O'Brien", "\x01"],
    ["with", None, "none"],
    [None],
    [["nested", "texts"], ["a,b", '"']],
]


@pytest.mark.parametrize("texts", TEXTS)
async def test_texts_come_back_as_they_went(bench: Any, texts: list[Any]) -> None:
    async with bench.platform.database.transaction() as session:
        row = await session.fetch_one("SELECT %s::text[]", (texts,))
    assert row == (texts,)


async def test_numbers_are_still_numbers(bench: Any) -> None:
    async with bench.platform.database.transaction() as session:
        row = await session.fetch_one("SELECT %s::int[], %s::text[]", ([1, -2], ["1", "2"]))
    assert row == ([1, -2], ["1", "2"])


async def test_a_nul_is_refused(bench: Any) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        async with bench.platform.database.transaction() as session:
            await session.fetch("SELECT %s::text[]", (["a\x00b", "c"],))
