"""The registry of kinds of case: who is written to, by when it should be done, who may see it.

The wording of each is in ``adapters/catalogue``, once in Welsh and once in English.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from hwb_schemas.words import CaseKind


class Audience(StrEnum):
    """To whom the mail about a case goes."""

    SERVICE_DESK = "service_desk"
    SCHOOL = "school"
    AUTHORITY = "authority"
    CLIENT_MANAGER = "client_manager"
    """Whoever manages the school's Provisioning Client; the school itself for all but authorities,
    because the register has no address of others."""


class Sight(StrEnum):
    """Who may read a case through the API besides the Service Desk and operators."""

    SCHOOL = "school"
    """The school it is about, and its authority."""

    AUTHORITY = "authority"
    """The authority alone: it says which other school has the learner."""

    SERVICE_DESK = "service_desk"
    """Nobody else."""


@dataclass(frozen=True, slots=True)
class KindRule:
    """What holds for every case of a kind. ``days`` is the time to act, from its raising on."""

    to: Audience
    days: int
    sight: Sight


RULES: Mapping[CaseKind, KindRule] = MappingProxyType(
    {
        CaseKind.STAFF_TRANSFER_REQUESTED: KindRule(Audience.SERVICE_DESK, 5, Sight.SCHOOL),
        CaseKind.REJECTED_ROWS: KindRule(Audience.SCHOOL, 3, Sight.SCHOOL),
        CaseKind.RECORD_MISSING: KindRule(Audience.SCHOOL, 5, Sight.SCHOOL),
        CaseKind.RUN_HELD: KindRule(Audience.SCHOOL, 2, Sight.SCHOOL),
        CaseKind.RUN_WEEK_REMINDER: KindRule(Audience.CLIENT_MANAGER, 2, Sight.SCHOOL),
        CaseKind.SCHOOL_HAS_NOT_RUN: KindRule(Audience.SERVICE_DESK, 2, Sight.SCHOOL),
        CaseKind.END_OF_YEAR_WORK_NOT_DONE: KindRule(Audience.SCHOOL, 3, Sight.SCHOOL),
        CaseKind.PENDING_TOO_LONG: KindRule(Audience.AUTHORITY, 5, Sight.SCHOOL),
        CaseKind.CONTESTED_CLAIM: KindRule(Audience.SERVICE_DESK, 5, Sight.AUTHORITY),
        CaseKind.MERGE_PROPOSED: KindRule(Audience.SERVICE_DESK, 5, Sight.AUTHORITY),
        CaseKind.CODE_USED_AGAIN: KindRule(Audience.SERVICE_DESK, 5, Sight.SCHOOL),
        CaseKind.STAFF_TRANSFER_DECIDED: KindRule(Audience.SCHOOL, 5, Sight.SCHOOL),
        CaseKind.ACCOUNTS_TO_BE_DELETED: KindRule(Audience.SCHOOL, 30, Sight.SCHOOL),
        CaseKind.CLOSED_ACCOUNTS_TO_BE_DELETED: KindRule(Audience.SCHOOL, 30, Sight.SCHOOL),
        CaseKind.DELETIONS_HELD: KindRule(Audience.SERVICE_DESK, 5, Sight.SERVICE_DESK),
        CaseKind.NON_MIS_ACCOUNT_EXPIRING: KindRule(Audience.SCHOOL, 28, Sight.SCHOOL),
        CaseKind.NON_MIS_REVIEW_UNFINISHED: KindRule(Audience.SCHOOL, 5, Sight.SCHOOL),
        CaseKind.GROUP_OPERATION_FAILED: KindRule(Audience.SERVICE_DESK, 3, Sight.SCHOOL),
        CaseKind.ARCHIVE_WITHOUT_OWNER: KindRule(Audience.SCHOOL, 5, Sight.SCHOOL),
        CaseKind.EVENTS_PARKED: KindRule(Audience.SERVICE_DESK, 1, Sight.SERVICE_DESK),
        CaseKind.UNKNOWN: KindRule(Audience.SERVICE_DESK, 5, Sight.SERVICE_DESK),
    }
)


def kinds_seen_by_schools() -> frozenset[CaseKind]:
    """The kinds that a school may read about itself."""
    return frozenset(kind for kind, rule in RULES.items() if rule.sight is Sight.SCHOOL)


def kinds_seen_by_authorities() -> frozenset[CaseKind]:
    """The kinds that an authority may read about its schools."""
    seen = {Sight.SCHOOL, Sight.AUTHORITY}
    return frozenset(kind for kind, rule in RULES.items() if rule.sight in seen)
