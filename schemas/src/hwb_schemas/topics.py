"""What a topic file says, for everyone who makes, checks or reads topics; YAML is the caller's."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hwb_schemas import events

Service = Literal["mis-ingest", "identity", "groups", "notifier"]


class Topic(BaseModel):
    """One file of ``topics/``: who owns a topic, what is on it and how long it is kept.

    ``consumers`` are our own services that subscribe; a public topic has others beside them.
    ``public`` topics hold no UPN and no staff code, so any other Hwb service may subscribe.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^hwb\.[a-z]+\.[a-z]+$")
    about: str
    key: str
    owner: Service
    producers: tuple[Service, ...] = Field(min_length=1)
    consumers: tuple[Service, ...]
    partitions: int = Field(ge=1)
    retention_days: int | None = None
    compacted: bool
    tombstone_days: int | None = None
    compatibility: Literal["additive"]
    value: str
    public: bool

    @property
    def model(self) -> type[events.Event]:
        """The model of the JSON values on this topic."""
        model: type[events.Event] = getattr(events, self.value)
        return model

    @property
    def kept(self) -> str:
        """How long events are kept, in words."""
        if self.compacted:
            last = "the last event of every key, for ever"
            return f"{last}; tombstones {self.tombstone_days} days" if self.tombstone_days else last
        return f"{self.retention_days} days"

    @model_validator(mode="after")
    def _kept_one_way(self) -> "Topic":
        if self.compacted == (self.retention_days is not None):
            message = f"{self.name}: either compacted or retention_days, not both and not neither"
            raise ValueError(message)
        if self.value not in events.__all__:
            message = f"{self.name}: hwb_schemas.events has no {self.value}"
            raise ValueError(message)
        return self


def topic_files() -> list[Path]:
    """The YAML files of every topic, by name: beside the source, or in the installed package."""
    package = Path(__file__).parent
    packaged, source = package / "topics", package.parents[1] / "topics"
    return sorted((packaged if packaged.is_dir() else source).glob("*.yaml"))
