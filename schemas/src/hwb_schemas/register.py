"""The register of schools: numbers, names, authorities, contacts and who manages each client."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RegisterValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientManager(StrEnum):
    """Who manages a school's Provisioning Client (the guide's FAQ)."""

    LOCAL_AUTHORITY = "local_authority"
    SCHOOL_IT_TEAM = "school_it_team"
    THIRD_PARTY = "third_party"


class Authority(RegisterValue):
    """A local authority: three-digit code, names in both languages, where to write."""

    code: str = Field(pattern=r"^\d{3}$")
    name: str
    name_cy: str
    email: str


class School(RegisterValue):
    """A maintained school: seven digits, the first three its authority's code.

    ``top_year_groups`` are the year groups whose learners leave in an ordinary August.
    """

    number: str = Field(pattern=r"^\d{7}$")
    name: str
    name_cy: str
    authority: str = Field(pattern=r"^\d{3}$")
    sector: str
    year_groups: tuple[str, ...]
    top_year_groups: tuple[str, ...]
    email: str
    client_managed_by: ClientManager = ClientManager.LOCAL_AUTHORITY


class Register(RegisterValue):
    """Every school and authority that takes part."""

    authorities: tuple[Authority, ...]
    schools: tuple[School, ...]

    @model_validator(mode="after")
    def _consistent(self) -> "Register":
        codes = {authority.code for authority in self.authorities}
        seen: set[str] = set()
        for school in self.schools:
            if school.number in seen:
                message = f"school {school.number} is there twice"
                raise ValueError(message)
            if school.authority not in codes:
                message = f"school {school.number} names authority {school.authority}: not there"
                raise ValueError(message)
            seen.add(school.number)
        return self
