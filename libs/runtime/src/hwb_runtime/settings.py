"""The settings that every service has; each service adds its own under its own prefix."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from hwb_schemas.words import Role

SigningAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]


class ServiceSettings(BaseSettings):
    """Read from the environment, ``HWB_<SERVICE>_…``: the subclass sets the prefix."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    env: Annotated[str, Field(validation_alias="HWB_ENV")] = "production"
    """Where this runs; ``local`` lets the one-machine stack's own issuer be trusted without TLS."""

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

    oidc_issuer: str
    """The sign-in provider: the ``iss`` of its tokens, letter for letter."""

    oidc_audience: str = "hwb-rollover"
    """The ``aud`` of tokens that are meant for this system."""

    oidc_jwks: str = ""
    """Address or file of the provider's public keys; empty: its discovery document names them."""

    oidc_algorithms: tuple[SigningAlgorithm, ...] = ("RS256", "PS256", "ES256")
    """Signatures that are taken, as a JSON list; secrets shared with the provider never are."""

    oidc_leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    """How far the provider's clock may be from ours."""

    oidc_refetch_seconds: Annotated[float, Field(gt=0)] = 10.0
    """Shortest time between two fetches of the keys, however many unknown key ids are sent."""

    oidc_fresh_seconds: Annotated[float, Field(gt=0)] = 3600.0
    """The keys are fetched anew when they are older, so that withdrawn ones go."""

    oidc_subject_claim: str = "sub"
    """The claim with the account id; groups finds a teacher's own classes by it."""

    oidc_role_claim: str = "hwb_role"
    """The claim with the role: one word, or a list of which one is a role."""

    oidc_school_claim: str = "hwb_school"
    """The claim with the seven-digit school number, for roles of a school."""

    oidc_authority_claim: str = "hwb_authority"
    """The claim with the three-digit authority code, for Local Authority."""

    oidc_roles: dict[str, Role] = Field(default_factory=dict)
    """Which word of the provider is which role, as a JSON object; empty: they are ours already."""

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

    slice_gather_seconds: Annotated[float, Field(ge=0, le=10)] = 0.25
    """From the beginning of a topic's slice to that of its next, unless half a slice waits."""

    slice_records: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Most events in one slice, which is one transaction, unless one fetch alone has more."""

    outbox_max_events: Annotated[int, Field(ge=1000)] = 50_000
    """Events waiting in the outbox beyond which the worker takes no new slice."""

    kafka_max_unread: int | None = None
    """Unread records of a partition beyond which the relay waits: librdkafka's built-in broker."""

    watchdog_seconds: Annotated[float, Field(gt=0)] = 60.0
    """A worker that neither polls nor joins its group for so long is ended."""

    stop_seconds: Annotated[float, Field(gt=0)] = 20.0
    """After SIGTERM, the longest wait before the process ends all the same."""
