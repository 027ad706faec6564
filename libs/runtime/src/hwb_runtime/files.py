"""The files that every service loads: register and calendar. A wrong one stops the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from hwb_runtime.errors import SettingsError
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import Authority, Register, School

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class SchoolRegister:
    """The register, by number and code."""

    schools: Mapping[str, School]
    authorities: Mapping[str, Authority]

    @classmethod
    def of(cls, register: Register) -> "SchoolRegister":
        """Index a register."""
        return cls(
            schools={school.number: school for school in register.schools},
            authorities={authority.code: authority for authority in register.authorities},
        )

    def school(self, number: str) -> School | None:
        """The school of this number, None where it is not registered."""
        return self.schools.get(number)

    def authority(self, code: str) -> Authority | None:
        """The authority of this three-digit code."""
        return self.authorities.get(code)

    def authority_of(self, school_number: str) -> str:
        """The authority of a school; one not registered belongs where its number says."""
        school = self.schools.get(school_number)
        return school.authority if school else school_number[:3]


def load_register(path: Path) -> SchoolRegister:
    """Read the register of schools. Raises SettingsError."""
    return SchoolRegister.of(_load(path, Register, "register of schools"))


def load_calendar(path: Path) -> RolloverCalendar:
    """Read the calendar of the academic year. Raises SettingsError."""
    return _load(path, RolloverCalendar, "calendar")


def read_yaml(path: Path, what: str) -> object:
    """The file's content. Raises SettingsError where it is not there or no YAML."""
    try:
        content: object = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        message = f"The {what} {path} cannot be read: {error}"
        raise SettingsError(message) from error
    return content


def _load(path: Path, model: type[M], what: str) -> M:
    try:
        return model.model_validate(read_yaml(path, what))
    except ValidationError as error:
        message = f"The {what} {path} is not valid: {error}"
        raise SettingsError(message) from error
