"""The calendar of the guide's year, as it is shipped."""

from pathlib import Path

import yaml

import hwb_runtime
from hwb_schemas.calendar import RolloverCalendar

SHIPPED = Path(hwb_runtime.__file__).parent / "calendars"
CALENDAR_2022 = RolloverCalendar.model_validate(yaml.safe_load((SHIPPED / "2022.yaml").read_text()))
