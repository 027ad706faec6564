"""19 August: two schools close, and a new number takes all their learners; all are reminded.

The primary closes before the new number runs, the secondary after it. Until then they are of those
who have not run in the run week.
"""

from dataclasses import replace
from datetime import UTC, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import ApproveClosing, PushClosing, SeeWaiting
from hwb_rehearsal.story.expectation import Case
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.world.rollover import FIRST_DAY, LAST_DAY, admitted
from hwb_rehearsal.world.rows import StaffRow


def two_schools_become_one(plot: Plot) -> None:
    """Everyone leaves the old numbers; the new one admits them, and its staff get new accounts."""
    plot.move_clock(datetime(2022, 8, 19, 6, 0, tzinfo=UTC))
    primary, secondary = plot.closing
    opening = SchoolState.of(plot.wales.rolls[plot.reorganisation.opening])
    not_run_yet = (primary, secondary, opening, plot.unit)
    plot.see_cases(
        "run_week_reminder", [one.plan.number for one in not_run_yet], lines.CASES_REMINDED
    )
    came = list(primary.learners)
    waiting = [
        upn for upn, row in secondary.learners.items() if row.year_group != secondary.plan.top_year
    ]
    _learners_leave(plot, primary)
    _primary_is_held(plot, primary)
    plot.move_clock(datetime(2022, 8, 19, 12, 0, tzinfo=UTC))
    _opens(plot, opening, (primary, secondary), [*came, *waiting])
    _staff_leave(plot, primary)
    for upn in came:
        plot.claim(opening, upn, lines.CLOSED_FIRST)
    plot.push([primary, opening])
    plot.reach("the new number's learners", came)
    expected = {opening.plan.number: frozenset(waiting)}
    plot.act(SeeWaiting(expected, lines.OPENED_FIRST_WAITING))
    plot.act(ApproveClosing(secondary.plan.number))
    _learners_leave(plot, secondary)
    _staff_leave(plot, secondary)
    for upn in secondary.learners:
        plot.release(upn, lines.FINISHED)
    for upn in waiting:
        plot.claim(opening, upn, lines.OPENED_FIRST)
    plot.push([secondary])
    plot.close(primary)
    plot.close(secondary)
    plot.reach("two schools are one", plot.persons)
    plot.end_stage("19 August: two schools close, a new number has them all")


def _learners_leave(plot: Plot, state: SchoolState) -> None:
    for upn in state.learners:
        plot.edit(state, upn, leaving_date=LAST_DAY)


def _primary_is_held(plot: Plot, state: SchoolState) -> None:
    """The oldest may leave in August; everyone else is held until the authority says why."""
    top = [upn for upn, row in state.learners.items() if row.year_group == state.plan.top_year]
    held = len(state.learners) - len(top)
    for upn in state.learners:
        plot.release(upn, lines.CLOSED_FIRST)
    upload = plot.decided_upload(state, runs=2)
    plot.act(PushClosing(upload, held, len(top), lines.CLOSING_HELD))
    plot.cases.append(Case("run_held", state.plan.number, open=False))
    plot.reach("released by a closing school", state.learners, line=lines.CLOSED_RELEASED)


def _opens(
    plot: Plot, opening: SchoolState, closing: tuple[SchoolState, SchoolState], upns: list[str]
) -> None:
    plan = opening.plan
    primary, secondary = closing
    rows = {**primary.learners, **secondary.learners}
    for upn in upns:
        opening.learners[upn] = admitted(rows[upn], plot.wales, plan.number)
    starters = [
        plot.wales.people.learner(plan, plan.years[0], issued_by=plan.number, year=2022)
        for _ in range(plan.year_size)
    ]
    for row in starters:
        opening.learners[row.upn] = replace(row, admission_date=FIRST_DAY)
    came_from = {}
    for state in closing:
        for member in state.staff.values():
            made = _engaged(opening, member)
            came_from[made.local_id] = plot.staff_key(state, member)
    opening.new_classes()
    plot.open(opening)
    for row in starters:
        plot.claim(opening, row.upn, lines.STARTED)
    for local_id, old in came_from.items():
        plot.employ(opening, local_id, lines.CLOSED_STAFF_NEW)
        plot.say(plot.staff_key(opening, opening.staff[local_id]), not_account_of=old)


def _engaged(opening: SchoolState, row: StaffRow) -> StaffRow:
    """The row of a member of staff at the new number, whose code may be taken already."""
    number = len(opening.staff) + 1
    taken = {other.staff_code for other in opening.staff.values()}
    code = f"{row.staff_code}B{number}" if row.staff_code in taken else row.staff_code
    made = replace(row, local_id=f"T{number:04}", staff_code=code, start_date=FIRST_DAY, classes=())
    opening.staff[made.local_id] = made
    return made


def _staff_leave(plot: Plot, state: SchoolState) -> None:
    for local_id, row in state.staff.items():
        plot.edit_staff(state, local_id, leaving_date=LAST_DAY)
        plot.release(plot.staff_key(state, row), lines.CLOSED_STAFF_LEFT)
