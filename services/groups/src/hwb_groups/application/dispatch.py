"""Keeps a provider's slots filled with the most urgent operations, a few of them for restores."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hwb_groups.application.ports import Breaker, Operation, OperationQueue
from hwb_groups.domain.breaker import Gate
from hwb_groups.domain.group import INTERACTIVE, Lane
from hwb_groups.metrics import IN_HAND
from hwb_schemas.words import Provider

FULL_SECONDS = 0.1
"""While the slots are full, how often a restore is looked for."""


@dataclass
class Dispatcher:
    """``run_once`` is a job of the worker; ``stop`` ends what is still in hand.

    ``kept`` of the ``slots`` are for restores only: however many slow bulk operations are in hand,
    a restore is claimed at once. A provider that is out of order gets restores alone, and now and
    then one operation more to see whether it is back. Every ``keep_every`` seconds the leases are
    extended.
    """

    provider: Provider
    queue: OperationQueue
    breaker: Breaker
    perform: Callable[[Operation], Awaitable[None]]
    slots: int
    kept: int
    keep_every: float
    _running: dict[asyncio.Task[None], Operation] = field(default_factory=dict)
    _kept_at: float = 0.0

    async def run_once(self) -> bool:
        """Claim what fits; True when there may be more. Raises what an operation raised."""
        self._reap()
        await self._keep()
        claimed = await self._claim()
        for operation in claimed:
            self._running[asyncio.create_task(self._one(operation))] = operation
        IN_HAND.labels(self.provider.value).set(len(self._running))
        if len(self._running) >= self.slots - self.kept:
            await asyncio.wait(
                self._running, timeout=FULL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return True
        return bool(claimed)

    async def stop(self) -> None:
        """Let go of everything in hand, so that another worker takes it up at once."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._running:
            await self.queue.let_go(self._running.values())
        self._running.clear()

    async def idle(self) -> None:
        """Wait until nothing is in hand. Raises what an operation raised."""
        while self._running:
            await asyncio.wait(self._running)
            self._reap()

    async def _one(self, operation: Operation) -> None:
        await self.perform(operation)

    async def _keep(self) -> None:
        """Extend the leases now and then, however long a provider takes to answer."""
        now = asyncio.get_running_loop().time()
        if self._running and now - self._kept_at > self.keep_every:
            await self.queue.keep(self._running.values())
            self._kept_at = now

    async def _claim(self) -> list[Operation]:
        free = self.slots - len(self._running)
        if free <= 0:
            return []
        gate = await self.breaker.gate(self.provider)
        if gate is Gate.ONE:
            return await self.queue.claim(self.provider, up_to=max(Lane), limit=1)
        everything = free - self.kept
        if everything > 0 and gate is Gate.ALL:
            return await self.queue.claim(self.provider, up_to=max(Lane), limit=everything)
        return await self.queue.claim(self.provider, up_to=INTERACTIVE, limit=free)

    def _reap(self) -> None:
        for task in [task for task in self._running if task.done()]:
            del self._running[task]
            task.result()
