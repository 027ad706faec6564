"""How a provider can fail: whether to try again is decided by the kind of error."""


class ProviderError(Exception):
    """A provider did not do what it was asked. ``code`` is the provider's own word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ThrottledError(ProviderError):
    """The quota is used up. Nothing is wrong: the operation waits ``after`` system seconds."""

    def __init__(self, after: float) -> None:
        super().__init__("throttled")
        self.after = after


class UnavailableError(ProviderError):
    """The provider did not answer, or answered 5xx. It may have done what it was asked.

    Look at the provider's service health page if many operations report it.
    """


class MissingError(ProviderError):
    """The provider does not know the group: not yet, not any more, or so it says."""


class ForbiddenError(ProviderError):
    """The app may not do this: check its permissions in the provider's admin centre."""


class NoOwnerError(ProviderError):
    """The group lacks an active owner: the technical owner is made one, then it is tried again."""


class RefusedError(ProviderError):
    """The provider refuses the request as such; the same request will be refused again."""


class LeaseLostError(Exception):
    """Another worker has this operation now; this one leaves it without a trace."""
