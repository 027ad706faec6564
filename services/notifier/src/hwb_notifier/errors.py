"""What callers of the API are told when something cannot be done."""

from hwb_runtime.problems import ProblemError


class CaseUnknownError(ProblemError):
    """There is no such case, or none that the caller may read: check the key."""

    def __init__(self) -> None:
        super().__init__(
            status=404,
            code="case_unknown",
            title="This case is not known",
            detail="There is no case with this key among those you may read. Choose it from the"
            " list of cases.",
        )


class CursorInvalidError(ProblemError):
    """The cursor was not given out by us."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="cursor_invalid",
            title="This is not a cursor of ours",
            detail="Send the value of `next` from the page before, unchanged, or none.",
        )
