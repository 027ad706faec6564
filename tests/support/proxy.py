"""A proxy as schools have one: forwards HTTP, tunnels HTTPS, counts, and stands still or cuts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

READ_BYTES = 16 * 1024
HEAD_ENDS = b"\r\n\r\n"


@dataclass
class Proxy:
    """Listens on loopback; ``requests`` are the first lines of what it was asked.

    One request a connection, as plain proxies do. ``passed`` counts the bytes of forwarded
    bodies of ``counts``. Once ``holds_after`` of them have passed it sets ``holding`` and passes
    nothing until ``release``, after which the connection is cut.
    """

    counts: str = "PATCH"
    wants_login: bool = False
    holds_after: int | None = None
    requests: list[str] = field(default_factory=list)
    passed: int = 0
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve until the block ends."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self.release()
            server.close()

    def release(self) -> None:
        """Cut the connection that is held; all that come later pass."""
        self.holds_after = None
        self._released.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(HEAD_ENDS)).decode("latin-1")
        first, _, headers = head.partition("\r\n")
        self.requests.append(first)
        method, target, version = first.split(" ")
        if self.wants_login and "proxy-authorization: basic" not in headers.lower():
            return await _say(writer, "407 Proxy Authentication Required")
        is_tunnel = method == "CONNECT"
        where = urlsplit(f"//{target}" if is_tunnel else target)
        try:
            answers, upstream = await asyncio.open_connection(where.hostname, where.port)
        except OSError:
            return await _say(writer, "502 Bad Gateway")
        try:
            if is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = target.removeprefix(f"{where.scheme}://{where.netloc}")
                line = f"{method} {path} {version}\r\nConnection: close\r\n"
                upstream.write((line + headers).encode("latin-1"))
            back = asyncio.create_task(_copy(answers, writer))
            there = asyncio.create_task(
                self._copy_body(reader, upstream, counted=method == self.counts)
            )
            # The answer ends the exchange; a client that goes away, or our own cut, does as well.
            await asyncio.wait({back, there}, return_when=asyncio.FIRST_EXCEPTION)
            for copying in (there, back):
                copying.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            if there.done() and not there.cancelled() and there.exception() is not None:
                writer.transport.abort()
        finally:
            upstream.close()

    async def _copy_body(
        self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        while data := await reader.read(READ_BYTES):
            if counted and self.holds_after is not None and self.passed >= self.holds_after:
                self.holding.set()
                await self._released.wait()
                raise ConnectionAbortedError
            upstream.write(data)
            await upstream.drain()
            self.passed += len(data) if counted else 0
        raise ConnectionAbortedError


async def _copy(answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await answers.read(READ_BYTES):
        writer.write(data)
        await writer.drain()
    raise EOFError


async def _say(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
