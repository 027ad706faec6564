"""One open case for a key, one mail for each opening, whatever comes how often."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hwb_notifier.domain.case import Case, CaseState, case_after, opens
from hwb_notifier.domain.message import Backoff, message_id
from hwb_schemas.events import CaseChanged
from hwb_schemas.words import CaseChange, CaseKind

KEY = "mis-ingest/rejected_rows/6781234"
START = datetime(2022, 8, 16, 9, tzinfo=UTC)


def event(change: CaseChange, minutes: int = 0) -> CaseChanged:
    return CaseChanged(
        change=change,
        case_key=KEY,
        kind=CaseKind.REJECTED_ROWS,
        school="6781234",
        facts={"rejected": "3"},
        raised_by="mis-ingest",
        changed_at=START + timedelta(minutes=minutes),
    )


def fold(changes: list[CaseChange]) -> tuple[Case | None, int]:
    case, mails = None, 0
    for minute, change in enumerate(changes):
        after = case_after(case, event(change, minute))
        mails += opens(case, after)
        case = after
    return case, mails


def test_a_case_that_is_raised_again_while_it_is_open_changes_nothing() -> None:
    case, mails = fold([CaseChange.RAISED, CaseChange.RAISED])

    assert mails == 1
    assert case is not None
    assert (case.opening, case.raised_at) == (1, START)


def test_a_case_that_is_raised_after_it_was_resolved_opens_anew() -> None:
    case, mails = fold([CaseChange.RAISED, CaseChange.RESOLVED, CaseChange.RAISED])

    assert mails == 2
    assert case is not None
    assert (case.state, case.opening, case.resolved_at) == (CaseState.OPEN, 2, None)


def test_resolving_closes_and_mails_nothing() -> None:
    case, mails = fold([CaseChange.RAISED, CaseChange.RESOLVED])

    assert mails == 1
    assert case is not None
    assert case.state is CaseState.RESOLVED


def test_resolving_what_was_never_raised_makes_no_case() -> None:
    assert fold([CaseChange.RESOLVED]) == (None, 0)


def test_a_change_from_a_newer_writer_is_left_alone() -> None:
    case, mails = fold([CaseChange.RAISED, CaseChange.UNKNOWN])

    assert mails == 1
    assert case is not None
    assert case.state is CaseState.OPEN


@given(st.lists(st.sampled_from(list(CaseChange)), max_size=12))
def test_there_are_as_many_mails_as_openings(changes: list[CaseChange]) -> None:
    case, mails = fold(changes)

    assert mails == (case.opening if case else 0)


def test_the_message_id_is_the_same_for_the_same_opening_only() -> None:
    first = message_id(KEY, 1, domain="hwb.example")

    assert first == message_id(KEY, 1, domain="hwb.example")
    assert first != message_id(KEY, 2, domain="hwb.example")
    assert first != message_id(KEY + "x", 1, domain="hwb.example")
    assert first.endswith(".1@hwb.example>")


def test_waits_double_up_to_the_longest_and_are_spread() -> None:
    spread = random.Random(1)
    waits = [Backoff(10, 100).wait(failures, spread) for failures in (1, 2, 3, 9, 400)]

    for wait, ceiling in zip(waits, (10, 20, 40, 100, 100), strict=True):
        assert ceiling / 2 <= wait <= ceiling
