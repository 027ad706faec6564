"""Identity's own settings beside those of every service."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hwb_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from the environment, ``HWB_IDENTITY_…``."""

    model_config = SettingsConfigDict(env_prefix="HWB_IDENTITY_", extra="ignore")

    password_secret: SecretStr | None = None
    """Deployment secret that seals passwords which may be shown; without it none are made."""

    service_desk_mail: str = "hwb@gov.wales"
    """The Service Desk, as a diagnosis names it."""

    service_desk_phone: str = "03000 25 25 25"
    """The Service Desk's telephone."""

    support_centre: str = "https://hwb.gov.wales/support-centre"
    """The support centre."""

    due_batch: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Persons taken up in one transaction when their day has come."""

    due_every_seconds: Annotated[float, Field(gt=0)] = 1.0
    """How often identity looks for persons whose day has come."""

    settle_every_seconds: Annotated[float, Field(gt=0)] = 0.25
    """How often identity looks whether published runs have settled."""

    housekeeping_every_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How often identity looks for accounts to delete, and for cases that follow from a date."""
