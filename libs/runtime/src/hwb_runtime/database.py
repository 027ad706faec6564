"""PostgreSQL without its client's types: transactions, sets of rows in, sets of rows out."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.pq import TransactionStatus
from psycopg.types.array import ListDumper
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from hwb_runtime.errors import TransientError

Row = tuple[Any, ...]
Params = Sequence[Any] | Mapping[str, Any]


class _TextsDumper(ListDumper):
    """Lists of texts for ``text[]``, in one go: psycopg's own goes through them one by one."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """PostgreSQL's text of the array; psycopg's own where it has more than plain texts."""
        if not obj or set(map(type, obj)) != {str}:
            return super().dump(obj)
        joined = "\0".join(obj)
        if joined.count("\0") != len(obj) - 1:
            return super().dump(obj)  # which says what is wrong with a NUL
        escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
        return b'{"%b"}' % escaped.replace("\0", '","').encode()


set_json_loads(orjson.loads)
set_json_dumps(orjson.dumps)
psycopg.adapters.register_dumper(list, _TextsDumper)


class ContentionError(TransientError):
    """Another transaction was in the way (deadlock, serialisation): the same work will succeed."""


class DatabaseGoneError(TransientError):
    """The connection was cut. A worker ends by it and is started again; a request answers 503."""


def as_json(value: Any) -> Any:
    """A parameter for a ``jsonb`` column from a dict, a list, or JSON bytes."""
    return Jsonb(orjson.Fragment(value) if isinstance(value, bytes) else value)


class Session:
    """One transaction. Parameters are ``%s`` or ``%(name)s``; instants come back aware, in UTC."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows of the answer."""
        cursor = await self._connection.execute(sql, params or None)
        rows: list[Row] = await cursor.fetchall()
        return rows

    async def fetch_bytes(self, sql: str, params: Params = ()) -> list[Row]:
        """The same for rows with a large ``bytea``, which ``fetch`` gets as hexadecimal digits."""
        cursor = await self._connection.execute(sql, params or None, binary=True)
        rows: list[Row] = await cursor.fetchall()
        return rows

    async def fetch_one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        cursor = await self._connection.execute(sql, params or None)
        row: Row | None = await cursor.fetchone()
        return row

    async def execute(self, sql: str, params: Params = ()) -> int:
        """Run a statement; gives the number of rows it touched."""
        cursor = await self._connection.execute(sql, params or None)
        return max(int(cursor.rowcount), 0)

    async def copy_in(
        self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> int:
        """COPY rows into a table; gives their number. JSON parameters want ``as_json``."""
        sent = 0
        async with self._connection.cursor() as cursor:
            statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            async with cursor.copy(statement) as copy:
                for row in rows:
                    await copy.write_row(row)
                    sent += 1
        return sent

    async def copy_text(self, table: str, columns: Sequence[str], blocks: Iterable[bytes]) -> None:
        r"""COPY blocks that are already in PostgreSQL's text format (tabs, ``\N``, escapes)."""
        async with self._connection.cursor() as cursor:
            statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
            async with cursor.copy(statement) as copy:
                for block in blocks:
                    await copy.write(block)

    async def stream(
        self, sql: str, params: Params = (), *, batch: int = 1000
    ) -> AsyncIterator[list[Row]]:
        """The answer in batches, through a cursor on the server: memory does not grow with it."""
        async with self._connection.cursor(name="hwb_stream") as cursor:
            await cursor.execute(sql, params or None)
            while rows := await cursor.fetchmany(batch):
                yield rows

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is done within is undone alone if it raises."""
        async with self._connection.transaction():
            yield


class Database:
    """A pool of connections to one service's database."""

    def __init__(self, pool: Any, url: str) -> None:
        self._pool = pool
        self._url = url

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, connections: int) -> AsyncIterator["Database"]:
        """Connect; raises DatabaseGoneError where the server does not answer in 30 seconds."""
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            open=False,
            kwargs={"options": "-c timezone=UTC"},
            check=AsyncConnectionPool.check_connection,
        )
        try:
            await pool.open(wait=True, timeout=30)
        except psycopg.errors.OperationalError as error:
            await pool.close()
            raise DatabaseGoneError(str(error)) from error
        except Exception as error:
            await pool.close()
            message = "PostgreSQL does not answer: is the address right and the server up?"
            raise DatabaseGoneError(message) from error
        try:
            yield cls(pool, url)
        finally:
            await pool.close(timeout=5)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Committed when the block ends, rolled back when it raises.

        Raises ContentionError for a deadlock and DatabaseGoneError for a lost connection.
        """
        with _translated():
            async with self._pool.connection() as connection:
                yield Session(connection)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Session]:
        """Every statement commits by itself: two messages fewer than a transaction of one.

        Raises as ``transaction`` does.
        """
        with _translated():
            async with self._pool.connection() as connection:
                await connection.set_autocommit(True)
                try:
                    yield Session(connection)
                finally:
                    if connection.info.transaction_status is TransactionStatus.IDLE:
                        await connection.set_autocommit(False)
                    else:  # cut, or left in the middle: the pool makes another one
                        await connection.close()

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Session]:
        """A connection outside the pool where every statement commits by itself: for locks."""
        with _translated():
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, options="-c timezone=UTC"
            )
            async with connection:
                yield Session(connection)


class _translated:  # noqa: N801 - used like a function
    """Turn the client's errors into the runtime's two."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, psycopg.errors.DeadlockDetected | psycopg.errors.SerializationFailure):
            raise ContentionError(str(error)) from error
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise DatabaseGoneError(str(error)) from error
