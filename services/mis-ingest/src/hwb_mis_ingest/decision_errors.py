"""Why a decision on a run cannot be carried out, in words for whoever decides."""

from hwb_runtime.problems import ProblemError


class NothingToDecideError(ProblemError):
    """The run holds nothing and does not wait. Look at the school's newest run."""

    def __init__(self, run_id: str, *, why: str | None) -> None:
        said = {
            "approved": "Its list was approved already.",
            "discarded": "Its list was discarded already.",
            "superseded": "A later run of the school took its place and has its own list.",
        }.get(why or "", "It holds nothing and does not wait for anybody.")
        super().__init__(
            status=409,
            code="nothing_to_decide",
            title="There is nothing to decide about this run",
            detail=f"Nothing was changed. Run {run_id}: {said}",
        )


class OtherListError(ProblemError):
    """The digest is not that of the list as it stands. Read the list again, then decide."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="other_list",
            title="This is not the list that you saw",
            detail="Nothing was changed. The digest is not that of the run's list. Read the list "
            "again and send its digest.",
        )


class LaterUploadWaitsError(ProblemError):
    """A later upload is being worked on. Its own list, if any, takes the place of this one."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="later_upload_waits",
            title="A later upload of the school is being worked on",
            detail="Nothing was changed. Wait until the school's newest run is published, and look "
            "at its list: it takes the place of this one.",
        )


class NotPublishedError(ProblemError):
    """Only a run that was published can be rolled back. One that waits can be discarded."""

    def __init__(self, run_id: str, status: str) -> None:
        super().__init__(
            status=409,
            code="not_published",
            title="This run changed nothing that could be rolled back",
            detail=f"Nothing was changed. Run {run_id} is {status}; only a published run can be "
            "rolled back.",
        )


class TooLongAgoError(ProblemError):
    """What was before the run is no longer kept. Correct the MIS and run the client again."""

    def __init__(self, run_id: str, *, days: int) -> None:
        super().__init__(
            status=409,
            code="too_long_ago",
            title="This run is too old to be rolled back",
            detail=f"Nothing was changed. What was before run {run_id} was kept for {days} days. "
            "Correct the records in the MIS and run the Provisioning Client again.",
        )


class OtherSchoolNumberError(ProblemError):
    """The number in the request is not the school's. Type the closing school's own number."""

    def __init__(self, school: str) -> None:
        super().__init__(
            status=422,
            code="school_number_disagrees",
            title="The numbers are not the same",
            detail=f"Nothing was changed. To say that school {school} is closing, its own number "
            "must be given once more in the request.",
        )
