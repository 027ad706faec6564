"""The calendar of the guide's year: as it is shipped, and a plain one without exceptions."""

from datetime import date
from pathlib import Path

import yaml

import hwb_runtime
from hwb_schemas.calendar import RolloverCalendar, Window

SHIPPED = Path(hwb_runtime.__file__).parent / "calendars"
CALENDAR_2022 = RolloverCalendar.model_validate(yaml.safe_load((SHIPPED / "2022.yaml").read_text()))


def plain_calendar(first_day_by_authority: dict[str, date] | None = None) -> RolloverCalendar:
    """The guide's dates with the default guard, and terms that begin on one day by default."""
    return RolloverCalendar(
        name="2022",
        academic_year_ending="2021-22",
        academic_year_starting="2022-23",
        groups_freeze=date(2022, 6, 6),
        end_of_year_work_done_by=date(2022, 8, 11),
        rollover_window_opens=date(2022, 8, 15),
        run_week=Window(opens=date(2022, 8, 15), closes=date(2022, 8, 21)),
        new_groups_from=date(2022, 8, 15),
        academic_year_ends=date(2022, 8, 31),
        first_day_of_term=date(2022, 9, 5),
        first_day_of_term_by_authority=first_day_by_authority or {},
    )
