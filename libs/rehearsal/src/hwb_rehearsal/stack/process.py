"""One process of the stack: started, watched, and started again when it ends by itself."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from hwb_rehearsal.broker.child import dies_with_parent
from hwb_rehearsal.stack.errors import StackError

CRASH_AT = "HWB_CRASH_AT"
FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 5.0
STEADY_SECONDS = 10.0
STOP_SECONDS = 15.0
MEMORY_SAMPLE_SECONDS = 1.0
LOG_TAIL_LINES = 8


class StackProcess:
    """A part of the stack by its name, for example ``identity worker``.

    A process that ends by itself is started again with backoff, and then without ``HWB_CRASH_AT``.
    """

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        ready_url: str | None,
    ) -> None:
        self.name = name
        self.restarts = 0
        """How often it was started again, for whatever reason."""
        self.log = log
        self._command = list(command)
        self._environment = dict(environment)
        self._ready_url = ready_url
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._wanted = False
        self._peak_kb = 0

    @property
    def pid(self) -> int | None:
        """Of the present incarnation; None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def peak_memory_mb(self) -> float:
        """VmHWM of the greediest incarnation so far."""
        self._sample_memory()
        return self._peak_kb / 1024

    async def start(self, *, environment: Mapping[str, str] | None = None) -> None:
        """Start it and keep it running until ``stop``; additions are for this incarnation only."""
        self._wanted = True
        await self._spawn(environment or {})
        self._watcher = asyncio.create_task(self._keep_running(), name=f"watch {self.name}")

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough; it stays ended."""
        self._wanted = False
        if self._watcher is not None:
            self._watcher.cancel()
            # What ended the watcher does not matter any longer: the process itself is ended below.
            await asyncio.wait({self._watcher})
            self._watcher = None
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._sample_memory()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def restart(self, *, environment: Mapping[str, str] | None = None) -> None:
        """Stop it and start it, with additions to the environment of that one incarnation."""
        await self.stop()
        self.restarts += 1
        await self.start(environment=environment)

    def kill(self) -> int:
        """End it with SIGKILL, as the machine would; gives the pid that it had.

        The stack starts it again. Raises StackError if it is not running.
        """
        process = self._process
        if process is None or process.returncode is not None:
            message = f"{self.name} is not running and cannot be killed"
            raise StackError(message)
        self._sample_memory()
        process.kill()
        return process.pid

    async def until_ready(self, timeout: float) -> None:  # noqa: ASYNC109 - the message needs it
        """Wait for 200 from its ``/readyz``; StackError with the end of its log otherwise."""
        if self._ready_url is None:
            return
        deadline = asyncio.get_running_loop().time() + timeout
        async with httpx.AsyncClient(timeout=2.0) as client:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(self._ready_url)).is_success:
                        return
                if asyncio.get_running_loop().time() > deadline:
                    message = f"{self.name} is not ready after {timeout:.0f} s. {self.log_tail()}"
                    raise StackError(message)
                await asyncio.sleep(0.1)

    def log_tail(self) -> str:
        """The last lines of its log, to be put at the end of a message."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return f"It has no log {self.log}."
        tail = "\n  ".join(lines[-LOG_TAIL_LINES:])
        return f"The end of {self.log}:\n  {tail}"

    async def _spawn(self, additions: Mapping[str, str]) -> None:
        with self.log.open("ab") as output:
            # Its own session: Ctrl-C is for the rehearsal, which then ends its parts in order.
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**self._environment, **additions},
                start_new_session=True,
                preexec_fn=dies_with_parent(),
            )

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        backoff = FIRST_BACKOFF
        while True:
            started = loop.time()
            process = self._process
            assert process is not None  # noqa: S101 - for mypy: start() made it
            ended = asyncio.ensure_future(process.wait())
            try:
                while not ended.done():
                    await asyncio.wait({ended}, timeout=MEMORY_SAMPLE_SECONDS)
                    self._sample_memory()
            finally:
                ended.cancel()
            if not self._wanted:
                return
            backoff = FIRST_BACKOFF if loop.time() - started > STEADY_SECONDS else backoff * 2
            await asyncio.sleep(min(backoff, LONGEST_BACKOFF))
            self.restarts += 1
            await self._spawn({})

    def _sample_memory(self) -> None:
        if (pid := self.pid) is None:
            return
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self._peak_kb = max(self._peak_kb, int(line.split()[1]))


def base_environment() -> dict[str, str]:
    """This process's own environment without any setting meant for a service."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HWB_")},
        "PYTHONUNBUFFERED": "1",
    }
