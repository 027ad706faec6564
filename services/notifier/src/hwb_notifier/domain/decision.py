"""Which kinds of case end with a decision, and what their owners are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

from hwb_notifier.domain.case import Case
from hwb_schemas.words import CaseKind

Owner = Literal["identity", "mis-ingest"]


class Choice(StrEnum):
    """What can be decided."""

    APPROVE = "approve"
    REFUSE = "refuse"
    DISCARD = "discard"


CHOICES: Mapping[CaseKind, tuple[Choice, ...]] = MappingProxyType(
    {
        CaseKind.STAFF_TRANSFER_REQUESTED: (Choice.APPROVE, Choice.REFUSE),
        CaseKind.RUN_HELD: (Choice.APPROVE, Choice.DISCARD),
    }
)
"""By kind; cases of other kinds are not decided but over when their cause is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What somebody decides of a case, and ``seen``: on what, as the owner showed it.

    Of a transfer ``seen`` are the versions of both accounts, of a held run its list's digest.
    ``run_id`` is the run that was looked at where it is a later one than the case's.
    """

    choice: Choice
    reason: str
    seen: str
    previous_account_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnersCommand:
    """The request to the owner: where, what was seen (``If-Match``), and the body."""

    owner: Owner
    address: str
    if_match: str | None
    body: Mapping[str, str]


def place_of(case: Case, run_id: str | None = None) -> tuple[Owner, str] | None:
    """The owner, and where it shows what is to be decided; None where nothing is."""
    if case.kind is CaseKind.STAFF_TRANSFER_REQUESTED:
        return "identity", f"/v1/staff-transfers/{quote(case.case_key)}"
    run = run_id or case.facts.get("run_id")
    if case.kind is CaseKind.RUN_HELD and case.school and run:
        return "mis-ingest", f"/v1/schools/{quote(case.school)}/runs/{quote(run)}/held"
    return None


def command_of(case: Case, decision: Decision) -> OwnersCommand | None:
    """What the owner is asked to do; None where it cannot be decided so."""
    place = place_of(case, decision.run_id)
    if place is None or decision.choice not in CHOICES.get(case.kind, ()):
        return None
    owner, shown_at = place
    if owner == "identity":
        body = {"decision": decision.choice.value, "reason": decision.reason}
        if decision.previous_account_id:
            body["previous_account_id"] = decision.previous_account_id
        return OwnersCommand(owner, f"{shown_at}/decision", decision.seen, body)
    address = f"{shown_at.removesuffix('held')}{decision.choice.value}"
    return OwnersCommand(owner, address, None, {"digest": decision.seen})
