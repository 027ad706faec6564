"""How the stack starts its processes, so that none outlives whoever started it."""

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded before any fork: loading between fork and exec could wait for a lock for ever."""


def dies_with_parent(with_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends this signal when the thread that started the child ends.

    Start children from a thread that lives as long as they should, which is the main one.
    """
    parent = os.getpid()

    def prepare() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def free_ports(count: int) -> list[int]:
    """So many different free ports of loopback."""
    listeners = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
