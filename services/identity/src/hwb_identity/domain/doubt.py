"""Whether two are one person, where the rules cannot tell: people decide, and nothing waits."""

from enum import StrEnum
from typing import NamedTuple

from hwb_identity.domain.enrolment import Enrolment


class DoubtKind(StrEnum):
    """What is in doubt; the words of the case's kind."""

    MERGE = "merge_proposed"
    """Two UPNs are said to be one learner, and what is known of them does not bear it out."""

    STAFF_CODE = "code_used_again"
    """A staff code may have gone to another person, or come back to the same one."""


class Doubt(NamedTuple):
    """Raised with a school's word about ``key``.

    ``other_key`` is the other UPN of a merge. ``other_account_id`` is None for a staff code whose
    account was left with it, which may by now be another person's.
    """

    kind: DoubtKind
    school: str
    key: str
    other_key: str | None
    account_id: str | None
    other_account_id: str | None


class Withdrawn(NamedTuple):
    """A school says no longer that whoever has ``keys`` had this former UPN, nor does another."""

    keys: tuple[str, ...]
    former_key: str


def same_name(one: Enrolment, other: Enrolment) -> bool:
    """Whether both records bear one name; case and spaces do not count."""
    return names_of(one) == names_of(other)


def names_of(enrolment: Enrolment) -> tuple[str, str]:
    """Forename and surname, as they are compared."""
    return (
        " ".join(enrolment.forename.casefold().split()),
        " ".join(enrolment.surname.casefold().split()),
    )


def may_be_successor(before: Enrolment, said: Enrolment) -> bool:
    """Whether a staff record may be another person's by now, though nobody was said to leave.

    It starts later, neither forename nor surname is the same, and no date of birth says that it is.
    """
    if said.begins is None or before.begins is None or said.begins <= before.begins:
        return False
    if before.born is not None and before.born == said.born:
        return False
    forename, surname = names_of(before)
    return forename != names_of(said)[0] and surname != names_of(said)[1]


def may_be_same(before: Enrolment, said: Enrolment) -> bool:
    """Whether a staff code that was used again may have come back to whoever had it."""
    if before.born is not None and said.born is not None and before.born != said.born:
        return False
    return same_name(before, said)
