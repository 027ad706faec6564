"""The guide's journeys, end to end over separate processes, each in both orders of the schools."""

import pytest

from hwb_rehearsal.demo.rehearse import Rehearsal
from hwb_rehearsal.demo.verdict import Verdict
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Journey, Line

pytestmark = pytest.mark.asyncio(loop_scope="session")

BOTH_ORDERS = [
    (lines.PRIMARY_FIRST, lines.SECONDARY_FIRST),
    (lines.JULY_PRIMARY_FIRST, lines.JULY_SECONDARY_FIRST),
    (lines.OLD_SECONDARY_FIRST, lines.NEW_SECONDARY_FIRST),
    (lines.RENEWED_OLD_FIRST, lines.RENEWED_NEW_FIRST),
    (lines.CLOSED_FIRST, lines.OPENED_FIRST),
    (lines.STAFF_OLD_FIRST_LEFT, lines.STAFF_NEW_FIRST_LEFT),
    (lines.STAFF_OLD_FIRST_NEW, lines.STAFF_NEW_FIRST_NEW),
]


@pytest.mark.parametrize("journey", list(Journey))
async def test_the_journey_comes_out_as_the_story_says(verdict: Verdict, journey: Journey) -> None:
    rows = [row for row in verdict.rows if row.journey == journey]
    assert rows
    assert [row for row in rows if not row.agree] == []


@pytest.mark.parametrize("line", [line for pair in BOTH_ORDERS for line in pair])
async def test_the_journey_was_played_in_this_order(verdict: Verdict, line: Line) -> None:
    (row,) = [row for row in verdict.rows if row.what == line.what]
    assert row.agree
    assert not row.expected.startswith("0 ")


async def test_a_worker_was_killed_with_work_in_hand_and_nothing_was_lost(
    playing: Rehearsal, verdict: Verdict
) -> None:
    (fault,) = playing.play.faults
    assert fault.is_real
    assert verdict.agrees
