"""What the notifier needs to mail: rows of mails, a mail server, and somebody who words a case."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol

from hwb_notifier.domain.case import Case
from hwb_notifier.domain.pace import Awake
from hwb_notifier.domain.recipients import Recipient
from hwb_runtime.database import Session
from hwb_schemas.words import CaseKind


class MailState(StrEnum):
    """How far a mail is."""

    DUE = "due"
    GATHERED = "gathered"
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
    addressee: str
    """The office that it goes to, as ``domain.recipients`` names them."""

    undelivered_to: str | None = None
    """The office that could not be reached, so that the Service Desk is written to."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed to the mail server: one mail, or a digest of several to one office."""

    message_id: str
    addressee: str
    mails: Sequence[DueMail]
    failures: int
    digest_id: int | None = None

    @property
    def mail_ids(self) -> list[int]:
        """Of the mails in it."""
        return [mail.mail_id for mail in self.mails]


@dataclass(frozen=True, slots=True)
class MailStatus:
    """How far the mail about a case's last opening is; in a digest, that one's Message-ID."""

    message_id: str
    state: MailState
    failures: int
    reason: str | None
    sent_at: datetime | None
    addressee: str
    undelivered_to: str | None


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail about the last opening of a case; the second id is that of the case's first."""

    case: Case
    message_id: str
    first_message_id: str
    addressee: str


class MailRows(Protocol):
    """The rows of mails and digests, within somebody's transaction."""

    async def add_mails(self, session: Session, mails: Sequence[NewMail]) -> None:
        """A due mail for each."""

    async def claim_mail(self, session: Session, awake: Awake) -> DueMail | None:
        """The mail that is due the longest, locked until the transaction ends."""

    async def claim_digest(self, session: Session, awake: Awake) -> Letter | None:
        """The same for a digest, with its mails by case."""

    async def taken(self, session: Session, addressee: str, *, within: float) -> int:
        """How many the office got within so many seconds, digests on their way included."""

    async def waiting(self, session: Session, addressee: str, *, limit: int) -> list[DueMail]:
        """The oldest mails that are due to the office, locked."""

    async def gather(
        self, session: Session, addressee: str, mails: Sequence[DueMail], *, domain: str
    ) -> int:
        """Make these one mail, the office's next digest; its id."""

    async def postpone(self, session: Session, addressee: str, *, hour: float) -> None:
        """What is due to the office waits until the oldest that it got is an hour old."""

    async def mark_sent(self, session: Session, letter: Letter, *, at: datetime) -> None:
        """The server has taken it."""

    async def mark_failed(
        self, session: Session, letter: Letter, *, reason: str, wait: float
    ) -> None:
        """Try it again after so many seconds of system time."""

    async def mark_parked(self, session: Session, letter: Letter, *, reason: str) -> None:
        """No try will help; somebody must look."""

    async def mark_undeliverable(
        self, session: Session, mail_ids: Collection[int], *, reason: str
    ) -> None:
        """Their office cannot be reached: due to the Service Desk; its own are parked."""

    async def dissolve(self, session: Session, digest_id: int | None) -> None:
        """This digest will not be sent: its mails go on by themselves."""

    async def sent_as(self, session: Session, message_id: str) -> list[int] | None:
        """The mails that went as this one and are still thought to have arrived, locked.

        None where no mail was ever sent under this Message-ID.
        """

    async def mails_due_longer_than(
        self, session: Session, seconds: float, awake: Awake
    ) -> list[tuple[str, str | None]]:
        """(case key, last reason) of mails that should have gone, not counting pauses we made."""

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
    """It refused the recipient or the mail for good (5xx): the Service Desk gets it instead."""


class SenderRefusedError(MailServerError):
    """It refuses whatever comes from us (5xx): correct the settings, then reconcile --fix."""


class Mailer(Protocol):
    """A mail server."""

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises a MailServerError."""


class Wording(Protocol):
    """Writes the mail about a case, or about several, in both languages."""

    def compose(self, letter: Letter, recipient: Recipient, *, at: datetime) -> EmailMessage:
        """The whole message but for its way."""
