"""What can go wrong with a push, each with its exit code and what to do about it."""


class ProvisioningError(Exception):
    """A push did not succeed. ``code`` is for programs, ``title`` and ``detail`` for people."""

    exit_code = 1

    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(f"{title}. {detail}")
        self.code = code
        self.title = title
        self.detail = detail


class UsageError(ProvisioningError):
    """A file, folder or address that was given cannot be used. Check it; nothing was sent."""

    exit_code = 2


class RefusedError(ProvisioningError):
    """Hwb refused the file whole; nothing was changed. Mend the export as the detail says."""

    exit_code = 3


class NotReachableError(ProvisioningError):
    """Hwb did not answer. Check the network and proxy; the same push can simply be repeated."""

    exit_code = 4


class NotAllowedError(ProvisioningError):
    """The token is not known or not for this school. Ask whoever gave it to you."""

    exit_code = 5


class NotSettledError(ProvisioningError):
    """Hwb has the upload, but its changes were not all applied in time. Nothing is lost."""

    exit_code = 6
