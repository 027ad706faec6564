"""Asks again where nobody answers: a process of the stack that ended is soon started again.

Every caller of these APIs is to do so; commands carry an Idempotency-Key that makes it harmless.
"""

import asyncio

import httpx

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2


class PatientTransport(httpx.AsyncBaseTransport):
    """HTTP that survives the end and new start of whoever it talks to."""

    def __init__(self) -> None:
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request until somebody answers or patience ends; then raise what was wrong."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        while True:
            try:
                return await self._transport.handle_async_request(request)
            except httpx.TimeoutException:
                raise
            except httpx.TransportError as error:
                # A body that is streamed is gone once a part of it was sent: its sender sends anew.
                again = isinstance(request.stream, httpx.ByteStream)
                unsent = isinstance(error, httpx.ConnectError)
                if loop.time() > deadline or not (again or unsent):
                    raise
                await asyncio.sleep(PAUSE_SECONDS)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()
