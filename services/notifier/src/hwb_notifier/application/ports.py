"""What the notifier needs from outside: rows, a mail server, and somebody who words a case."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from typing import Any, Protocol

from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.decision import OwnersCommand
from hwb_notifier.domain.recipients import Recipient
from hwb_notifier.domain.step import Step
from hwb_runtime.database import Session
from hwb_schemas.words import CaseKind


class MailState(StrEnum):
    """How far a mail is."""

    DUE = "due"
    SENT = "sent"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail in hand, with what it says."""

    mail_id: int
    message_id: str
    first_message_id: str
    """That of the case's first opening: later ones belong to its thread."""

    case_key: str
    kind: CaseKind
    school: str | None
    facts: Mapping[str, str]
    raised_at: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class MailStatus:
    """How far the mail about a case's last opening is."""

    message_id: str
    state: MailState
    failures: int
    reason: str | None
    sent_at: datetime | None


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
    """The rows of cases and mails, within somebody's transaction."""

    async def known(self, session: Session, case_keys: Collection[str]) -> dict[str, Case]:
        """Those of these cases that are known, locked in order until the transaction ends."""

    async def save(self, session: Session, cases: Sequence[Case]) -> None:
        """Insert or replace."""

    async def add_step(self, session: Session, case_key: str, step: Step) -> None:
        """Keep what somebody did; the case is locked."""

    async def steps(self, session: Session, case_key: str, *, limit: int) -> list[Step]:
        """The newest of a case's steps, oldest first."""

    async def add_mails(self, session: Session, mails: Sequence[tuple[Case, str, str]]) -> None:
        """A due mail for each (case, its Message-ID, the first opening's Message-ID)."""

    async def claim_mail(self, session: Session) -> DueMail | None:
        """The mail that is due the longest, locked until the transaction ends."""

    async def mark_sent(self, session: Session, mail_id: int, *, at: datetime) -> None:
        """The server has taken it."""

    async def mark_failed(
        self, session: Session, mail_id: int, *, reason: str, wait: float
    ) -> None:
        """Try it again after so many seconds of system time."""

    async def mark_parked(self, session: Session, mail_id: int, *, reason: str) -> None:
        """No try will help; somebody must look."""

    async def find(self, session: Session, wanted: CaseFilter, *, limit: int) -> list[ListedCase]:
        """Newest first."""

    async def case(self, session: Session, case_key: str) -> ListedCase | None:
        """One case."""

    async def mails_due_longer_than(
        self, session: Session, seconds: float
    ) -> list[tuple[str, str | None]]:
        """(case key, last reason) of mails that should have gone."""

    async def parked_mails(self, session: Session) -> list[tuple[int, str, str]]:
        """(mail id, case key, reason)."""

    async def cases_without_mail(self, session: Session) -> list[Case]:
        """Cases whose last opening has no mail."""

    async def make_due(self, session: Session, mail_ids: Collection[int]) -> None:
        """Try parked mails again from the beginning."""


class MailServerError(Exception):
    """The mail server did not take a mail; ``reason`` has no address in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailServerAwayError(MailServerError):
    """It cannot be reached or lost the connection: look whether it is up. All mails wait."""


class MailDelayedError(MailServerError):
    """It refused for now (4xx): the mail is tried again by itself."""


class MailRefusedError(MailServerError):
    """It refused for good (5xx): correct the address or the settings, then reconcile --fix."""


class Owners(Protocol):
    """The services that own what cases are about."""

    async def carry_out(self, command: OwnersCommand, *, key: str, token: str) -> dict[str, Any]:
        """Have the owner do it, by the caller's key and in the caller's name; its answer.

        Raises OwnerRefusedError with the owner's own problem; OwnerAwayError where it was not
        reached; OwnerSilentError where nobody knows whether it was done.
        """


class Mailer(Protocol):
    """A mail server."""

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises a MailServerError."""


class Wording(Protocol):
    """Writes the mail about a case, in both languages."""

    def compose(self, mail: DueMail, recipient: Recipient, *, at: datetime) -> EmailMessage:
        """The whole message but for its way."""
