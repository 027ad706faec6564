"""UPNs change: corrected at a school, or another one at the next school, with the old as former."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Line
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.world.rows import LearnerRow

ISSUED_FIRST_BY = "8011001"
"""A school outside Wales: where two UPNs turn up, the one that was issued first is kept."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A learner who changes secondary school. ``row`` is what the new school admits.

    Its UPN is another one than ``upn`` where the new school states the old as the former.
    """

    upn: str
    row: LearnerRow
    line: Line


def upn_corrected_in_june(plot: Plot) -> None:
    """A primary corrects a UPN; the admission number is the same and no former UPN is stated."""
    plot.move_clock(datetime(2022, 6, 27, 8, 0, tzinfo=UTC))
    state = plot.primaries[-1]
    (wrong,) = plot.pick(state, 1, lambda row: row.year_group == "3")
    right = _first_upn(plot, state.learners[wrong])
    plot.change_upn(state, wrong, right)
    plot.say(right, line=lines.UPN_CORRECTED)
    plot.push([state])
    plot.reach("the UPN is corrected", [right])
    plot.end_stage("June: a UPN is corrected")


def mover(plot: Plot, state: SchoolState, line: Line) -> Mover:
    """A learner of this school who will be another's, under the same UPN."""
    year = state.plan.years[1]
    (upn,) = plot.pick(state, 1, lambda row: row.year_group == year)
    return Mover(upn, state.learners[upn], line)


def mover_renewed(plot: Plot, state: SchoolState, line: Line) -> Mover:
    """A learner whom the next school will have under the UPN that was issued first."""
    plain = mover(plot, state, line)
    renewed = replace(plain.row, upn=_first_upn(plot, plain.row), former_upn=plain.upn)
    return replace(plain, row=renewed)


def _first_upn(plot: Plot, row: LearnerRow) -> str:
    return plot.wales.people.upn(ISSUED_FIRST_BY, row.admission_date.year)
