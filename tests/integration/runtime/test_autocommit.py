"""Statements that commit by themselves, on connections that transactions use before and after."""

import asyncio
from typing import Any

import pytest

from hwb_runtime.database import DatabaseGoneError


class LateError(Exception):
    """Something failed after the statements."""


async def numbers(bench: Any) -> list[Any]:
    async with bench.platform.database.transaction() as session:
        return [row[0] for row in await session.fetch("SELECT run_id FROM tally ORDER BY run_id")]


async def insert(bench: Any, run_id: str, *, within: str) -> None:
    """Insert a row, and fail afterwards."""
    async with getattr(bench.platform.database, within)() as session:
        await session.execute("INSERT INTO tally (run_id) VALUES (%s)", (run_id,))
        raise LateError


async def failing(bench: Any, run_id: str, *, within: str) -> None:
    with pytest.raises(LateError):
        await insert(bench, run_id, within=within)


async def test_what_fails_later_undoes_no_statement_but_every_transaction(bench: Any) -> None:
    await failing(bench, "by itself", within="autocommit")
    for _ in range(10):  # every connection of the pool is one for transactions again
        await failing(bench, "in a transaction", within="transaction")
    assert await numbers(bench) == ["by itself"]


async def test_a_connection_that_was_cut_is_replaced(bench: Any) -> None:
    with pytest.raises(DatabaseGoneError):
        async with bench.platform.database.autocommit() as session:
            await session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    await failing(bench, "afterwards", within="transaction")
    assert await numbers(bench) == []


async def test_a_statement_that_is_given_up_leaves_a_connection_for_others(bench: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), bench.platform.database.autocommit() as session:
            await session.execute("SELECT pg_sleep(30)")
    await failing(bench, "afterwards", within="transaction")
    assert await numbers(bench) == []
