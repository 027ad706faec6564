"""June: what people decide of runs, one that is held and one that was a mistake."""

from datetime import UTC, date, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import PushHeld, RollBack
from hwb_rehearsal.story.expectation import Case
from hwb_rehearsal.story.plot import Plot, SchoolState

LEFT_ON = date(2022, 6, 17)
SHARE_NEVER_LET_THROUGH = 5
MISTAKES = 3


def decisions_in_june(plot: Plot) -> None:
    """A fifth of one secondary leaves Wales; another enters leaving dates by mistake."""
    plot.move_clock(datetime(2022, 6, 20, 8, 0, tzinfo=UTC))
    _held(plot, plot.primary_first[-1])
    _rolled_back(plot, plot.secondary_first[-1])
    plot.end_stage("June: a held run is approved, another is rolled back")


def _held(plot: Plot, state: SchoolState) -> None:
    leaving = _cast(plot, state, 1 + len(state.learners) // SHARE_NEVER_LET_THROUGH)
    for upn in leaving:
        plot.edit(state, upn, leaving_date=LEFT_ON)
        plot.release(upn, lines.HELD_LEFT)
    plot.act(PushHeld(plot.decided_upload(state, runs=2), len(leaving), lines.HELD_APPROVED))
    plot.cases.append(Case("run_held", state.plan.number, open=False))
    plot.reach("approved leavers", leaving)


def _rolled_back(plot: Plot, state: SchoolState) -> None:
    mistaken = _cast(plot, state, MISTAKES)
    for upn in mistaken:
        plot.edit(state, upn, leaving_date=LEFT_ON)
    mistake = plot.decided_upload(state, runs=2)
    for upn in mistaken:
        plot.edit(state, upn, leaving_date=None)
        plot.say(upn, line=lines.ROLLED_BACK)
    corrected = plot.decided_upload(state, runs=1)
    plot.act(RollBack(mistake, len(mistaken), corrected, lines.UNDONE))
    plot.reach("rolled back", mistaken)


def _cast(plot: Plot, state: SchoolState, count: int) -> list[str]:
    """Ordinary learners below the top year group, from the youngest on."""
    below_top = set(state.plan.years) - {state.plan.top_year, state.plan.years[1]}
    return plot.pick(
        state,
        count,
        lambda row: (
            row.year_group in below_top
            and row.upn in plot.persons
            and row.enrolment_status != "S"
            and plot.persons[row.upn].line == lines.ROLLED_OVER
        ),
    )
