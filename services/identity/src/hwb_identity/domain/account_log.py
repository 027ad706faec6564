"""Whether what the log says last of an account is what the account is, and what would mend it."""

from enum import StrEnum
from typing import NamedTuple


class Logged(NamedTuple):
    """What the log says of an account: its last record's version and content, the highest version.

    ``last`` is None where the last record is a tombstone. ``digest`` is of the account's JSON.
    """

    last: int | None
    highest: int
    digest: bytes | None


class Kept(NamedTuple):
    """What the database says of an account."""

    version: int
    digest: bytes


class Fault(StrEnum):
    """How log and database can disagree, and in the last word what mends it."""

    UNSAID = "the log does not have it: publish"
    BEHIND = "the log has an older version: publish"
    STALE = "an older version is the last one on the log: publish"
    BURIED = "the log says that it was deleted: publish as a new version"
    DIFFERENT = "the log has the same version with other content: publish as a new version"
    AHEAD = "the log has a newer version: publish as a version beyond it"
    ORPHAN = "the log has an account that is not there: publish its tombstone"


def fault_between(kept: Kept | None, logged: Logged | None) -> Fault | None:
    """What is wrong, None where subscribers have or will have just what the database has."""
    if kept is None:
        return None if logged is None or logged.last is None else Fault.ORPHAN
    if logged is None:
        return Fault.UNSAID
    if logged.last is None:
        return Fault.BURIED
    return _between_versions(kept, logged, logged.last)


def _between_versions(kept: Kept, logged: Logged, last: int) -> Fault | None:
    if logged.highest > kept.version:
        return Fault.AHEAD
    if last < logged.highest:
        return Fault.STALE
    if last < kept.version:
        return Fault.BEHIND
    return None if logged.digest == kept.digest else Fault.DIFFERENT


def version_to_publish(fault: Fault, kept: Kept, logged: Logged | None) -> int:
    """The version under which subscribers take the account: the same where they lack just that.

    A subscriber drops what is not above the version that it has, so content that differs must rise.
    """
    if logged is None or fault in (Fault.UNSAID, Fault.BEHIND, Fault.STALE):
        return kept.version
    return max(kept.version, logged.highest) + 1
