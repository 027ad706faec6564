"""What is asked and answered where people decide about runs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hwb_schemas.events import RunCounts


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Digest(_Command):
    """Of the list that was seen."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Closing(_Command):
    """The closing school's number, once more: it is approved by its number."""

    school: Annotated[str, Field(pattern=r"^\d{7}$")]


class Who(BaseModel):
    """A person as the school knows him or her; ``local_id`` is the MIS's sourcedId."""

    kind: str
    local_id: str
    forename: str
    surname: str
    year_group: str | None


class Change(BaseModel):
    """A record that is published, what it is then, and which fields change."""

    who: Who
    state: str
    changed: list[str]
    is_new: bool


class HeldRow(BaseModel):
    """A row that waits for a person, with the reason in English and Welsh."""

    who: Who
    state: str
    changed: list[str]
    reason: str
    why: str
    why_cy: str


class ClassChange(BaseModel):
    """A class that is published."""

    class_key: str
    state: str


class Preview(BaseModel):
    """What a run of this upload would do now. Lists end at ``limit``; the counts are whole."""

    school: str
    counts: RunCounts
    held_digest: str | None
    changes: list[Change]
    held: list[HeldRow]
    classes: list[ClassChange]
    rejected_fields: list[str]
    accounts: Literal["not part of this preview: they depend on other schools, too"] = (
        "not part of this preview: they depend on other schools, too"
    )


class Held(BaseModel):
    """The held rows of a run. ``state`` is None where it never held any."""

    run_id: str
    state: Literal["open", "approved", "discarded", "superseded"] | None
    digest: str
    rows: list[HeldRow]
    classes: list[str]


class Approved(BaseModel):
    """What came of an approval. ``published_as`` is the run that published the held rows."""

    run_id: str
    published_as: str | None
    changes: int
    class_changes: int
    discarded: list[str]


class Discarded(BaseModel):
    """The held rows, or the waiting upload, of this run are forgotten."""

    run_id: str


class ChangedSince(BaseModel):
    """A record that a later run changed, and that a rollback leaves alone."""

    kind: str
    local_id: str


class RolledBack(BaseModel):
    """What came of a rollback. ``published_as`` is the run that published the records of before."""

    run_id: str
    published_as: str
    changes: int
    class_changes: int
    changed_since: list[ChangedSince]
    classes_changed_since: list[str]


class ClosingNoted(BaseModel):
    """The school is known to be closing. ``newly`` is false where it was before."""

    school: str
    newly: bool
