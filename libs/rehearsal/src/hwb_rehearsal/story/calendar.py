"""The calendar that is shipped with the services: the rehearsal rehearses that very file."""

from importlib.util import find_spec
from pathlib import Path

import yaml

from hwb_schemas.calendar import RolloverCalendar


def shipped_calendar(name: str) -> RolloverCalendar:
    """The calendar of this name (``2022``), read as data; raises FileNotFoundError."""
    runtime = find_spec("hwb_runtime")
    if runtime is None or runtime.origin is None:
        raise FileNotFoundError("the services' runtime is not installed: run `make env`")
    path = Path(runtime.origin).parent / "calendars" / f"{name}.yaml"
    return RolloverCalendar.model_validate(yaml.safe_load(path.read_text()))
