"""June: what people decide of runs that are held, and of one that was a mistake."""

from datetime import UTC, date, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import Discard, PushHeld, RollBack
from hwb_rehearsal.story.expectation import Case
from hwb_rehearsal.story.plot import Plot, SchoolState

LEFT_ON = date(2022, 6, 17)
SHARE_NEVER_LET_THROUGH = 5
MISTAKES = 3


def decisions_in_june(plot: Plot) -> None:
    """Many leave Wales, a mistake is undone, half an export is discarded, a MIS is replaced."""
    plot.move_clock(datetime(2022, 6, 20, 8, 0, tzinfo=UTC))
    _held(plot, plot.primary_first[-1])
    _rolled_back(plot, plot.secondary_first[-1])
    _discarded(plot, plot.closing[1])
    _new_mis(plot, plot.primaries[0])
    plot.end_stage("June: held runs are approved or discarded, one run is rolled back")


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


def _discarded(plot: Plot, state: SchoolState) -> None:
    """An export with a filter on it has only the older half of the years."""
    whole = state.learners
    lower = set(state.plan.years[: len(state.plan.years) // 2])
    state.learners = {upn: row for upn, row in whole.items() if row.year_group not in lower}
    mistake = plot.decided_upload(state, runs=1)
    held = len(whole) - len(state.learners)
    state.learners = whole
    corrected = plot.decided_upload(state, runs=1)
    plot.act(Discard(mistake, held, corrected, lines.DISCARDED))
    plot.cases.append(Case("run_held", state.plan.number, open=False))
    plot.reach("whoever was not in half an export", whole)


def _new_mis(plot: Plot, state: SchoolState) -> None:
    """Another MIS: the same people under new ids, and every member of staff under a new code."""
    state.mis = "N"
    old = list(state.staff.values())
    for number, row in enumerate(old, start=1):
        plot.say(plot.staff_key(state, row), line=lines.NEW_MIS_OLD_CODE)
        plot.edit_staff(state, row.local_id, staff_code=f"P{number:03}")
        plot.employ(state, row.local_id, lines.NEW_MIS_NEW_CODE)
        new = plot.staff_key(state, state.staff[row.local_id])
        plot.say(new, not_account_of=plot.staff_key(state, row))
    good = [upn for upn, row in state.learners.items() if row.upn == upn]
    upload = plot.decided_upload(state, runs=2)
    plot.act(PushHeld(upload, 2 * len(old), lines.NEW_MIS_HELD, changes=len(good)))
    plot.cases.append(Case("run_held", state.plan.number, open=False))
    plot.cases.append(Case("record_missing", state.plan.number, open=True))
    codes = [plot.staff_key(state, row) for row in (*old, *state.staff.values())]
    plot.reach("a new MIS", [*good, *codes])


def _cast(plot: Plot, state: SchoolState, count: int) -> list[str]:
    """Ordinary learners below the top year group, from the youngest on."""
    below_top = set(state.plan.years) - {state.plan.top_year, state.plan.years[1]}
    return plot.pick(
        state,
        count,
        lambda row: (
            row.year_group in below_top
            and row.upn in plot.persons
            and not row.is_visiting
            and plot.persons[row.upn].line == lines.ROLLED_OVER
        ),
    )
