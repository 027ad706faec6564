"""What an owner is asked to do is what was decided, of the very thing that was seen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hwb_notifier.domain.case import Case, CaseState
from hwb_notifier.domain.decision import CHOICES, Choice, Decision, OwnersCommand, command_of
from hwb_schemas.words import CaseKind

RUN, LATER = "0b9f6f0e-5a55-4a4c-8f0e-2f6d3b1e7c11", "1c9f6f0e-5a55-4a4c-8f0e-2f6d3b1e7c12"
DIGEST = "ab" * 32


def case(kind: CaseKind, **facts: str) -> Case:
    return Case(
        case_key=f"owner/{kind}/an account?#",
        kind=kind,
        school="6781234",
        state=CaseState.OPEN,
        opening=1,
        raised_by="owner",
        raised_at=datetime(2022, 8, 16, tzinfo=UTC),
        facts=facts,
    )


def decided(choice: Choice, seen: str = DIGEST, run_id: str | None = None) -> Decision:
    return Decision(choice=choice, reason="They agree", seen=seen, run_id=run_id)


HELD = case(CaseKind.RUN_HELD, run_id=RUN)
TRANSFER = case(CaseKind.STAFF_TRANSFER_REQUESTED)


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.DISCARD])
def test_of_a_held_run_the_very_list_is_decided_at_mis_ingest(choice: Choice) -> None:
    assert command_of(HELD, decided(choice)) == OwnersCommand(
        "mis-ingest", f"/v1/schools/6781234/runs/{RUN}/{choice}", None, {"digest": DIGEST}
    )


def test_a_later_run_than_the_cases_is_decided_where_it_is_named() -> None:
    command = command_of(HELD, decided(Choice.APPROVE, run_id=LATER))

    assert command is not None
    assert command.address == f"/v1/schools/6781234/runs/{LATER}/approve"


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REFUSE])
def test_a_transfer_is_decided_at_identity_with_the_reason_and_what_was_seen(
    choice: Choice,
) -> None:
    assert command_of(TRANSFER, decided(choice, "3.1")) == OwnersCommand(
        "identity",
        "/v1/staff-transfers/owner/staff_transfer_requested/an%20account%3F%23/decision",
        "3.1",
        {"decision": choice.value, "reason": "They agree"},
    )


def test_the_account_to_be_kept_goes_with_the_decision() -> None:
    named = replace(decided(Choice.APPROVE, "3.1"), previous_account_id=RUN)
    command = command_of(TRANSFER, named)

    assert command is not None
    assert command.body["previous_account_id"] == RUN


@pytest.mark.parametrize(
    ("of", "choice"),
    [
        (HELD, Choice.REFUSE),
        (TRANSFER, Choice.DISCARD),
        (case(CaseKind.RUN_HELD), Choice.APPROVE),
        (replace(HELD, school=None), Choice.APPROVE),
    ],
)
def test_what_makes_no_sense_is_not_sent(of: Case, choice: Choice) -> None:
    assert command_of(of, decided(choice)) is None


@pytest.mark.parametrize("kind", sorted(set(CaseKind) - set(CHOICES)))
def test_cases_of_other_kinds_are_not_decided(kind: CaseKind) -> None:
    assert all(command_of(case(kind, run_id=RUN), decided(choice)) is None for choice in Choice)
