"""What the use cases need from outside; the shapes that cross the line are here too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from hwb_mis_ingest.domain.difference import Published
from hwb_mis_ingest.domain.judgement import Person
from hwb_mis_ingest.domain.rows import Rejection, UploadFiles
from hwb_runtime.database import Session
from hwb_schemas.events import RunCounts, RunSettled
from hwb_schemas.words import RecordKind, RecordState


class UploadReader(Protocol):
    """Knows the file formats."""

    def check(self, data: bytes, school: str) -> str:
        """The format of an upload that can be taken whole. Raises UploadRefusedError."""
        ...

    def open(self, data: bytes) -> UploadFiles:
        """The upload's rows. Raises UploadRefusedError."""
        ...


@dataclass(frozen=True, slots=True)
class NewRun:
    """An upload that is taken. ``run_seq`` is the school's next."""

    run_id: str
    school: str
    run_seq: int
    format: str
    extracted_at: datetime | None
    received_at: datetime
    received_from: str
    traceparent: str
    digest: str


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A run that this transaction alone works on."""

    run_id: str
    school: str
    run_seq: int
    received_at: datetime
    traceparent: str


class RecordToKeep(NamedTuple):
    """A record as it is published now."""

    kind: str
    code: str
    state: str
    digest: str
    local_id: str
    derived_former_upn: str | None
    record: bytes


@dataclass(frozen=True, slots=True)
class PublishedClass:
    """A class as it was last published; ``digest`` is of its body."""

    class_key: str
    local_id: str
    current: bool
    digest: str


class ClassToKeep(NamedTuple):
    """A class as it is published now; ``body`` is JSON."""

    class_key: str
    local_id: str
    state: str
    digest: str
    body: bytes


class KeptBackBefore(NamedTuple):
    """What was last said of a row that is kept back."""

    state: RecordState
    digest: str


class KeptBackToSay(NamedTuple):
    """A row that is kept back, as it is said now: ``record`` is JSON."""

    kind: str
    code: str
    state: str
    reasons: tuple[str, ...]
    digest: str
    record: bytes


class Runs(Protocol):
    """The runs of every school, and their uploads until they are published."""

    async def next_run_seq(
        self, session: Session, school: str, extracted_at: datetime | None
    ) -> int:
        """Lock the school and take its next number. Raises OutdatedExtractError."""
        ...

    async def coming_run_seq(self, session: Session, school: str) -> int:
        """The school's next number, which is not taken by this."""
        ...

    async def add(self, session: Session, run: NewRun, data: bytes) -> None: ...

    async def claim_next(self, session: Session) -> ClaimedRun | None:
        """The longest waiting run that is its school's first and that nobody works on."""
        ...

    async def upload(self, session: Session, run_id: str) -> bytes: ...

    async def publish(
        self,
        session: Session,
        run_id: str,
        *,
        published_at: datetime,
        counts: RunCounts,
        rejections: Sequence[Rejection],
    ) -> None:
        """Mark it published, keep its report, delete its upload."""
        ...

    async def refuse(self, session: Session, run_id: str, *, code: str, says: str) -> None:
        """Mark it refused and delete its upload."""
        ...

    async def set_aside(self, session: Session, run_id: str, *, code: str, says: str) -> None:
        """Mark it refused through a fault of ours; the upload is kept for another try."""
        ...

    async def failed(self, session: Session, run_id: str) -> int:
        """Count a failure that is ours; gives how many there were."""
        ...

    async def settle(self, session: Session, settled: Sequence[RunSettled]) -> int:
        """Mark published runs settled; gives how many were."""
        ...


class Records(Protocol):
    """What each school last said: people, classes and open cases."""

    async def compare(
        self, session: Session, school: str, people: Sequence[Person], digests: Sequence[str]
    ) -> tuple[dict[int, Published | None], list[Published]]:
        """What was published, by index, of those who differ, and of those who are not there.

        ``digests`` are 32 hexadecimal digits of each stated record. Not there are those on roll or
        missing, and whoever is named as a former UPN.
        """
        ...

    async def everyone(self, session: Session, school: str) -> list[Published]:
        """Every record that was published, whatever its state."""
        ...

    async def codes_of(
        self, session: Session, school: str, local_ids: Sequence[str]
    ) -> Mapping[tuple[RecordKind, str], str]:
        """The codes that were published under these sourcedIds."""
        ...

    async def add_new(
        self, session: Session, school: str, run_seq: int, records: Sequence[RecordToKeep]
    ) -> None: ...

    async def replace(
        self, session: Session, school: str, run_seq: int, records: Sequence[RecordToKeep]
    ) -> None: ...

    async def set_states(
        self, session: Session, school: str, run_seq: int, states: Sequence[tuple[str, str, str]]
    ) -> None:
        """Kind, code and new state of records that are otherwise as they were."""
        ...

    async def count_missing(self, session: Session, school: str) -> int: ...

    async def classes(self, session: Session, school: str) -> list[PublishedClass]: ...

    async def class_bodies(
        self, session: Session, school: str, class_keys: Sequence[str]
    ) -> dict[str, bytes]: ...

    async def keep_classes(
        self, session: Session, school: str, run_seq: int, classes: Sequence[ClassToKeep]
    ) -> None: ...

    async def published(
        self, session: Session, school: str, people: Sequence[tuple[RecordKind, str]]
    ) -> list[Published]:
        """The records of these people, of those who have one."""
        ...

    async def kept_back(
        self, session: Session, school: str
    ) -> dict[tuple[RecordKind, str], KeptBackBefore]:
        """The school's rows that were last said to be kept back."""
        ...

    async def keep_back(
        self, session: Session, school: str, rows: Sequence[KeptBackToSay]
    ) -> None: ...

    async def forget_kept_back(
        self, session: Session, school: str, people: Sequence[tuple[RecordKind, str]]
    ) -> None: ...

    async def cases_open(self, session: Session, case_keys: Sequence[str]) -> set[str]:
        """Which of these cases are open."""
        ...

    async def open_case(self, session: Session, case_key: str, *, school: str, run_id: str) -> bool:
        """Note a case as open; False where it was."""
        ...

    async def close_case(self, session: Session, case_key: str) -> bool:
        """Note a case as closed; False where none was open."""
        ...
