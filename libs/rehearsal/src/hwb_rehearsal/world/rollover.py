"""The plain rollover of a whole Wales: everyone moves up, top years move on, new ones start."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from hwb_rehearsal.world.people import YEAR_GROUPS
from hwb_rehearsal.world.rows import LearnerRow
from hwb_rehearsal.world.wales import Roll, Wales, with_classes

LAST_DAY = date(2022, 8, 31)
FIRST_DAY = date(2022, 9, 1)


@dataclass(frozen=True, slots=True)
class RolledOver:
    """Every school's roll after the end-of-year work, and who moved from where to where."""

    rolls: dict[str, Roll]
    moved: dict[str, tuple[str, str]]


def roll_over(wales: Wales) -> RolledOver:
    """Everyone changes: year group and classes, or a leaving date and perhaps a new school."""
    leavers: dict[str, list[LearnerRow]] = defaultdict(list)
    moved: dict[str, tuple[str, str]] = {}
    for roll in wales.rolls.values():
        if roll.plan.leads_to is None:
            continue
        for row in roll.learners:
            if row.year_group == roll.plan.top_year:
                leavers[roll.plan.leads_to].append(row)
                moved[row.upn] = (roll.plan.number, roll.plan.leads_to)
    rolls = {
        number: with_classes(
            roll.plan,
            [
                *(
                    moved_up(row) if row.year_group != roll.plan.top_year else left(row)
                    for row in roll.learners
                ),
                *(admitted(row, wales, number) for row in leavers[number]),
            ],
            roll.staff,
        )
        for number, roll in wales.rolls.items()
    }
    return RolledOver(rolls=rolls, moved=moved)


def next_year(year_group: str) -> str:
    """The year group after this one."""
    return YEAR_GROUPS[YEAR_GROUPS.index(year_group) + 1]


def moved_up(row: LearnerRow) -> LearnerRow:
    """The same learner a year on."""
    return replace(row, year_group=next_year(row.year_group))


def left(row: LearnerRow, on: date = LAST_DAY) -> LearnerRow:
    """The learner with a leaving date and without classes."""
    return replace(row, leaving_date=on, classes=())


def admitted(row: LearnerRow, wales: Wales, school: str, on: date = FIRST_DAY) -> LearnerRow:
    """The learner as the next school admits him or her: the same UPN, a new admission number."""
    number = wales.people.admission_number(school)
    return replace(
        row,
        local_id=f"L{number}",
        admission_number=number,
        admission_date=on,
        year_group=next_year(row.year_group),
        classes=(),
        leaving_date=None,
    )
