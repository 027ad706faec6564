"""The enumerations of the design, so that one word means one thing in code, events and pages.

Readers of events map a value they do not know to ``UNKNOWN``; writers never write it.
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import GetJsonSchemaHandler


class OpenEnum(StrEnum):
    """An enumeration that may grow: a value from a newer writer reads as ``UNKNOWN``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN") if isinstance(value, str) else None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> Any:
        """A string with its values so far: one that a reader does not know is no fault."""
        schema = handler(core)
        values = handler.resolve_ref_schema(schema)
        values["x-extensible-enum"] = [one for one in values.pop("enum") if one != "unknown"]
        return schema


class Role(StrEnum):
    """Who a caller is (DESIGN 2)."""

    DIGITAL_CHAMPION = "digital_champion"
    SCHOOL_ADMINISTRATOR = "school_administrator"
    TEACHER = "teacher"
    LOCAL_AUTHORITY = "local_authority"
    NETWORK_MANAGER = "network_manager"
    SERVICE_DESK = "service_desk"
    OPERATOR = "operator"
    SERVICE = "service"


class RecordKind(OpenEnum):
    """Whom a record is about."""

    LEARNER = "learner"
    STAFF = "staff"
    UNKNOWN = "unknown"


class RecordState(OpenEnum):
    """What a record is now, in the word of its school."""

    ON_ROLL = "on_roll"
    LEFT = "left"  # it has a leaving date; whether that is in effect is for the reader to decide
    MISSING = "missing"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    HELD = "held"
    UNKNOWN = "unknown"


class EnrolmentStatus(OpenEnum):
    """PLASC enrolment status (facts/domain.md 3.4)."""

    CURRENT = "C"
    MAIN = "M"
    SUBSIDIARY = "S"
    GUEST = "G"
    UNKNOWN = "unknown"


class AccountRole(OpenEnum):
    """What an account is for."""

    LEARNER = "learner"
    STAFF = "staff"
    NON_MIS = "non_mis"
    GOVERNOR = "governor"
    UNKNOWN = "unknown"


class AccountStatus(OpenEnum):
    """Whether the owner of an account can sign in."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    UNKNOWN = "unknown"


class AccountChange(OpenEnum):
    """Why an account event was written: the past verb of its event type."""

    CREATED = "created"
    ROLLED_OVER = "rolled_over"
    MATCHED = "matched"
    RELEASED = "released"
    UPDATED = "updated"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    UNKNOWN = "unknown"


class Provider(OpenEnum):
    """Where a group lives."""

    TEAMS = "teams"
    CLASSROOM = "classroom"
    UNKNOWN = "unknown"


class GroupChange(OpenEnum):
    """What happened to a group: the past verb of its event type."""

    CREATED = "created"
    MEMBERSHIP_CHANGED = "membership_changed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    UNLINKED = "unlinked"
    FAILED = "failed"
    UNKNOWN = "unknown"


class ClassState(OpenEnum):
    """Whether a class still stands in its school's snapshot."""

    CURRENT = "current"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class RunChange(OpenEnum):
    """What happened to a provisioning run: the past verb of its event type."""

    RECEIVED = "received"
    REFUSED = "refused"
    HELD = "held"
    APPROVED = "approved"
    DISCARDED = "discarded"
    ROLLED_BACK = "rolled_back"
    PUBLISHED = "published"
    UNKNOWN = "unknown"


class CaseKind(OpenEnum):
    """Why the Service Desk is written to: the notifier has a template for each, twice."""

    STAFF_TRANSFER_REQUESTED = "staff_transfer_requested"
    REJECTED_ROWS = "rejected_rows"
    RECORD_MISSING = "record_missing"
    RUN_HELD = "run_held"
    RUN_WEEK_REMINDER = "run_week_reminder"
    SCHOOL_HAS_NOT_RUN = "school_has_not_run"
    END_OF_YEAR_WORK_NOT_DONE = "end_of_year_work_not_done"
    PENDING_TOO_LONG = "pending_too_long"
    CONTESTED_CLAIM = "contested_claim"
    MERGE_PROPOSED = "merge_proposed"
    CODE_USED_AGAIN = "code_used_again"
    STAFF_TRANSFER_DECIDED = "staff_transfer_decided"
    ACCOUNTS_TO_BE_DELETED = "accounts_to_be_deleted"
    CLOSED_ACCOUNTS_TO_BE_DELETED = "closed_accounts_to_be_deleted"
    DELETIONS_HELD = "deletions_held"
    NON_MIS_ACCOUNT_EXPIRING = "non_mis_account_expiring"
    NON_MIS_REVIEW_UNFINISHED = "non_mis_review_unfinished"
    GROUP_OPERATION_FAILED = "group_operation_failed"
    ARCHIVE_WITHOUT_OWNER = "archive_without_owner"
    EVENTS_PARKED = "events_parked"
    UNKNOWN = "unknown"


class CaseChange(OpenEnum):
    """What happened to a case: the past verb of its event type."""

    RAISED = "raised"
    RESOLVED = "resolved"
    UNKNOWN = "unknown"
