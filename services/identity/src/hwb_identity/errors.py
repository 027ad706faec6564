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


class TransferNotInPortalError(ProblemError):
    """This year's calendar has no Account Transfer in the portal: the Service Desk is asked."""

    def __init__(self, contact: str) -> None:
        super().__init__(
            status=409,
            code="transfer_not_in_portal",
            title="Contact the Hwb Service Desk",
            detail="If you wish to keep your previous school's Hwb account, you must contact the"
            f" Hwb Service Desk ({contact}). Nothing was changed.",
            extra={
                "detail_cy": "Os ydych am gadw cyfrif Hwb eich ysgol flaenorol, rhaid i chi"
                f" gysylltu â Desg Wasanaeth Hwb ({contact}). Ni newidiwyd dim."
            },
        )


class PreviousSchoolIsOwnError(ProblemError):
    """The previous school is another one than the school that has the member of staff now."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="previous_school_is_own",
            title="This is the school you are at",
            detail="Give the 7-digit DfES number of the school that you came from; nothing was"
            " changed.",
        )


class PasswordsNotSetUpError(ProblemError):
    """Set HWB_IDENTITY_PASSWORD_SECRET to a long random text and keep it: it opens the seals."""

    def __init__(self) -> None:
        super().__init__(
            status=503,
            code="passwords_not_set_up",
            title="Passwords are not set up here",
            detail="This deployment has no secret to keep passwords with. Nothing was changed; tell"
            " the operator.",
        )


class PasswordNotYoursError(ProblemError):
    """Only the home school's Digital Champion sees it, and for learners any of its teachers."""

    def __init__(self) -> None:
        super().__init__(
            status=403,
            code="password_not_yours",
            title="This password is not for you",
            detail="A password is shown and reset by a Digital Champion of the account's home"
            " school, a learner's also by any teacher there. Ask one of them.",
        )


class AccountInactiveError(ProblemError):
    """Sign-in is off: reactivate the account first, if it should be used again."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="account_inactive",
            title="This account is deactivated",
            detail="Its owner cannot sign in with any password. Reactivate the account first;"
            " nothing was changed.",
        )


class PersonNotNamedError(ProblemError):
    """A diagnosis of one person says which person."""

    def __init__(self, field: str) -> None:
        super().__init__(
            status=422,
            code="person_not_named",
            title="Who is it about?",
            detail=f"Send {field} with the question: a learner's UPN, or a staff code.",
        )


class AccountChangedError(ProblemError):
    """Somebody or a run changed the account since it was looked at: look again, then decide."""

    def __init__(self, version: int) -> None:
        super().__init__(
            status=412,
            code="account_changed",
            title="The account has changed since you looked",
            detail="Nothing was changed. Look at the account again, then decide.",
            extra={"etag": f'"{version}"'},
        )


class NotConfirmedError(ProblemError):
    """The confirmation is not the one that was given for this account, version and caller."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="not_confirmed",
            title="Are you sure you wish to deactivate this user account?",
            detail="Nothing was changed. Ask without a confirmation first, and send back the one"
            " that you are given.",
        )


class NobodyHasAccountError(ProblemError):
    """The account is released: only a school that has the person on roll brings it back."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="nobody_has_account",
            title="No school has this person on roll",
            detail="The account is released. It comes back by itself when a school's MIS has the"
            " person on roll and its Provisioning Client has run; nothing was changed.",
        )


class EndDateError(ProblemError):
    """An end date lies ahead; to end an account today, deactivate it."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="end_date_not_ahead",
            title="The end date has passed",
            detail="Give a day after today, or deactivate the account; nothing was changed.",
        )


class ReviewerMissingError(ProblemError):
    """A governor's account is confirmed with the Headteacher or the Clerk to the Governing Body."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="confirmed_with_nobody",
            title="With whom was this confirmed?",
            detail="Say whether the Headteacher or the Clerk to the Governing Body confirmed that"
            " this governor's account is still required.",
        )


class AccountEndedError(ProblemError):
    """The account's end date has passed: extend it, which switches it on again."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="account_ended",
            title="This account has reached its end date",
            detail="Give it a later end date, then it is on again; nothing was changed.",
        )


class DoubtUnknownError(ProblemError):
    """No such doubt."""

    def __init__(self) -> None:
        super().__init__(
            status=404,
            code="doubt_unknown",
            title="There is no such question",
            detail="No open question whether two are one person has this case key. It is in the"
            " mail about the case.",
        )


class DoubtDecidedError(ProblemError):
    """The question was decided before; two that are one person are not taken apart again."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="doubt_decided",
            title="This question is decided",
            detail="Somebody decided before whether the two are one person; nothing was changed.",
        )


class DoubtChangedError(ProblemError):
    """One of the two accounts has changed since they were compared: compare them again."""

    def __init__(self, versions: str) -> None:
        super().__init__(
            status=412,
            code="doubt_changed",
            title="An account has changed since you looked",
            detail="Nothing was changed. Compare the two accounts again, then decide.",
            extra={"etag": f'"{versions}"'},
        )


class AccountNotInDoubtError(ProblemError):
    """The account that is to be kept is neither of the two."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="account_not_in_doubt",
            title="Which account is to be kept?",
            detail="The account that you named is neither of the two. Name one of them, or none to"
            " keep the older; nothing was changed.",
        )


class HistoryNotYoursError(ProblemError):
    """What an account was is for the Service Desk and operators: it names other schools."""

    def __init__(self) -> None:
        super().__init__(
            status=403,
            code="history_not_yours",
            title="The past of an account is not for you",
            detail="What an account was at an instant is shown to the Service Desk and to"
            " operators. Ask for the account without as_of, or ask the Service Desk.",
        )


class CursorForeignError(ProblemError):
    """A cursor goes on with the list that gave it; another filter begins anew, without one."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="cursor_of_another_list",
            title="This cursor is not of this list",
            detail="Send the cursor with the same filter that gave it, or leave it out to begin at"
            " the first page.",
        )


class NameWithoutSchoolError(ProblemError):
    """A display name is looked for at a school; nationally, look for the sign-in name."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="name_without_school",
            title="At which school?",
            detail="Names of people are looked for at one school: send its number, or look for the"
            " beginning of the sign-in name.",
        )


class NothingHeldError(ProblemError):
    """The deletions that are due are within the calendar's limit: they go on by themselves."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="nothing_held",
            title="No deletion waits for approval",
            detail="What is due to be deleted is within the calendar's limit and goes on by itself;"
            " nothing was changed.",
        )


class DeletionsChangedError(ProblemError):
    """The list is no longer what was seen: look at it again, then approve."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            status=412,
            code="deletions_changed",
            title="The list has changed since you looked",
            detail="Nothing was changed. Look at what is due again, then approve.",
            extra={"etag": f'"{digest}"'},
        )


class TransferChangedError(ProblemError):
    """One of the two accounts has changed since the request was looked at: look again."""

    def __init__(self, versions: str) -> None:
        super().__init__(
            status=412,
            code="transfer_changed",
            title="An account has changed since you looked",
            detail="Nothing was changed. Look at the request again, then decide.",
            extra={"etag": f'"{versions}"'},
        )


class WordNotReadableError(ProblemError):
    """A word in a preview is not one that the rules can judge. mis-ingest writes them; see why."""

    def __init__(self, why: str) -> None:
        super().__init__(
            status=422,
            code="word_not_readable",
            title="A word of the preview cannot be judged",
            detail=f"Nothing was changed. {why[:1].upper()}{why[1:]}.",
        )
