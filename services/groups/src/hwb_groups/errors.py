"""What callers of the API are told when something cannot be done."""

from datetime import date

from hwb_runtime.problems import ProblemError


class ClassUnknownError(ProblemError):
    """No run of the school has brought this class: look at its Last Run."""

    def __init__(self, class_key: str) -> None:
        super().__init__(
            status=404,
            code="class_unknown",
            title="This class is not known",
            detail=f"No provisioning run has brought the class {class_key}. Check the class in the"
            " school's MIS and the date of Last Run.",
        )


class GroupUnknownError(ProblemError):
    """There is no such Team or Classroom: check the id."""

    def __init__(self, group_id: str) -> None:
        super().__init__(
            status=404,
            code="group_unknown",
            title="This Team or Classroom is not known",
            detail=f"There is no group {group_id}. Choose it from the list of groups.",
        )


class NotYourClassError(ProblemError):
    """A teacher asked for another's class: the Digital Champion can do it."""

    def __init__(self) -> None:
        super().__init__(
            status=403,
            code="class_not_yours",
            title="This class is not yours",
            detail="Teachers see and restore their own classes. Your school's Digital Champion can"
            " do it for every class.",
        )


class TooEarlyError(ProblemError):
    """Groups of the next academic year are made from a day in the calendar on."""

    def __init__(self, academic_year: str, opens: date) -> None:
        super().__init__(
            status=409,
            code="too_early",
            title="This cannot be created yet",
            detail=f"Teams and Classrooms for {academic_year} can be created from"
            f" {opens.day} {opens:%B %Y}. Nothing was created.",
            extra={"from": opens.isoformat()},
        )


class YearOverError(ProblemError):
    """A group of a year that is over would be archived at once."""

    def __init__(self, academic_year: str) -> None:
        super().__init__(
            status=409,
            code="year_over",
            title="This academic year is over",
            detail=f"The classes of {academic_year} are over and no Team or Classroom is created"
            " for them. Create it from this year's class.",
        )


class ClassWithdrawnError(ProblemError):
    """The class is no longer in the school's MIS."""

    def __init__(self, class_key: str) -> None:
        super().__init__(
            status=409,
            code="class_withdrawn",
            title="This class is no longer in the MIS",
            detail=f"The school's last run did not have the class {class_key}. Put it back in the"
            " MIS and run the Provisioning Client, then create its group.",
        )


class NotArchivedError(ProblemError):
    """There is nothing to restore."""

    def __init__(self, group_id: str) -> None:
        super().__init__(
            status=409,
            code="not_archived",
            title="This is not archived",
            detail=f"The group {group_id} is in use and has not been archived, so there is nothing"
            " to restore.",
        )


class YearNotOverError(ProblemError):
    """Groups are archived from the calendar's end of the academic year on: wait for that day."""

    def __init__(self, academic_year: str, ends: date) -> None:
        super().__init__(
            status=409,
            code="year_not_over",
            title="The academic year is not over",
            detail=f"The groups of {academic_year} can be archived from {ends.day} {ends:%B %Y}."
            " Nothing was archived; the dry run can be looked at before.",
            extra={"from": ends.isoformat()},
        )


class ArchiveRunOpenError(ProblemError):
    """One archive run at a time: let the other one end, or cancel it."""

    def __init__(self) -> None:
        super().__init__(
            status=409,
            code="archive_run_open",
            title="An archive run is under way",
            detail="Nothing was begun. Let the run that is there end, or cancel it, and make a new"
            " dry run.",
        )


class NothingToArchiveError(ProblemError):
    """Every group of the academic year is archived or restored."""

    def __init__(self, academic_year: str) -> None:
        super().__init__(
            status=409,
            code="nothing_to_archive",
            title="There is nothing to archive",
            detail=f"No Team or Classroom of {academic_year} or before is open, except restored"
            " ones, which are never archived again.",
        )


class DryRunOutdatedError(ProblemError):
    """Groups came or went since the dry run: look at a new one."""

    def __init__(self) -> None:
        super().__init__(
            status=412,
            code="dry_run_outdated",
            title="The dry run is out of date",
            detail="Other groups would be archived by now. Nothing was begun: make a new dry run,"
            " look at it, and confirm that one.",
        )


class ConfirmationError(ProblemError):
    """What was typed is not what the dry run says: look at it once more."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="confirmation_wrong",
            title="What you typed is not what would be archived",
            detail="Nothing was begun. Type the academic year and the number of groups as the dry"
            " run shows them; if they surprise you, find out why first.",
        )


class ArchiveRunUnknownError(ProblemError):
    """There is no such archive run: look at the list of runs."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            status=404,
            code="archive_run_unknown",
            title="This archive run is not known",
            detail=f"There is no archive run {run_id}. Choose it from the list of archive runs.",
        )


class ArchiveRunEndedError(ProblemError):
    """A run that is done or cancelled stays so: begin another one for what is left."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            status=409,
            code="archive_run_ended",
            title="This archive run has ended",
            detail=f"The archive run {run_id} is done or cancelled, and nothing was changed. For"
            " groups that are still open make a new dry run.",
        )


class OtherSchoolsClassError(ProblemError):
    """A preview names a class of another school. A preview is of one school: send its own alone."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="class_of_another_school",
            title="A class is of another school",
            detail="Nothing was changed. A preview is of one school and its own classes.",
        )
