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


class OtherSchoolsClassError(ProblemError):
    """A preview names a class of another school. A preview is of one school: send its own alone."""

    def __init__(self) -> None:
        super().__init__(
            status=422,
            code="class_of_another_school",
            title="A class is of another school",
            detail="Nothing was changed. A preview is of one school and its own classes.",
        )
