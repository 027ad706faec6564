"""hwb-provision as a process of its own, as a school's schedule starts it."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

ENDS_WITHIN_SECONDS = 120.0


@dataclass
class ClientProcess:
    """One push; ``ended`` gives its exit status and all that it said."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, *arguments: str, environment: Mapping[str, str]) -> Self:
        """Start it with these environment variables and no other of proxies or its own."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if "proxy" not in name.lower() and not name.startswith(("HWB_", "SSL_"))
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hwb_provisioning_client.cli",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**inherited, **environment},
        )
        return cls(process)

    async def ended(self) -> tuple[int, str]:
        """Waits for its end."""
        async with asyncio.timeout(ENDS_WITHIN_SECONDS):
            said, _ = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, " ".join(said.decode().split())

    async def kill(self) -> None:
        """End it as the machine would."""
        self.process.kill()
        await self.process.communicate()
