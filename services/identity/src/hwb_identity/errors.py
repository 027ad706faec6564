"""What identity refuses, as its callers read it."""

from hwb_runtime.problems import ProblemError


class AccountUnknownError(ProblemError):
    """No such account, or not one that this caller may see."""

    def __init__(self) -> None:
        super().__init__(
            status=404,
            code="account_unknown",
            title="There is no such account",
            detail="No account has this id, or it is not at a school that you may see. Look the"
            " person up in the school's list of accounts.",
        )


class StaffAccountUnknownError(ProblemError):
    """The staff record has no account yet: its school's client has not brought it."""

    def __init__(self, school: str) -> None:
        super().__init__(
            status=404,
            code="staff_account_unknown",
            title="This member of staff has no account yet",
            detail=f"School {school} has not sent a staff record with this code. Check the start"
            " date and the staff code in the MIS, run the Provisioning Client, then ask again.",
        )


class PreviousAccountUnknownError(ProblemError):
    """Nobody named the account that is to be kept, or it is not a staff account."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="previous_account_unknown",
            title="Which account is to be kept?",
            detail="The request names no staff account of the previous school. Send its"
            " previous_account_id with the decision; nothing was changed.",
        )


class TransferUnknownError(ProblemError):
    """No such request for a transfer."""

    def __init__(self) -> None:
        super().__init__(
            status=404,
            code="transfer_unknown",
            title="There is no such request",
            detail="No staff transfer has this case key. It is in the mail about the case.",
        )


class TransferDecidedError(ProblemError):
    """The request was decided before, the other way or by another person."""

    def __init__(self, state: str) -> None:
        super().__init__(
            status=409,
            code="transfer_decided",
            title="This request is decided",
            detail=f"The transfer was {state} before; nothing was changed.",
        )
