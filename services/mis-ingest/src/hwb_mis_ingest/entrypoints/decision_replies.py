"""What is asked and answered where people decide about runs."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from hwb_runtime.texts import SchoolNumber
from hwb_schemas.events import RunCounts


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Digest(_Command):
    """Of the list that was seen."""

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Closing(_Command):
    """The closing school's number, once more: it is approved by its number."""

    school: SchoolNumber


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


class AccountChange(BaseModel):
    """What becomes of an account. ``home`` is where it is at home then.

    ``account_id`` is null for a new account: it gets its id in the run.
    """

    who: Who
    change: str
    is_new: bool
    account_id: str | None
    status: str
    home: Literal["here", "elsewhere", "nowhere"]
    year_group: str | None
    classes: list[str]


class Accounts(BaseModel):
    """What becomes of accounts; ``counts`` are by kind of change.

    ``pending`` would wait for their previous school; of ``doubtful`` ones a case would ask whether
    two are one person. Where it is not ``known``, ``says`` why.
    """

    known: bool
    says: str | None = None
    says_cy: str | None = None
    counts: dict[str, int] = {}
    changes: list[AccountChange] = []
    pending: list[Who] = []
    doubtful: list[Who] = []


class GroupMember(BaseModel):
    """A member who is added or gets another role, or (``role`` is null) leaves the group.

    ``who`` is null for somebody whose record does not change.
    """

    account_id: str | None
    who: Who | None
    role: Literal["teacher", "learner"] | None


class GroupChange(BaseModel):
    """A Team or Classroom whose members change."""

    group_id: str
    provider: str
    class_key: str
    title: str
    members: list[GroupMember]


class Groups(BaseModel):
    """What becomes of Teams and Classrooms. Where it is not ``known``, ``says`` why."""

    known: bool
    says: str | None = None
    says_cy: str | None = None
    changes: list[GroupChange] = []


class Preview(BaseModel):
    """What a run of this upload would do now. Lists end at ``limit``; the counts are whole."""

    school: str
    counts: RunCounts
    held_digest: str | None
    changes: list[Change]
    held: list[HeldRow]
    classes: list[ClassChange]
    rejected_fields: list[str]
    accounts: Accounts
    groups: Groups


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
