"""What a school owes the rollover, by what its runs have said: its run, its end-of-year work.

Only runs say anything: whether the work is done in a MIS that has not run since it was due is not
known, and is no case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from hwb_mis_ingest.domain.season_guard import season_on
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import CaseKind


@dataclass(frozen=True, slots=True)
class EndOfYearWork:
    """Learners of the day on which the groups froze who are still at the school, as numbers.

    ``top_still_there`` are in the top year group as before, without a leaving date.
    """

    below_top: int
    moved_up: int
    top_still_there: int

    @property
    def looks_done(self) -> bool:
        """Half or more have moved up, and nobody stays on without a leaving date."""
        return self.moved_up * 2 >= self.below_top and self.top_still_there == 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one school is.

    ``is_held``: rows of its last run wait for a person, so that the work is not known;
    ``has_closed``: its closing was approved, and nobody is on roll.
    """

    last_run: date | None = None
    work: EndOfYearWork | None = None
    is_held: bool = False
    has_closed: bool = False


def owed(
    standing: Standing, *, today: date, calendar: RolloverCalendar, authority: str
) -> Iterator[CaseKind]:
    """What there has to be a case about today."""
    if standing.has_closed:
        return
    last_run = standing.last_run or date.min
    if last_run < calendar.run_week.opens and today >= calendar.run_reminder_on:
        is_over = today > calendar.run_week.closes
        yield CaseKind.SCHOOL_HAS_NOT_RUN if is_over else CaseKind.RUN_WEEK_REMINDER
    if (
        standing.work is not None
        and not standing.work.looks_done
        and not standing.is_held
        and season_on(today, calendar, authority).expects_leavers
        and last_run > calendar.end_of_year_work_done_by
    ):
        yield CaseKind.END_OF_YEAR_WORK_NOT_DONE
