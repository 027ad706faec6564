"""The settings that every service has; each service adds its own under its own prefix."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Read from the environment, ``HWB_<SERVICE>_…``: the subclass sets the prefix."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str
    """PostgreSQL database of this service alone, as a libpq address."""

    kafka: str
    """Bootstrap address, ``host:port``."""

    host: str = "127.0.0.1"
    """The interface that the API and the worker's health pages listen on."""

    api_port: int = 8080
    """Port of the API."""

    worker_port: int = 8081
    """Port of the worker's health and metrics pages."""

    tokens_file: Path
    """YAML list of callers: token_sha256, subject, role, school, authority."""

    register_file: Path
    """The register of schools and authorities."""

    calendar_file: Path
    """The calendar of the academic year."""

    person_ref_secret: SecretStr
    """Deployment secret under which person_refs are made."""

    person_ref_key_id: str = "k1"
    """Names the secret in every person_ref, so that it can be changed."""

    rehearsal_clock: Path | None = None
    """A file with one ISO instant in UTC that an operator moves; none means the system's clock."""

    time_scale: Annotated[float, Field(gt=0)] = 1.0
    """Divides the providers' polls and backoffs; 1 outside rehearsals."""

    log_level: str = "info"
    """debug, info, warning or error."""

    database_connections: Annotated[int, Field(ge=2)] = 8
    """Most connections that one process opens."""

    slices_in_flight: Annotated[int, Field(ge=1, le=8)] = 3
    """Slices of different partitions that are applied at once."""

    slice_records: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Most events in one slice, which is one transaction."""

    outbox_max_events: Annotated[int, Field(ge=1000)] = 50_000
    """Events waiting in the outbox beyond which the worker takes no new slice."""

    kafka_max_unread: int | None = None
    """Unread records of a partition beyond which the relay waits: librdkafka's built-in broker."""

    watchdog_seconds: Annotated[float, Field(gt=0)] = 60.0
    """A worker that neither polls nor joins its group for so long is ended."""

    stop_seconds: Annotated[float, Field(gt=0)] = 20.0
    """After SIGTERM, the longest wait before the process ends all the same."""
