"""One academic year's dates, windows and limits: what makes the rollover of a year different."""

import itertools
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CalendarValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(CalendarValue):
    """Civil dates, both ends included."""

    opens: date
    closes: date

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.closes < self.opens:
            message = f"the window closes on {self.closes}, before it opens on {self.opens}"
            raise ValueError(message)
        return self

    def __contains__(self, day: date) -> bool:
        return self.opens <= day <= self.closes


class GuardLimit(CalendarValue):
    """How much may go before a person is asked: a share of what there was, or a few at least."""

    share: float = Field(ge=0, le=1)
    at_least: int = Field(ge=0)

    def allows(self, count: int, *, of: int) -> bool:
        """Whether so many may go of so many."""
        return count <= max(self.at_least, self.share * of)


class SeasonGuard(CalendarValue):
    """Beyond which limits a school's rows are held (DESIGN 6, Season guard).

    Counted per school from the groups' freeze to so many days after the first day of term, where
    the top year groups are expected to leave; outside it by calendar month, where nobody is.
    ``learners`` and ``staff`` limit whoever stops claiming, ``class_members`` the places in classes
    that are lost, ``staff_codes`` codes that are new while as many are missing: a new MIS.
    """

    days_after_first_day_of_term: int = Field(default=28, ge=0)
    learners: GuardLimit = GuardLimit(share=0.1, at_least=5)
    staff: GuardLimit = GuardLimit(share=0.34, at_least=4)
    class_members: GuardLimit = GuardLimit(share=0.25, at_least=20)
    staff_codes: GuardLimit = GuardLimit(share=0.2, at_least=3)


class LeaverHold(CalendarValue):
    """Sign-in stays on after release for these year groups, up to and with a day.

    It holds for leaving dates after ``left_after``, so that who left earlier in the year is not on.
    """

    year_groups: tuple[str, ...]
    left_after: date
    until: date


class RolloverCalendar(CalendarValue):
    """All dates of one rollover. ``name`` is the year it happens in."""

    name: str
    academic_year_ending: str
    academic_year_starting: str
    groups_freeze: date
    end_of_year_work_done_by: date
    rollover_window_opens: date
    run_week: Window
    run_reminder_days: int = Field(default=2, ge=0)
    new_groups_from: date
    academic_year_ends: date
    first_day_of_term: date
    first_day_of_term_by_authority: dict[str, date] = {}
    pending_case_after_days: int = 14
    contested_case_after_days: int = 3
    deletion_after_months: int = Field(default=12, ge=1)
    deletion_announced_days_before: int = Field(default=30, ge=1)
    deletions: GuardLimit = GuardLimit(share=0.1, at_least=100)
    guard: SeasonGuard = SeasonGuard()
    leaver_hold: LeaverHold | None = None
    staff_transfer: Literal["service_desk", "self_service"] = "service_desk"
    manual_account_end: Literal["reminds", "deactivates"] = "reminds"
    manual_account_reminder_days: int = Field(default=28, ge=1)
    manual_review_done_by: date | None = None

    @property
    def manual_review_by(self) -> date:
        """The day from which an unfinished review of accounts made by hand is a case."""
        return self.manual_review_done_by or self.academic_year_ends

    @property
    def run_reminder_on(self) -> date:
        """The day in the run week from which whoever has not run yet is reminded."""
        return self.run_week.closes - timedelta(days=self.run_reminder_days)

    def term_starts(self, authority: str) -> date:
        """First day of term in this authority (three-digit code)."""
        return self.first_day_of_term_by_authority.get(authority, self.first_day_of_term)

    def takes_effect(self, stated: date, authority: str) -> date:
        """The day on which a leaving or admission date counts.

        One inside the rollover window (up to and with the first day of term) counts from the day
        the window opens; every other one on its own day (DESIGN 6, Learners).
        """
        inside = self.rollover_window_opens <= stated <= self.term_starts(authority)
        return self.rollover_window_opens if inside else stated

    def year_of(self, day: date) -> str:
        """The academic year a day belongs to, for the two years of this calendar."""
        ending = day <= self.academic_year_ends
        return self.academic_year_ending if ending else self.academic_year_starting

    @model_validator(mode="after")
    def _in_order(self) -> "RolloverCalendar":
        steps = {
            "groups_freeze": self.groups_freeze,
            "rollover_window_opens": self.rollover_window_opens,
            "academic_year_ends": self.academic_year_ends,
        }
        names = list(steps)
        for earlier, later in itertools.pairwise(names):
            if steps[later] <= steps[earlier]:
                message = f"{later} ({steps[later]}) must come after {earlier} ({steps[earlier]})"
                raise ValueError(message)
        if self.first_day_of_term - self.rollover_window_opens > timedelta(days=60):
            message = "the first day of term is more than 60 days after the window opens"
            raise ValueError(message)
        return self
