"""July to the opening of the window: leaving dates are entered, and take effect by themselves."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.expectation import Line
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.world.rollover import LAST_DAY
from hwb_rehearsal.world.rows import StaffRow

END_OF_TERM = date(2022, 7, 20)
EIGHTH, SEVENTH, SIXTH = 0, 1, 2
STEP = 8


@dataclass
class Leavers:
    """Who of the top years leaves how: UPN to the secondary school, None for out of Wales."""

    stated_in_july: dict[str, str] = field(default_factory=dict)
    vanishing: set[str] = field(default_factory=set)
    left_in_july: dict[str, str] = field(default_factory=dict)
    stated_in_run_week: dict[str, str] = field(default_factory=dict)
    never_stated: dict[str, str] = field(default_factory=dict)
    out_of_wales: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class StaffMove:
    """A member of staff who goes from one school to another.

    Who gives notice in July has left before the new school runs; who does not is at the new school
    before the old one says so.
    """

    row: StaffRow
    previous: SchoolState
    new: SchoolState
    notice_in_july: bool

    @property
    def line_of_old(self) -> Line:
        """The line of the account at the previous school."""
        first, later = lines.STAFF_OLD_FIRST_LEFT, lines.STAFF_NEW_FIRST_LEFT
        return first if self.notice_in_july else later

    @property
    def line_of_new(self) -> Line:
        """The line of the account at the new school."""
        first, later = lines.STAFF_OLD_FIRST_NEW, lines.STAFF_NEW_FIRST_NEW
        return first if self.notice_in_july else later


@dataclass
class Summer:
    """What July decided, for August to carry out."""

    leavers: Leavers
    moves: list[StaffMove] = field(default_factory=list)
    staff_leavers: list[str] = field(default_factory=list)
    mistaken: str = ""


def leaving_dates_in_july(plot: Plot) -> Summer:
    """Primaries enter leaving dates, staff give notice, one leaving date is a mistake."""
    plot.move_clock(datetime(2022, 7, 15, 8, 0, tzinfo=UTC))
    summer = Summer(_cast_leavers(plot))
    leavers = summer.leavers
    for state in plot.primaries:
        for upn in state.learners:
            if upn in leavers.stated_in_july:
                plot.edit(state, upn, leaving_date=LAST_DAY)
            elif upn in leavers.left_in_july:
                plot.edit(state, upn, leaving_date=END_OF_TERM)
    _correct_rejected_rows(plot)
    _staff_give_notice(plot, summer)
    mistaken_at = plot.primaries[-1]
    (summer.mistaken,) = plot.pick(mistaken_at, 1, lambda row: row.year_group == "4")
    plot.edit(mistaken_at, summer.mistaken, leaving_date=END_OF_TERM)
    plot.push([*plot.primaries, *plot.secondaries])
    plot.end_stage("July: leaving dates")
    plot.move_clock(datetime(2022, 7, 25, 8, 0, tzinfo=UTC))
    for upn in leavers.left_in_july:
        plot.release(upn, lines.LEFT_IN_JULY)
    plot.release(summer.mistaken, lines.WITHDRAWN)
    plot.reach(
        "left in July",
        [*leavers.left_in_july, summer.mistaken],
        line=lines.LEFT_IN_JULY_RELEASED,
    )
    plot.end_stage("July: those who left are released")
    return summer


def _cast_leavers(plot: Plot) -> Leavers:
    leavers = Leavers()
    for secondary in plot.secondaries:
        for state in plot.feeders(secondary):
            top = state.plan.top_year
            cohort = [upn for upn, row in state.learners.items() if row.year_group == top]
            for upn in cohort:
                plot.use(upn)
            if secondary is plot.secondary_first[0] and not leavers.never_stated:
                leavers.never_stated[cohort.pop()] = secondary.plan.number
            if len(cohort) > 2:  # noqa: PLR2004 - a very small school keeps everyone in Wales
                leavers.out_of_wales.add(cohort.pop())
            _cast_movers(leavers, cohort, secondary.plan.number)
    return leavers


def _cast_movers(leavers: Leavers, cohort: list[str], goes_to: str) -> None:
    for index, upn in enumerate(cohort):
        turn = index % STEP
        if turn in {EIGHTH, SEVENTH}:
            leavers.stated_in_july[upn] = goes_to
            if turn == SEVENTH:
                leavers.vanishing.add(upn)
        elif turn == SIXTH:
            leavers.left_in_july[upn] = goes_to
        else:
            leavers.stated_in_run_week[upn] = goes_to


def _correct_rejected_rows(plot: Plot) -> None:
    state = plot.primaries[0]
    corrected = [upn for upn, row in state.learners.items() if row.upn != upn]
    for upn in corrected:
        plot.edit(state, upn, upn=upn)
        plot.claim(state, upn, lines.CORRECTED)


def _staff_give_notice(plot: Plot, summer: Summer) -> None:
    first, later = plot.secondary_first, plot.primary_first
    for previous, new in zip(first, later, strict=False):
        row = _somebody(plot, previous)
        plot.edit_staff(previous, row.local_id, leaving_date=LAST_DAY)
        summer.moves.append(StaffMove(row, previous, new, notice_in_july=True))
    for previous, new in zip(later, first, strict=False):
        row = _somebody(plot, previous)
        summer.moves.append(StaffMove(row, previous, new, notice_in_july=False))
    for state in plot.primaries[::2]:
        row = _somebody(plot, state)
        plot.edit_staff(state, row.local_id, leaving_date=LAST_DAY)
        summer.staff_leavers.append(plot.staff_key(state, row))


def _somebody(plot: Plot, state: SchoolState) -> StaffRow:
    with_groups = {key.split("/")[2] for key, _ in plot.groups if key.startswith(state.plan.number)}
    return state.staff[plot.pick_staff(state, teaching=with_groups)]


def window_opens(plot: Plot, summer: Summer) -> None:
    """15 August: what was stated for 31 August counts now, without another upload."""
    plot.move_clock(datetime(2022, 8, 15, 7, 0, tzinfo=UTC))
    for upn, goes_to in summer.leavers.stated_in_july.items():
        first = goes_to in {state.plan.number for state in plot.secondary_first}
        line = lines.JULY_SECONDARY_FIRST if first else lines.JULY_PRIMARY_FIRST
        plot.release(upn, line)
    moved = []
    for move in summer.moves:
        if move.notice_in_july:
            moved.append(plot.staff_key(move.previous, move.row))
            plot.release(moved[-1], move.line_of_old)
    for key in summer.staff_leavers:
        plot.release(key, lines.STAFF_LEFT)
    plot.reach(
        "leaving dates of July in effect",
        summer.leavers.stated_in_july,
        line=lines.JULY_RELEASED,
    )
    plot.reach(
        "staff leaving dates in effect",
        [*moved, *summer.staff_leavers],
        line=lines.STAFF_LEAVING_IN_EFFECT,
    )
    plot.end_stage("15 August: the window opens")
