"""On the virtual loop waiting takes no time, and time passes for nobody else."""

import asyncio
import socket
import threading
import time

from hwb_rehearsal.emulators.time import VirtualClock
from hwb_rehearsal.emulators.virtual_loop import run_virtually


async def timer(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    rings = loop.create_future()
    loop.call_later(seconds, rings.set_result, None)
    await rings


def test_timers_end_in_their_order_and_an_hour_takes_a_moment() -> None:
    clock, told = VirtualClock(), list[float]()
    ended = []

    async def wait(seconds: float) -> None:
        await timer(seconds)
        ended.append((seconds, asyncio.get_running_loop().time()))

    async def main() -> None:
        await asyncio.gather(wait(3600), wait(0.5), wait(60))

    began = time.monotonic()
    run_virtually(main, clock=clock, moved=told.append)

    assert time.monotonic() - began < 10
    assert ended == [(0.5, 0.5), (60, 60), (3600, 3600)]
    assert told == [0.5, 60, 3600]


def test_time_stands_still_while_somebody_waits_for_a_socket() -> None:
    clock = VirtualClock()
    seen = []
    here, there = socket.socketpair()
    here.setblocking(False)

    async def main() -> None:
        threading.Timer(0.2, there.sendall, (b"answer",)).start()
        async with asyncio.timeout(60):
            assert await asyncio.get_running_loop().sock_recv(here, 100) == b"answer"
            seen.append(clock())
            await timer(10)
            seen.append(clock())

    with here, there:
        run_virtually(main, clock=clock, moved=lambda _: None)

    assert seen == [0.0, 10.0]
