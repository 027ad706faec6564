"""A school's mapping file: which field of its export holds what Hwb needs, in a few lines of YAML.

It travels in the upload as ``hwb-mapping.yaml``, so what a run means never depends on a setting
that was changed in between, and the school sees and keeps its own (docs/adr).
"""

import re
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hwb_mis_ingest.errors import UploadRefusedError

FILE = "hwb-mapping.yaml"
NOWHERE = "none"
MOST_BYTES = 8192
_UK_OR_US = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Place = Annotated[str, Field(min_length=1, max_length=100)]


class Mapping(BaseModel):
    """What the file may say; every line may be left out.

    A place is a column (``Student Number``), or a file and a column (``roles.roleStartDate``), or
    ``none`` where the export does not have it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: Annotated[str, Field(pattern=r"^[0-9]{7}$")] | None = None
    """The seven-digit number, where the export does not hold it."""

    orgs: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = ()
    """The export's own ids of the school (first) and of departments that are part of it."""

    upn: Place | None = None
    staff_code: Place | None = None
    admission_number: Place | None = None
    admission_date: Place | None = None
    start_date: Place | None = None
    leaving_date: Place | None = None
    enrolment_status: Place | None = None
    former_upn: Place | None = None
    year_group: Place | None = None
    class_code: Place | None = None

    dates: Literal["iso", "uk", "us"] = "iso"
    """How dates are written: year-month-day (always taken), day/month/year, month/day/year."""

    year_groups: dict[str, str] = {}
    """What the export calls a year group, where that is not N1, N2, R or 1 to 14."""

    academic_year: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")] | None = None
    """Of classes for which the export gives no dates."""

    def date(self, cell: str) -> str:
        """The date as year-month-day; what is no date in the given order stays as it is."""
        if self.dates == "iso" or not cell:
            return cell
        found = _UK_OR_US.fullmatch(cell)
        if found is None:
            return cell
        first, second, year = found.groups()
        day, month = (first, second) if self.dates == "uk" else (second, first)
        return f"{year}-{month:0>2}-{day:0>2}"

    def year_group_of(self, cell: str) -> str:
        return self.year_groups.get(cell, cell)

    def org(self, cell: str) -> str:
        """One id for all that are the school, given one id or several with commas."""
        return self.orgs[0] if self.orgs and self.is_ours(cell) else cell

    def is_ours(self, cell: str) -> bool:
        """Whether these ids have one of the school's among them; yes where it names none."""
        return not self.orgs or any(one.strip() in self.orgs for one in cell.split(","))


NO_MAPPING = Mapping()


def read_mapping(data: bytes) -> Mapping:
    """The mapping in these bytes. Raises UploadRefusedError."""
    if len(data) > MOST_BYTES:
        raise _refused(f"it has more than {MOST_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
        for token in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                raise _refused("& and * have no place in it")
        # The base loader makes texts only: numbers keep their leading zeros, and "no" stays "no".
        content = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise _refused("it is not YAML in UTF-8") from error
    try:
        return Mapping.model_validate(content or {})
    except ValidationError as error:
        where = ", ".join(
            sorted({".".join(str(part) for part in one["loc"]) or "it" for one in error.errors()})
        )
        raise _refused(f"these lines cannot be taken: {where[:200]}") from error


def mapping_incomplete(format_: str, missing: list[str]) -> UploadRefusedError:
    """A format that has no place of its own for what Hwb needs came without saying where it is."""
    return UploadRefusedError(
        "mapping_incomplete",
        "The mapping file does not say where everything is",
        f"Nothing was changed. {format_} has no fields of its own for {', '.join(missing)}. Say in "
        f"{FILE} which column holds each, or `none` where that is allowed; `hwb-provision template "
        "--format` writes an example.",
    )


def _refused(what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "mapping_invalid",
        "The mapping file cannot be used",
        f"Nothing was changed. {FILE}: {what}. docs/reference/upload-format.md lists what it may "
        "say.",
    )
