"""What the use cases need from outside, said once."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from hwb_identity.domain.diagnosis import KeptBackRow, SchoolRuns
from hwb_identity.domain.doubt import Doubt, Withdrawn
from hwb_identity.domain.people import People
from hwb_identity.domain.person import Person
from hwb_runtime.auth import Caller
from hwb_runtime.notices import Notice
from hwb_runtime.unit_of_work import UnitOfWork


class Decided(NamedTuple):
    """The person who decided something, and why."""

    by: str
    reason: str


class RememberedChange(NamedTuple):
    """One change of an account. ``account`` is its JSON after it; ``changed_at`` is ISO."""

    account_id: str
    version: int
    changed_at: str
    change: str
    cause: str
    account: str
    decided: Decided | None = None


class AccountLog(Protocol):
    """``hwb.identity.accounts`` as a subscriber reads it."""

    def records(self) -> AsyncIterator[Sequence[tuple[str, bytes | None]]]:
        """Account id and JSON value (None: a tombstone) of all records, in each account's order."""
        ...


class KeptBack(NamedTuple):
    """A school's row about a person that was rejected or held, and the codes of why.

    ``withdrawn``: such a row is no longer there, and the school never said anything else.
    """

    key: str
    school: str
    state: str
    run_seq: int
    reasons: str


NameLane = tuple[str, int]
"""A stem of sign-in names and the lane where its numbers are taken."""


class PeopleStore(Protocol):
    """Persons of one transaction, locked before they are read."""

    async def lock(self, keys: Iterable[str]) -> People:
        """The persons of these keys, links followed."""
        ...

    async def read(self, keys: Iterable[str]) -> People:
        """The same without a lock: for what is never written."""
        ...

    async def lock_due(self, *, limit: int) -> People:
        """Persons for whom a day has come."""
        ...

    async def lock_after(self, key: str, *, limit: int) -> People:
        """The next persons in the order of keys."""
        ...

    def accounts(self, account_ids: Sequence[str] | None = None) -> AsyncIterator[Sequence[Person]]:
        """Who has these accounts, or any at all: some thousand at once, not locked."""
        ...

    async def last_changes(self, account_ids: Sequence[str]) -> Mapping[str, tuple[str, datetime]]:
        """The last change of each account and its instant."""
        ...

    async def key_of_account(self, account_id: str) -> str | None:
        """The key of the row that holds this account."""
        ...

    async def take_names(self, wanted: Mapping[NameLane, int]) -> dict[NameLane, range]:
        """For each so many numbers that nobody has; lanes never wait for each other."""
        ...

    async def save(self, people: People, changed_at: datetime) -> None:
        """Write what differs from what was locked."""
        ...

    async def calendar(self) -> str | None:
        """The digest of the calendar by which every person was last evaluated."""
        ...

    async def keep_calendar(self, digest: str) -> None:
        """Keep that digest."""
        ...

    async def remember(self, changes: Sequence[RememberedChange]) -> None:
        """Append to the accounts' history."""
        ...

    async def keep_back(self, rows: Sequence[KeptBack]) -> dict[tuple[str, str], int]:
        """Remember rows that were rejected or held, for diagnosis.

        Gives the run_seq that was known before, by key and school, where there was one.
        """
        ...

    async def hide_passwords(self, account_ids: Sequence[str]) -> None:
        """Let these accounts' passwords be shown no more; they still open the accounts."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPassword:
    """``sealed`` is what can be shown again, None after a match."""

    sealed: bytes | None
    made_at: datetime


class PasswordStore(Protocol):
    """Passwords of one transaction."""

    async def kept(self, account_id: str) -> KeptPassword | None:
        """What is kept of an account's password, None while it has none."""
        ...

    async def keep(self, account_id: str, *, digest: str, sealed: bytes, at: datetime) -> None:
        """Keep a new password in place of any before."""
        ...

    async def keep_alias(self, sign_in_name: str, account_id: str) -> None:
        """Let an account's former sign-in name go on signing in."""
        ...

    async def digest_of(self, sign_in_name: str) -> tuple[str, str] | None:
        """The account id and the digest of an active account, by its sign-in name."""
        ...


class SecretKeeping(Protocol):
    """How passwords are digested and sealed."""

    async def digest(self, password: str) -> str:
        """The argon2id digest, made off the event loop."""
        ...

    async def agrees(self, password: str, digest: str) -> bool:
        """Whether this is the password of the digest."""
        ...

    def seal(self, password: str, account_id: str) -> bytes:
        """The password as only this deployment can read it again."""
        ...

    def unseal(self, sealed: bytes, account_id: str) -> str | None:
        """The password, None where it was sealed under another secret."""
        ...


class AccessLog(Protocol):
    """Who asked for what about whom."""

    async def note(
        self,
        action: str,
        *,
        caller: Caller,
        school: str | None,
        account_id: str | None = None,
        person_ref: str | None = None,
    ) -> None:
        """Keep that this caller did this."""
        ...


class PublishedRun(NamedTuple):
    """A run that was published, with how many of its rows met which fate."""

    run_id: str
    school: str
    run_seq: int
    changes: int
    traceparent: str | None
    published_at: datetime
    rejected: int
    held: int


@dataclass(frozen=True, slots=True)
class RunStanding:
    """A published run that is not settled, and what has become of its changes so far."""

    run_id: str
    school: str
    run_seq: int
    changes: int
    traceparent: str | None
    applied: int
    pending: int


class RunStore(Protocol):
    """Published runs and how far they have come."""

    async def count(self, partition: int, counts: Mapping[str, tuple[int, int]]) -> None:
        """Add (applied, pending) by run_id to what this partition has had."""
        ...

    async def published(self, runs: Sequence[PublishedRun]) -> None:
        """Remember published runs."""
        ...

    async def heard(self, runs: Sequence[tuple[str, str, int, str, datetime]]) -> None:
        """Remember the newest word on runs of each school: school, id, run_seq, change, instant."""
        ...

    async def unsettled(self) -> Sequence[RunStanding]:
        """Published runs that are not settled yet, locked."""
        ...

    async def parked_by_run(self) -> Mapping[str, int]:
        """How many parked changes each run has."""
        ...

    async def settle(self, run_ids: Sequence[str], at: datetime) -> None:
        """Mark runs as settled."""
        ...


@dataclass(frozen=True, slots=True)
class Transfer:
    """A request to keep the account of the previous school. ``state``: open, approved, refused."""

    case_key: str
    school: str
    staff_key: str
    previous_school: str
    account_id: str
    previous_account_id: str | None
    state: str


class TransferStore(Protocol):
    """Requests for transfers."""

    async def open(self, transfer: Transfer, *, note: str | None, by: str, at: datetime) -> bool:
        """Keep a request; False where it is open or was approved already."""
        ...

    async def lock(self, case_key: str) -> Transfer | None:
        """A request, locked."""
        ...

    async def decide(
        self, case_key: str, *, state: str, by: str, reason: str, at: datetime
    ) -> None:
        """Keep the decision on a request."""
        ...


class DoubtAsked(NamedTuple):
    """A doubt as it stands: ``open``, ``same_person``, ``different_people`` or ``withdrawn``."""

    case_key: str
    state: str
    raised_at: datetime
    doubt: Doubt


class DoubtStore(Protocol):
    """Doubts whether two are one person, of one transaction."""

    async def open(self, case_key: str, doubt: Doubt, *, at: datetime) -> bool:
        """Keep a doubt; False where it is open, or where two UPNs were judged already."""
        ...

    async def withdraw(self, statement: Withdrawn, *, at: datetime) -> Sequence[DoubtAsked]:
        """Close open proposals of a merge that no record of the two, as it is kept, states."""
        ...

    async def lock(self, case_key: str) -> DoubtAsked | None:
        """A doubt, locked."""
        ...

    async def decide(
        self, case_key: str, *, state: str, by: str, reason: str, at: datetime
    ) -> None:
        """Keep the decision on a doubt."""
        ...


class Leaver(NamedTuple):
    """Who is deleted: the row, all its keys, the account."""

    key: str
    keys: tuple[str, ...]
    account_id: str


class DueDeletions(NamedTuple):
    """Accounts that are due to be deleted, the digest of their ids, and how many there are.

    ``lately`` were deleted lately without anybody's approval.
    """

    due: int
    digest: str
    lately: int
    accounts: int


class AnnouncedDeletion(NamedTuple):
    """An account that will be deleted on a day.

    ``kept_account_id`` is what its owner has instead, where it was closed.
    """

    account_id: str
    display_name: str
    role: str
    deletes_on: date
    kept_account_id: str | None


class DeletionStore(Protocol):
    """Deletions of one transaction."""

    async def approved_up_to(self) -> date:
        """Deletions up to this day were approved by a person, however many they are."""
        ...

    async def due(self, today: date, *, beyond: date, lately: date) -> DueDeletions:
        """What is due after ``beyond``, and what was deleted since ``lately`` without a person."""
        ...

    async def due_keys(self, up_to: date, *, limit: int) -> list[str]:
        """The next rows whose account is to be deleted."""
        ...

    async def still_due(self, keys: Sequence[str], up_to: date) -> set[str]:
        """Those of these rows that may be deleted now that they are locked."""
        ...

    async def delete(self, leavers: Sequence[Leaver], *, today: date, approved: date) -> None:
        """Delete everything that is known of these persons but that there was an account."""
        ...

    async def approve(
        self, due: DueDeletions, *, up_to: date, by: str, reason: str, at: datetime
    ) -> None:
        """Keep that a person approved this very list."""
        ...


class NoticeStore(Protocol):
    """What such cases of one transaction follow from."""

    async def deletions_announced(self) -> Sequence[Notice]:
        """One for each school and day on which accounts that left it are deleted."""
        ...

    async def ending(self, today: date, until: date) -> Sequence[Notice]:
        """One for each school and day on which accounts made by hand end, up to a day."""
        ...

    async def not_reviewed(self, since: date, year: str) -> Sequence[Notice]:
        """One for each school with active accounts that nobody has looked at since a day."""
        ...


class DiagnosisReader(Protocol):
    """What a diagnosis looks at."""

    async def person(self, key: str) -> Person | None:
        """The person of this key, a link followed."""
        ...

    async def kept_back(self, key: str, school: str, *, since: int) -> KeptBackRow | None:
        """The school's newest row about this key, from a run on, if it was rejected or held."""
        ...

    async def runs(self, school: str) -> SchoolRuns:
        """What is known of a school's runs."""
        ...

    async def password(self, account_id: str) -> str | None:
        """``visible``, ``hidden``, or None where none was made."""
        ...

    async def is_in_doubt(self, key: str, school: str) -> bool:
        """Whether a former UPN that this school stated of this person waits for the decision."""
        ...

    async def years_of_classes(self, school: str) -> dict[str, int]:
        """How many places in classes of each academic year the school's accounts have."""
        ...


class ManualAccount(NamedTuple):
    """An account made by hand: who answers for it, why, and the first day without it."""

    account_id: str
    owner: str
    reason: str
    ends_on: date | None
    created_by: str
    created_at: datetime


class ReviewRow(NamedTuple):
    """One line of the end-of-year review."""

    account_id: str
    display_name: str
    sign_in_name: str
    status: str
    version: int
    owner: str
    reason: str
    ends_on: date | None
    created_at: datetime
    reviewed_at: datetime | None
    confirmed_with: str | None


class ManualStore(Protocol):
    """Accounts made by hand of one transaction."""

    async def keep(self, made: ManualAccount) -> None:
        """Keep a new one."""
        ...

    async def extend(self, account_id: str, ends_on: date | None) -> None:
        """Give one another end date, or none."""
        ...

    async def reviewed(
        self, account_id: str, *, by: str, at: datetime, confirmed_with: str | None
    ) -> None:
        """Keep who looked at one, and with whom it was confirmed."""
        ...


OpenPeople = Callable[[UnitOfWork], PeopleStore]
OpenRuns = Callable[[UnitOfWork], RunStore]
OpenTransfers = Callable[[UnitOfWork], TransferStore]
OpenDoubts = Callable[[UnitOfWork], DoubtStore]
OpenDeletions = Callable[[UnitOfWork], DeletionStore]
OpenNotices = Callable[[UnitOfWork], NoticeStore]
OpenPasswords = Callable[[UnitOfWork], PasswordStore]
OpenAccessLog = Callable[[UnitOfWork], AccessLog]
OpenDiagnosis = Callable[[UnitOfWork], DiagnosisReader]
OpenManual = Callable[[UnitOfWork], ManualStore]
