"""What the worker process runs: see ``bootstrap.worker``, which wires it."""

from hwb_groups.bootstrap import worker

__all__ = ["worker"]
