"""The worker: applies what schools say, takes up what is due, says when runs are settled."""

from hwb_identity.bootstrap import worker_parts

__all__ = ["worker_parts"]
