"""The two kinds of failure that a handler or a job can tell apart for the runtime."""


class PoisonError(Exception):
    """This event can never be applied: it is parked with its bytes and this reason.

    Look at it with ``parked show``, mend the cause, then ``parked replay``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientError(Exception):
    """This will pass by itself (a provider is away, say): it is logged and tried again."""


class LossError(Exception):
    """Events between the database's position and the broker are gone or not what they were.

    The worker stops, because going on would hide the loss. See docs/runbooks/worker-stopped.md.
    """


class SettingsError(Exception):
    """A setting or a file that it names cannot be used: the message says which and why."""
