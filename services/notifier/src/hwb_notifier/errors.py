"""What callers of the API are told when something cannot be done."""

from collections.abc import Mapping, Sequence
from typing import Any

from hwb_runtime.problems import ProblemError

_STANDARD = {"type", "title", "status", "detail", "code"}


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


class MailUnknownError(ProblemError):
    """No mail went under this Message-ID: it is another system's, or not yet committed as sent."""

    def __init__(self) -> None:
        super().__init__(
            status=404,
            code="mail_unknown",
            title="No mail was sent under this Message-ID",
            detail="Nothing was changed. Send the Message-ID of the mail that came back, with its"
            " angle brackets.",
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


class CaseChangedError(ProblemError):
    """The case is no longer as it was seen: somebody has taken it, or its owner has spoken."""

    def __init__(self, etag: str) -> None:
        super().__init__(
            status=412,
            code="case_changed",
            title="This case has changed meanwhile",
            detail="Nothing was changed. Look at the case again, then send its ETag as If-Match.",
            extra={"etag": etag},
        )


class CaseNotOpenError(ProblemError):
    """The case is resolved already."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="case_not_open",
            title="This case is resolved",
            detail="Nothing was changed: nothing is to be done about it. It opens again by itself"
            " if its cause returns; a comment can be added at any time.",
        )


class CaseToBeDecidedError(ProblemError):
    """The case ends with a decision, which its owner carries out and which then resolves it."""

    def __init__(self, choices: Sequence[str]) -> None:
        super().__init__(
            status=409,
            code="case_to_be_decided",
            title="This case ends with a decision",
            detail=f"Nothing was changed. Decide it instead: {' or '.join(choices)}.",
        )


class NotDecidedSoError(ProblemError):
    """Cases of this kind have no such decision, or it is not known of what."""

    def __init__(self, choices: Sequence[str]) -> None:
        possible = (
            f"Of this case can be decided: {' or '.join(choices)}. Of a held run the case or the"
            " request must name the run_id."
            if choices
            else "Cases of this kind are not decided: they are over when their cause is."
        )
        super().__init__(
            status=409,
            code="not_decided_so",
            title="This cannot be decided of this case",
            detail=f"Nothing was changed. {possible}",
        )


class OwnerAwayError(ProblemError):
    """The service that owns the matter cannot be asked: see that it runs and its address is set."""

    def __init__(self, owner: str, why: str) -> None:
        super().__init__(
            status=503,
            code="owner_away",
            title="The service that carries this out cannot be reached",
            detail=f"{owner}: {why}. Nothing was decided. Send the same request again, with the"
            " same Idempotency-Key.",
            headers={"Retry-After": "5"},
        )


class OwnerSilentError(ProblemError):
    """The owner was asked and gave no good answer in time: it may have done what was asked."""

    def __init__(self, owner: str, why: str) -> None:
        super().__init__(
            status=503,
            code="owner_silent",
            title="It is not known whether this was carried out",
            detail=f"{owner}: {why}. Send the same request again, with the same Idempotency-Key:"
            " what was done is not done twice, and its answer is given.",
            headers={"Retry-After": "5"},
        )


class OwnerRefusedError(ProblemError):
    """The owner refused the decision; this is its own problem, passed on as it is."""

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after: str | None) -> None:
        said = {name: problem[name] for name in problem if name not in _STANDARD}
        super().__init__(
            status=status,
            code=str(problem["code"]),
            title=str(problem["title"]),
            detail=str(problem["detail"]),
            extra=said,
            headers={"Retry-After": retry_after} if retry_after else None,
        )
