"""What the groups service can be told from outside."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hwb_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from ``HWB_GROUPS_…``."""

    model_config = SettingsConfigDict(env_prefix="HWB_GROUPS_", extra="ignore")

    graph_base_url: str = "https://graph.microsoft.com/v1.0"
    """Microsoft Graph with its version."""

    graph_token: SecretStr | None = None
    """A bearer token that never ends, for the emulator; none means msal by the next three."""

    graph_tenant: str = ""
    """The Entra tenant."""

    graph_client_id: str = ""
    """The app registration."""

    graph_client_secret: SecretStr | None = None
    """Its secret."""

    classroom_base_url: str = "https://classroom.googleapis.com"
    """Google Classroom without its version."""

    classroom_token: SecretStr | None = None
    """A bearer token that never ends, for the emulator; none means google-auth by the next two."""

    classroom_key_file: Path | None = None
    """A service account's key, with domain-wide delegation."""

    classroom_admin: str = ""
    """The administrator in whose name the service account acts."""

    technical_owner: str = "svc-groups@hwbcymru.net"
    """The account that joins every group, so that it never lacks an owner."""

    provider_slots: Annotated[int, Field(ge=2)] = 12
    """Operations that one worker has in hand at a time, per provider."""

    provider_slots_kept: Annotated[int, Field(ge=1)] = 3
    """How many of them only restores may use."""

    archive_begins: Literal["operator", "calendar"] = "operator"
    """Who begins the archive run at the end of the year: an operator, after a dry run, or in a
    rehearsal the calendar."""

    housekeeping_every_seconds: Annotated[float, Field(gt=0)] = 300.0
    """How often groups looks for groups that are to be archived and have no owner any more."""

    lease_seconds: Annotated[float, Field(ge=2)] = 10.0
    """How long an operation still belongs to a worker that has died: longer than a team has to be
    left alone after its last call."""

    call_seconds: Annotated[float, Field(gt=0)] = 15.0
    """The longest wait for one answer of a provider."""
