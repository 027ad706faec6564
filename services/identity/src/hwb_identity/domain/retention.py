"""When an account that nobody took back is deleted (DESIGN 6, the last sentence on learners).

Twelve months after the later of leaving date and processed release, announced thirty days before;
a claim, a hold or a withdrawn leaving date ends the announcement by ending the release.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from hwb_identity.domain.enrolment import Enrolment, is_on_roll
from hwb_identity.domain.home import Standing, last_left
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.words import AccountStatus


class Retention(NamedTuple):
    """What becomes of an account that no school has.

    ``released_on`` is the day on which its release was processed; ``deletes_on`` the day on which
    it is deleted, None until that is announced.
    """

    released_on: date
    deletes_on: date | None


def retention_after(
    before: Retention | None,
    standing: Standing,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> Retention | None:
    """How long the account is kept; None while a school has it."""
    if standing.home is not None:
        return None
    released_on = before.released_on if before is not None else today
    due = _deletion_due(released_on, standing, enrolments, calendar, today)
    notice = timedelta(days=calendar.deletion_announced_days_before)
    if due is None or due - notice > today:
        return Retention(released_on, None)
    announced = before.deletes_on if before is not None else None
    if announced is not None and announced >= due:
        return before
    # Who was down on the day of the announcement gives the whole notice all the same.
    return Retention(released_on, max(due, today + notice))


def announcement_due(
    retention: Retention | None,
    standing: Standing,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> date | None:
    """The day on which a deletion is announced, None where it is, or where nothing is deleted."""
    if retention is None or retention.deletes_on is not None:
        return None
    due = _deletion_due(retention.released_on, standing, enrolments, calendar, today)
    return due - timedelta(days=calendar.deletion_announced_days_before) if due else None


def _deletion_due(
    released_on: date,
    standing: Standing,
    enrolments: tuple[Enrolment, ...],
    calendar: RolloverCalendar,
    today: date,
) -> date | None:
    """The first day on which it may be deleted, None while it is on a hold or on some roll."""
    if standing.status is AccountStatus.ACTIVE:
        return None
    if any(is_on_roll(enrolment, calendar, today) for enrolment in enrolments):
        return None
    left = last_left(enrolments, calendar, today)
    leaving = left.leaving if left is not None else None
    return months_after(max(leaving or released_on, released_on), calendar.deletion_after_months)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
