"""What every event's JSON value is built from; CloudEvents attributes are Kafka headers."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from hwb_schemas.words import (
    AccountChange,
    AccountRole,
    AccountStatus,
    CaseChange,
    CaseKind,
    ClassState,
    EnrolmentStatus,
    GroupChange,
    Provider,
    RecordKind,
    RecordState,
    RunChange,
)

__all__ = [
    "Account",
    "AccountChanged",
    "CaseChanged",
    "ClassChanged",
    "Event",
    "GroupChanged",
    "PersonRecord",
    "RecordChanged",
    "RunChanged",
    "RunSettled",
]


class Value(BaseModel):
    """A JSON object in an event: unknown fields are ignored, so that writers may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, use_enum_values=False)


class Event(Value):
    """One event's JSON value.

    ``type_of`` gives the CloudEvents type, ``wales.hwb.<service>.<noun>.<past verb>.v1``.
    """

    service: ClassVar[str]
    noun: ClassVar[str]

    def verb(self) -> str:
        """The past verb of the event type."""
        raise NotImplementedError

    def type_of(self) -> str:
        """The CloudEvents type of this event."""
        return f"wales.hwb.{self.service}.{self.noun}.{self.verb()}.v1"


class PersonRecord(Value):
    """One learner or staff member as a school's snapshot has it.

    ``classes`` are class keys, ``<school>/<academic year>/<class code>``, sorted.
    """

    upn: str | None = None
    staff_code: str | None = None
    former_upn: str | None = None
    local_id: str = ""
    surname: str
    forename: str
    birth_date: date | None = None
    admission_number: str | None = None
    admission_date: date | None = None
    start_date: date | None = None
    leaving_date: date | None = None
    enrolment_status: EnrolmentStatus = EnrolmentStatus.CURRENT
    year_group: str | None = None
    classes: tuple[str, ...] = ()


class RecordChanged(Event):
    """``hwb.mis.changes``: a school's new word on a person.

    Key: UPN, or ``<school>/<staff code>``. ``rejected`` and ``held`` are for diagnosis only: the
    record stays as it was, and ``reasons`` are the codes of why the row was kept back.
    """

    service = "mis-ingest"
    noun = "record"

    kind: RecordKind
    school: str
    run_id: str
    run_seq: int
    state: RecordState
    changed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    received_at: datetime
    record: PersonRecord

    def verb(self) -> str:
        return "changed"


class ClassChanged(Event):
    """``hwb.mis.classes``: a class with its teachers and members. Key: ``class_key``.

    ``academic_year`` is written ``2021-22``; ``teachers`` and ``members`` are person_refs, sorted.
    ``received_at`` is when its run was received: the freeze date counts by it.
    """

    service = "mis-ingest"
    noun = "class"

    class_key: str
    school: str
    academic_year: str
    class_code: str
    title: str
    year_group: str | None = None
    state: ClassState = ClassState.CURRENT
    teachers: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    run_id: str
    run_seq: int
    received_at: datetime

    def verb(self) -> str:
        return "changed"


class RunCounts(Value):
    """How many rows of a run met which fate.

    ``changes`` is the number of events on hwb.mis.changes; ``kept_back`` are those of them that are
    for diagnosis only. ``held`` rows wait for a person.
    """

    learners: int = 0
    staff: int = 0
    classes: int = 0
    rejected: int = 0
    missing: int = 0
    changes: int = 0
    class_changes: int = 0
    held: int = 0
    kept_back: int = 0


class RunChanged(Event):
    """``hwb.mis.runs``: what happened to a provisioning run. Key: school."""

    service = "mis-ingest"
    noun = "run"

    change: RunChange
    run_id: str
    school: str
    run_seq: int
    received_at: datetime
    counts: RunCounts = RunCounts()
    reason: str | None = None

    def verb(self) -> str:
        return self.change.value


class RunSettled(Event):
    """``hwb.identity.runs``: all changes of a run are applied or parked. Key: school.

    ``pending`` counts those of the applied that left a learner pending at this school.
    """

    service = "identity"
    noun = "run"

    run_id: str
    school: str
    run_seq: int
    applied: int
    pending: int
    parked: int
    settled_at: datetime

    def verb(self) -> str:
        return "settled"


class Account(Value):
    """A whole account as every other service may know it.

    ``deletes_on`` is the day on which it is deleted, announced thirty days before, unless a school
    takes it back. ``aliases`` are the sign-in names that it had before: they stay its own, sign in
    as before, and nobody else ever gets one.
    """

    account_id: str
    role: AccountRole
    status: AccountStatus
    sign_in_name: str
    display_name: str
    home_school: str | None = None
    other_schools: tuple[str, ...] = ()
    year_group: str | None = None
    classes: tuple[str, ...] = ()
    person_refs: tuple[str, ...] = ()
    deletes_on: date | None = None
    aliases: tuple[str, ...] = ()


class AccountChanged(Event):
    """``hwb.identity.accounts``: one change, with the whole account after it. Key: account id.

    ``version`` rises by one a change; readers drop what is not above the one they have.
    """

    service = "identity"
    noun = "account"

    change: AccountChange
    version: int
    account: Account
    changed_at: datetime

    def verb(self) -> str:
        return self.change.value


class GroupChanged(Event):
    """``hwb.groups.events``: what happened to a Team or Classroom. Key: group id."""

    service = "groups"
    noun = "group"

    change: GroupChange
    group_id: str
    provider: Provider
    provider_id: str | None = None
    class_key: str
    school: str
    academic_year: str
    linked: bool
    archived: bool
    members: int
    changed_at: datetime
    reason: str | None = None

    def verb(self) -> str:
        return self.change.value


class CaseChanged(Event):
    """``hwb.servicedesk.cases``: a case was raised or resolved. Key: ``case_key``.

    ``facts`` fill the template of ``kind``; they hold ids, numbers and dates, no UPN or staff code.
    ``school`` is the school it is about, None where there is none.
    """

    noun = "case"
    service = "any"

    change: CaseChange
    case_key: str
    kind: CaseKind
    school: str | None = None
    facts: dict[str, str] = {}
    raised_by: str
    changed_at: datetime

    def verb(self) -> str:
        return self.change.value

    def type_of(self) -> str:
        return f"wales.hwb.{self.raised_by}.case.{self.verb()}.v1"
