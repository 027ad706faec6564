"""What the notifier needs from outside: rows of cases, and the services that own the matters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hwb_notifier.application.mail_ports import MailStatus
from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.decision import OwnersCommand
from hwb_notifier.domain.step import Step
from hwb_runtime.database import Session
from hwb_schemas.words import CaseKind


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case with its mail."""

    case: Case
    mail: MailStatus | None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for; None means any. ``school_begins`` is an authority's code."""

    state: CaseState | None = None
    kinds: Collection[CaseKind] | None = None
    school: str | None = None
    school_begins: str | None = None
    after: tuple[datetime, str] | None = None
    """The last case of the page before: newest first, then by key."""


class CaseRows(Protocol):
    """The rows of cases and steps, within somebody's transaction."""

    async def known(self, session: Session, case_keys: Collection[str]) -> dict[str, Case]:
        """Those of these cases that are known, locked in order until the transaction ends."""

    async def save(self, session: Session, cases: Sequence[Case]) -> None:
        """Insert or replace."""

    async def add_step(self, session: Session, case_key: str, step: Step) -> None:
        """Keep what somebody did; the case is locked."""

    async def steps(self, session: Session, case_key: str, *, limit: int) -> list[Step]:
        """The newest of a case's steps, oldest first."""

    async def find(self, session: Session, wanted: CaseFilter, *, limit: int) -> list[ListedCase]:
        """Newest first."""

    async def case(self, session: Session, case_key: str) -> ListedCase | None:
        """One case."""


class Owners(Protocol):
    """The services that own what cases are about."""

    async def carry_out(self, command: OwnersCommand, *, key: str, token: str) -> dict[str, Any]:
        """Have the owner do it, by the caller's key and in the caller's name; its answer.

        Raises OwnerRefusedError with the owner's own problem; OwnerAwayError where it was not
        reached; OwnerSilentError where nobody knows whether it was done.
        """
