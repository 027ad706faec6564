"""What the calendar allows: until when a group follows the MIS, when it is archived, made anew.

Academic years are written ``2021-22``, so that they sort as they follow one another.
"""

from datetime import date

from hwb_schemas.calendar import RolloverCalendar


def follows_the_mis(academic_year: str, received: date, calendar: RolloverCalendar) -> bool:
    """Whether word received on this day still changes the groups of that academic year."""
    return academic_year > calendar.academic_year_ending or received < calendar.groups_freeze


def class_is_kept(academic_year: str, received: date, calendar: RolloverCalendar) -> bool:
    """Whether a class stays as it was at archiving, whatever its school says of it now."""
    return (
        academic_year <= calendar.academic_year_ending and received >= calendar.academic_year_ends
    )


def frozen_year(today: date, calendar: RolloverCalendar) -> str | None:
    """The last academic year whose groups no longer follow the MIS, if there is one."""
    return calendar.academic_year_ending if today >= calendar.groups_freeze else None


def archived_year(today: date, calendar: RolloverCalendar) -> str | None:
    """The last academic year whose groups are archived, if there is one."""
    return calendar.academic_year_ending if today >= calendar.academic_year_ends else None


def too_early_for(academic_year: str, today: date, calendar: RolloverCalendar) -> bool:
    """Whether groups of this (next) academic year cannot be made yet."""
    return academic_year > calendar.academic_year_ending and today < calendar.new_groups_from


def too_late_for(academic_year: str, today: date, calendar: RolloverCalendar) -> bool:
    """Whether this academic year is over, so that a new group would be archived at once."""
    return academic_year <= calendar.academic_year_ending and today >= calendar.academic_year_ends
