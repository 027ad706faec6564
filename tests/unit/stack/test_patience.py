"""Whoever asks a service of the stack is patient with its restarts, and careful with streams."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from hwb_rehearsal.stack.patience import PatientTransport

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@contextlib.asynccontextmanager
async def dying_once() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that ends its first connection in the middle of the request; what it was sent."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))
        if len(heard) > 1:
            writer.write(ANSWER)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard


async def test_a_command_is_sent_again_to_a_service_that_died_over_it() -> None:
    async with (
        dying_once() as (url, heard),
        httpx.AsyncClient(transport=PatientTransport()) as client,
    ):
        answer = await client.post(url, json={"class_key": "6604001/2021-22/7A"})
    assert answer.text == "ok"
    assert len(heard) == 2


async def test_a_streamed_body_is_left_to_its_sender() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a part of an upload"

    async with (
        dying_once() as (url, heard),
        httpx.AsyncClient(transport=PatientTransport()) as client,
    ):
        with pytest.raises(httpx.TransportError):
            await client.post(url, content=body())
    assert len(heard) == 1
