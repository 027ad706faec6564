"""What the season guard and decisions need from outside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from hwb_mis_ingest.application.ports import ClassToKeep
from hwb_mis_ingest.application.publication import Publication, Saying
from hwb_mis_ingest.domain.season_guard import HoldReason, LetThrough, Roll, Season
from hwb_runtime.database import Session
from hwb_schemas.words import RecordKind


class HeldSaying(NamedTuple):
    """A word that waits for a person, and why."""

    saying: Saying
    reason: HoldReason


@dataclass(frozen=True, slots=True)
class HeldList:
    """What one run holds. ``classes`` are as they will be when the rows are approved."""

    rows: Sequence[HeldSaying]
    classes: Sequence[ClassToKeep]
    digest: str


@dataclass(frozen=True, slots=True)
class RunToDecide:
    """A run under the lock of its school."""

    run_id: str
    run_seq: int
    status: str
    digest: str
    hold: str | None
    hold_digest: str | None
    rolled_back_by: str | None
    received_at: datetime
    published_at: datetime | None
    traceparent: str


@dataclass(frozen=True, slots=True)
class Reversal:
    """What rolling a run back publishes, and the local ids of those who were changed since."""

    publication: Publication
    changed_since: Sequence[tuple[str, str]]
    classes_changed_since: Sequence[str]


class Seasons(Protocol):
    """What each school's season has seen."""

    async def roll(self, session: Session, school: str, season: str) -> Roll:
        """Who claimed when the season opened: now, where nothing is kept of it yet."""
        ...

    async def keep_roll(self, session: Session, school: str, season: Season) -> None:
        """Keep who claims now as the season's roll, where nothing is kept of it yet."""
        ...

    async def look_at_end_of_year(
        self, session: Session, school: str, season: Season, top_year_groups: frozenset[str]
    ) -> None:
        """Count anew how far the end-of-year work is; outside the rollover there is none."""
        ...

    async def let_through(self, session: Session, school: str, season: str) -> LetThrough: ...

    async def count(
        self,
        session: Session,
        school: str,
        season: str,
        *,
        stopped: Mapping[tuple[RecordKind, str], str],
        places: int,
    ) -> None:
        """Count who stopped claiming, by last year group, and places lost."""
        ...

    async def forget(
        self, session: Session, school: str, people: Iterable[tuple[RecordKind, str]]
    ) -> None:
        """They claim again, or a person approved it: they do not count."""
        ...

    async def is_closing(self, session: Session, school: str) -> bool: ...


class Holds(Protocol):
    """Held rows, and what people decide of runs."""

    async def hold(self, session: Session, run_id: str, held: HeldList) -> None:
        """Keep a run's held rows."""
        ...

    async def supersede(self, session: Session, school: str) -> None:
        """The school's open lists are no longer to be decided: a later run has its own."""
        ...

    async def lock_school(self, session: Session, school: str) -> None:
        """Wait for whoever works on the school's runs, and keep others away."""
        ...

    async def run(self, session: Session, school: str, run_id: str) -> RunToDecide | None: ...

    async def is_waiting(self, session: Session, school: str) -> bool:
        """Whether an upload of the school is received and not published."""
        ...

    async def held(self, session: Session, run_id: str) -> HeldList: ...

    async def settle_hold(
        self, session: Session, run_id: str, *, hold: str, by: str, at: datetime
    ) -> None:
        """Mark a run's list decided and forget its rows."""
        ...

    async def add_decided(
        self,
        session: Session,
        school: str,
        *,
        run_id: str,
        format_: str,
        of_run: str,
        by: str,
        at: datetime,
        traceparent: str,
    ) -> int:
        """Add a run that a person made; gives its run_seq."""
        ...

    async def reversal(self, session: Session, school: str, run_seq: int) -> Reversal:
        """What was before a run, of what is still as the run left it."""
        ...

    async def forget_before(
        self, session: Session, school: str, published_before: datetime
    ) -> None:
        """Delete what was before runs that were published so long ago."""
        ...

    async def rolled_back(self, session: Session, run_id: str, *, by_run: str) -> None:
        """Mark it so, and let the school's later uploads wait."""
        ...

    async def earlier_waiting(
        self, session: Session, school: str, run_seq: int
    ) -> list[RunToDecide]: ...

    async def release_waiting(self, session: Session, school: str) -> None:
        """Let the waiting uploads be worked on."""
        ...

    async def discard_upload(self, session: Session, run_id: str, *, by: str, at: datetime) -> None:
        """Mark a waiting upload discarded and delete it."""
        ...

    async def approve_closing(
        self, session: Session, school: str, *, by: str, at: datetime
    ) -> bool:
        """Note it; False where it was."""
        ...
