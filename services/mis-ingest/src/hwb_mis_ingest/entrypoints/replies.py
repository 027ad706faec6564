"""What the API answers, as models: they are its documentation."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from hwb_mis_ingest.domain.reasons import Reason
from hwb_mis_ingest.domain.value_class import ValueClass
from hwb_schemas.events import RunCounts
from hwb_schemas.register import ClientManager


class Links(BaseModel):
    """Where to go on."""

    run: str


class Receipt(BaseModel):
    """An upload was taken: nothing of it can be lost any more."""

    run_id: str
    school: str
    status: Literal["received"]
    links: Links


class Settled(BaseModel):
    """What became of a run's changes. ``pending`` learners wait for their previous school."""

    applied: int
    pending: int
    parked: int


class Refusal(BaseModel):
    """Why a run was refused after it was received."""

    code: str
    detail: str


class Run(BaseModel):
    """A provisioning run.

    ``waiting`` is an upload that somebody must approve after a rollback. ``hold`` says what became
    of its held rows, None where none were; ``digest`` is what to send with a decision. ``of_run``
    is the run that this one, made by a decision, is about.
    """

    run_id: str
    run_seq: int
    school: str
    status: Literal["received", "waiting", "refused", "discarded", "published", "settled"]
    format: str
    extracted_at: datetime | None
    received_at: datetime
    published_at: datetime | None
    settled_at: datetime | None
    counts: RunCounts
    settled: Settled | None
    refusal: Refusal | None
    hold: Literal["open", "approved", "discarded", "superseded"] | None
    digest: str
    of_run: str | None
    rolled_back_by: str | None


class Runs(BaseModel):
    """Runs, newest first. ``next`` is what to give as ``before`` for older ones."""

    items: list[Run]
    next: int | None


class ReportRow(BaseModel):
    """One fault of one row, with what to do in English and Welsh.

    ``value_class`` is what kind of value was found there; the value itself is never shown.
    """

    file: str
    line: int
    field: str
    value_class: ValueClass
    reason: Reason
    what_to_do: str
    what_to_do_cy: str


class Report(BaseModel):
    """The rejected rows of a run. ``total`` counts faults beyond the limit, too."""

    rows: list[ReportRow]
    total: int


class EndOfYearWork(BaseModel):
    """Whether the end-of-year work looks done, by the school's runs since the groups' freeze.

    It does when at least half of those below the top year group have moved up, and nobody of the
    top year group is still in it without a leaving date. Counted is who was at the school at the
    freeze and still is.
    """

    looks_done: bool
    learners_below_top: int
    learners_moved_up: int
    top_year_without_leaving_date: int


class Result(StrEnum):
    """How the newest upload stands."""

    NEVER_RUN = "never_run"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ROWS_REJECTED = "rows_rejected"
    HELD = "held"
    WAITING = "waiting"
    REFUSED = "refused"
    DISCARDED = "discarded"
    ROLLED_BACK = "rolled_back"


class SchoolStatus(BaseModel):
    """Provisioning status of one school. Only an upload that settled counts as Last Run.

    ``age_hours`` and ``in_run_week`` are of the Last Run's receipt; None where there is none.
    ``end_of_year_work`` is None until the school has run since the groups' freeze.
    """

    school: str
    name: str
    name_cy: str
    authority: str
    client_managed_by: ClientManager
    result: Result
    age_hours: float | None
    in_run_week: bool | None
    end_of_year_work: EndOfYearWork | None
    last_run: Run | None
    newest_run: Run | None


class ProvisioningStatus(BaseModel):
    """Provisioning status of the schools asked for, by number."""

    items: list[SchoolStatus]
