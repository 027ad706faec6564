"""15 to 21 August: all schools but one run, half of the secondaries before their primaries."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import (
    PushAgain,
    PushBroken,
    RequestTransfer,
    SeeWaiting,
)
from hwb_rehearsal.story.expectation import Case, Line
from hwb_rehearsal.story.merger import two_schools_become_one
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.story.spring import GroupPlan, create
from hwb_rehearsal.story.summer import Leavers, Summer
from hwb_rehearsal.story.upns import mover, mover_renewed
from hwb_rehearsal.world.rollover import FIRST_DAY, LAST_DAY, admitted, left, moved_up
from hwb_rehearsal.world.rows import LearnerRow, StaffRow

START_OF_TERM = date(2022, 9, 1)


def run_week(plot: Plot, summer: Summer, groups: GroupPlan) -> None:
    """All of the run week, in the order in which the schools run."""
    movers = _Movers(plot)
    _secondaries_before_their_primaries(plot, summer, movers, groups)
    intakes = _primaries(plot, summer)
    _secondaries_after_their_primaries(plot, summer, movers, intakes)
    two_schools_become_one(plot)
    _one_school_is_late(plot, summer)
    _after_the_runs(plot, summer, groups)


class _Movers:
    """Learners who change secondary school, some in each order of the schools' runs."""

    def __init__(self, plot: Plot) -> None:
        first, later = plot.secondary_first[0], plot.primary_first[0]
        self.old_first = (
            mover(plot, first, lines.OLD_SECONDARY_FIRST),
            mover_renewed(plot, first, lines.RENEWED_OLD_FIRST),
        )
        self.new_first = (
            mover(plot, later, lines.NEW_SECONDARY_FIRST),
            mover_renewed(plot, later, lines.RENEWED_NEW_FIRST),
        )


def _secondaries_before_their_primaries(
    plot: Plot, summer: Summer, movers: _Movers, groups: GroupPlan
) -> None:
    plot.move_clock(datetime(2022, 8, 16, 6, 0, tzinfo=UTC))
    leavers = summer.leavers
    waiting: dict[str, set[str]] = {}
    settled: list[str] = []
    for state in plot.secondary_first:
        number = state.plan.number
        leaving = {one.upn for one in movers.old_first} & set(state.learners)
        intake = _intake(plot, leavers, number)
        if state is plot.secondary_first[0]:
            intake |= {one.row.upn: one.row for one in movers.new_first}
        _end_of_year(plot, state, summer, leaving=leaving, intake=intake)
        released = {**leavers.stated_in_july, **leavers.left_in_july}
        waiting[number] = set(intake) - set(released)
        for upn in set(intake) & set(released):
            _match(plot, state, upn)
        settled += [upn for upn, row in state.learners.items() if not row.is_visiting]
    for one in movers.old_first:
        plot.release(one.upn, one.line)
    plot.push(plot.secondary_first)
    reached = set(settled).difference(*waiting.values())
    plot.reach("secondaries that ran first", sorted(reached))
    frozen = {number: frozenset(upns) for number, upns in waiting.items()}
    plot.act(SeeWaiting(frozen, lines.SECONDARY_FIRST_WAITING))
    early = [
        ((state.plan.number, _first_class(state)), "teams")
        for state in plot.secondary_first[: groups.teams_new // 2]
    ]
    create(plot, early, lines.GROUPS_NEW_YEAR)
    plot.reach("groups of classes that still wait for learners", groups=_keys(plot, early))
    plot.end_stage("16 August: secondaries before their primaries")


def _keys(plot: Plot, wanted: list[tuple[tuple[str, str], str]]) -> list[tuple[str, str]]:
    return [
        (plot.schools[school].keys_of([code])[0], provider) for (school, code), provider in wanted
    ]


def _first_class(state: SchoolState) -> str:
    return state.classes[0].code


def _intake(plot: Plot, leavers: Leavers, secondary: str) -> dict[str, LearnerRow]:
    """Everyone who starts at this secondary, with the row of the school they come from."""
    goes = {
        **leavers.stated_in_july,
        **leavers.left_in_july,
        **leavers.stated_in_run_week,
        **leavers.never_stated,
    }
    return {
        upn: row
        for state in plot.feeders(plot.schools[secondary])
        for upn, row in state.learners.items()
        if goes.get(upn) == secondary
    }


def _end_of_year(
    plot: Plot,
    state: SchoolState,
    summer: Summer,
    *,
    leaving: set[str],
    intake: dict[str, LearnerRow],
) -> None:
    """The school does its end-of-year work: everyone moves up, leaves or starts."""
    plan, leavers = state.plan, summer.leavers
    before, state.learners = state.learners, {}
    for upn, row in before.items():
        if upn in leavers.vanishing:
            continue
        if upn in leavers.never_stated:
            state.learners[upn] = row
        elif row.leaving_date is not None and upn != summer.mistaken:
            state.learners[upn] = replace(row, classes=())
        elif upn in leaving or row.year_group == plan.top_year:
            state.learners[upn] = left(row)
        else:
            state.learners[upn] = moved_up(replace(row, leaving_date=None))
    for upn, row in intake.items():
        state.learners[upn] = admitted(row, plot.wales, plan.number)
    starters = [] if plot.feeders(state) else _starters(plot, state)
    _staff_start(plot, state, summer)
    _renew_upns(plot, state)
    state.new_classes()
    _write_ledger(plot, state, before, starters)
    _write_moves(plot, state, summer)


def _starters(plot: Plot, state: SchoolState) -> list[str]:
    year = state.plan.years[0]
    rows = [
        plot.wales.people.learner(state.plan, year, issued_by=state.plan.number, year=2022)
        for _ in range(state.plan.year_size)
    ]
    for row in rows:
        state.learners[row.upn] = replace(row, admission_date=FIRST_DAY)
    return [row.upn for row in rows]


def _staff_start(plot: Plot, state: SchoolState, summer: Summer) -> None:
    for move in summer.moves:
        if move.previous is state and not move.notice_in_july:
            plot.edit_staff(state, move.row.local_id, leaving_date=LAST_DAY)
        if move.new is not state:
            continue
        taken = {row.staff_code for row in state.staff.values()}
        made = plot.wales.people.member_of_staff(f"T{len(state.staff) + 1:04}", taken)
        state.staff[made.local_id] = StaffRow(
            local_id=made.local_id,
            staff_code=made.staff_code,
            surname=move.row.surname,
            forename=move.row.forename,
            start_date=START_OF_TERM,
        )
        plot.started[plot.staff_key(move.previous, move.row)] = (state, made.local_id)


def _write_moves(plot: Plot, state: SchoolState, summer: Summer) -> None:
    for move in summer.moves:
        old = plot.staff_key(move.previous, move.row)
        if move.previous is state and not move.notice_in_july:
            plot.release(old, move.line_of_old)
        if move.new is state:
            _, local_id = plot.started[old]
            plot.employ(state, local_id, move.line_of_new)
            plot.say(plot.staff_key(state, state.staff[local_id]), not_account_of=old)


def _renew_upns(plot: Plot, state: SchoolState) -> None:
    for temporary, permanent in plot.renewals.items():
        if temporary in state.learners:
            plot.change_upn(state, temporary, permanent, former=temporary)


def _write_ledger(
    plot: Plot, state: SchoolState, before: dict[str, LearnerRow], starters: list[str]
) -> None:
    """What the school's own people must become; who comes from elsewhere is written later."""
    for upn in starters:
        plot.claim(state, upn, lines.STARTED)
    for permanent in plot.renewals.values():
        if permanent in state.learners:
            plot.claim(state, permanent, lines.NEW_UPN)
    feeds = state in plot.primaries
    for upn in before:
        row, person = state.learners.get(upn), plot.persons.get(upn)
        if row is None or person is None or row.is_visiting:
            continue
        if row.leaving_date is None and row.upn == upn:
            plot.claim(state, upn, person.line)
        elif not feeds and row.year_group == state.plan.top_year:
            plot.release(upn, lines.FINISHED)
    _write_staff(plot, state)


def _write_staff(plot: Plot, state: SchoolState) -> None:
    for row in state.staff.values():
        key = plot.staff_key(state, row)
        person = plot.persons.get(key)
        if person is not None and person.line in {lines.STAFF_STAYED, lines.NEW_MIS_NEW_CODE}:
            plot.employ(state, row.local_id, person.line)


def _match(plot: Plot, state: SchoolState, upn: str, line: Line | None = None) -> None:
    plot.claim(state, upn, line or plot.persons[upn].line)


def _primaries(plot: Plot, summer: Summer) -> dict[str, dict[str, LearnerRow]]:
    """Gives the intake of the secondaries that are still to run."""
    plot.move_clock(datetime(2022, 8, 17, 6, 0, tzinfo=UTC))
    broken = plot.primaries[-1]
    plot.act(PushBroken(plot.upload(broken), lines.BROKEN_REFUSED))
    leavers = summer.leavers
    intake_of_later = {
        state.plan.number: _intake(plot, leavers, state.plan.number) for state in plot.primary_first
    }
    for state in plot.primaries:
        _end_of_year(plot, state, summer, leaving=set(), intake={})
    for upn in leavers.out_of_wales:
        plot.release(upn, lines.LEFT_WALES)
    released = []
    for upn, goes_to in leavers.stated_in_run_week.items():
        state = plot.schools[goes_to]
        if upn in state.learners:
            _match(plot, state, upn, lines.SECONDARY_FIRST)
        else:
            plot.release(upn, lines.PRIMARY_FIRST)
            released.append(upn)
    for upn, goes_to in leavers.never_stated.items():
        plot.say(upn, line=lines.STILL_PENDING, waiting_at=goes_to)
        plot.cases.append(Case("pending_too_long", goes_to, open=True, about=upn))
    undone = {
        state.plan.number
        for state in plot.primaries
        if leavers.never_stated.keys() & set(state.learners)
    }
    plot.cases += [
        Case("end_of_year_work_not_done", number, open=True) for number in sorted(undone)
    ]
    plot.push(plot.primaries, kill="identity")
    there = [upn for state in plot.primaries for upn in state.learners if upn in plot.persons]
    plot.reach("primaries", there)
    plot.reach("released by the primaries", released, line=lines.PRIMARY_FIRST_RELEASED)
    plot.end_stage("17 August: primaries, one broken file, one worker killed")
    return intake_of_later


def _secondaries_after_their_primaries(
    plot: Plot, summer: Summer, movers: _Movers, intakes: dict[str, dict[str, LearnerRow]]
) -> None:
    plot.move_clock(datetime(2022, 8, 18, 6, 0, tzinfo=UTC))
    others = (*plot.primaries, *plot.secondary_first, *plot.closing, plot.unit)
    numbers = {state.plan.number for state in others}
    rest = [state for number, state in plot.schools.items() if number not in numbers]
    for state in rest:
        intake = intakes.get(state.plan.number, {})
        if state is plot.primary_first[0]:
            intake = intake | {one.row.upn: one.row for one in movers.old_first}
            for one in (*movers.old_first, *movers.new_first):
                plot.known_as(one.upn, one.row.upn)
        leaving = {one.upn for one in movers.new_first} & set(state.learners)
        _end_of_year(plot, state, summer, leaving=leaving, intake=intake)
        for upn in intake:
            _match(plot, state, upn)
    for one in movers.new_first:
        _match(plot, plot.secondary_first[0], one.row.upn, one.line)
    plot.push(rest)
    twice = plot.last_upload[plot.primary_first[0].plan.number]
    plot.runs[twice.school] += 1
    plot.act(PushAgain(twice, lines.REPEATED_QUIET))
    plot.reach("all schools", plot.persons)
    plot.end_stage("18 August: all others but one, one of them twice")


def _one_school_is_late(plot: Plot, summer: Summer) -> None:
    """The referral unit, which was reminded on the 19th, runs only once there is a case."""
    plot.move_clock(datetime(2022, 8, 22, 6, 0, tzinfo=UTC))
    unit = plot.unit
    plot.see_cases("school_has_not_run", [unit.plan.number], lines.CASES_NOT_RUN)
    _end_of_year(plot, unit, summer, leaving=set(), intake={})
    plot.push([unit])
    plot.reach("the school that was late", plot.persons)
    plot.end_stage("22 August: a school did not run in the run week, and runs now")


def _after_the_runs(plot: Plot, summer: Summer, groups: GroupPlan) -> None:
    plot.move_clock(datetime(2022, 8, 22, 8, 0, tzinfo=UTC))
    for move in summer.moves[::2]:
        state, local_id = plot.started[plot.staff_key(move.previous, move.row)]
        plot.act(
            RequestTransfer(
                school=state.plan.number,
                staff_code=state.staff[local_id].staff_code,
                previous_school=move.previous.plan.number,
                previous_staff_code=move.row.staff_code,
            )
        )
        key = plot.staff_key(state, state.staff[local_id])
        plot.cases.append(Case("staff_transfer_requested", state.plan.number, open=True, about=key))
    plot.follow(plot.groups_of(lines.GROUPS_NEW_YEAR))
    made = len(plot.groups_of(lines.GROUPS_NEW_YEAR))
    schools = list(plot.schools.values())
    wanted = []
    for index in range(groups.teams_new + groups.classrooms_new - made):
        state = schools[index % len(schools)]
        code = state.classes[1 + index // len(schools)].code
        provider = "teams" if index < groups.teams_new - made else "classroom"
        wanted.append(((state.plan.number, code), provider))
    create(plot, wanted, lines.GROUPS_NEW_YEAR)
    plot.reach("groups of the new year", groups=plot.groups_of(lines.GROUPS_NEW_YEAR))
    plot.end_stage("22 August: transfers asked for, groups of the new year")
