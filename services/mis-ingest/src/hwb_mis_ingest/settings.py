"""The settings that only mis-ingest has."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hwb_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from ``HWB_MIS_INGEST_…``."""

    model_config = SettingsConfigDict(env_prefix="HWB_MIS_INGEST_", extra="ignore")

    max_upload_bytes: Annotated[int, Field(gt=0)] = 16_000_000
    """Largest body of an upload; the largest school of Wales sends about 400,000 bytes."""

    max_unpacked_bytes: Annotated[int, Field(gt=0)] = 32_000_000
    """Largest sum of an upload's files after unpacking."""

    max_rows: Annotated[int, Field(gt=0)] = 400_000
    """Most rows in all files of an upload together."""

    max_compression: Annotated[int, Field(gt=1)] = 200
    """How many times its own size a zip may unpack to."""

    max_read_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Longest time that reading one upload may take."""

    max_receive_seconds: Annotated[float, Field(gt=0)] = 300.0
    """Longest time in which all of an upload must have arrived."""

    upload_session_hours: Annotated[int, Field(ge=1, le=168)] = 24
    """How long an upload in parts may take; then what arrived of it is removed."""

    upload_sessions_per_school: Annotated[int, Field(ge=1, le=100)] = 4
    """Uploads in parts that a school may have unfinished; a new one displaces the oldest."""

    uploads_at_once: Annotated[int, Field(ge=1, le=16)] = 2
    """Uploads that one API process checks at a time; others wait."""

    runs_at_once: Annotated[int, Field(ge=1, le=8)] = 2
    """Runs (of different schools) that one worker works on at a time."""

    stuck_after_minutes: Annotated[int, Field(gt=0)] = 30
    """reconcile reports a run that is neither published nor settled for so long."""

    housekeeping_every_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How often mis-ingest looks for cases that follow from the calendar."""

    client_token_seconds: Annotated[int, Field(ge=60, le=86_400)] = 900
    """How long a token lasts that a Provisioning Client gets for its credentials."""

    client_uploads_at_once: Annotated[int, Field(ge=1)] = 20
    """Uploads of one school that one credential may send in a row; as many previews besides."""

    client_uploads_per_hour: Annotated[float, Field(gt=0)] = 60.0
    """Uploads of one school that one credential may send in the long run; as many previews."""

    rollback_days: Annotated[int, Field(gt=0)] = 60
    """For so long after its publication a run can be rolled back; what was before it is kept."""

    identity_url: str = ""
    """Address of identity's API, asked by previews; blank: accounts are not part of them."""

    groups_url: str = ""
    """Address of groups' API, asked by previews; blank: groups are not part of them."""

    preview_seconds: Annotated[float, Field(gt=0)] = 20.0
    """Longest wait for the answer of either."""

    service_token_url: str = ""
    """The sign-in provider's token endpoint, for previews that a Provisioning Client asks for."""

    service_client_id: str = "service"
    """This service's own client id there; its tokens have the role service."""

    service_client_secret: SecretStr | None = None
    """And its secret. Without it a Provisioning Client's previews end at records and classes."""
