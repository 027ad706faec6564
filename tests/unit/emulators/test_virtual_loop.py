"""On the virtual loop waiting takes no time, and time passes for nobody else."""

import asyncio
import time

from hwb_rehearsal.emulators.time import VirtualClock
from hwb_rehearsal.emulators.virtual_loop import run_virtually


def test_sleeps_end_in_their_order_and_an_hour_takes_a_moment() -> None:
    clock, told = VirtualClock(), list[float]()
    ended = []

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
        ended.append((seconds, asyncio.get_running_loop().time()))

    async def main() -> None:
        await asyncio.gather(sleep(3600), sleep(0.5), sleep(60))

    began = time.monotonic()
    run_virtually(main, clock=clock, moved=told.append)

    assert time.monotonic() - began < 10
    assert ended == [(0.5, 0.5), (60, 60), (3600, 3600)]
    assert told == [0.5, 60, 3600]


def test_time_stands_still_while_somebody_waits_for_a_socket() -> None:
    clock = VirtualClock()
    seen = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(time.sleep, 0.2)
        writer.write(b"answer")
        await writer.drain()
        writer.close()

    async def ask(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b"answer"
        seen.append(clock())
        writer.close()
        await asyncio.sleep(10)
        seen.append(clock())

    async def main() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, asyncio.timeout(60):
            await ask(port)

    run_virtually(main, clock=clock, moved=lambda _: None)

    assert seen == [0.0, 10.0]
