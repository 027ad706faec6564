"""May and June: first provisioning, groups, and class changes before and after the freeze."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import CreateGroups
from hwb_rehearsal.story.dual import visit
from hwb_rehearsal.story.expectation import Case, Group, Line
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.world.rows import LearnerRow
from hwb_schemas.refs import class_key

NO_UPN, WRONG_LETTER = "", "wrong"


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """How many groups the year has in May, in August, and restored in September."""

    teams: int
    classrooms: int
    teams_new: int
    classrooms_new: int
    teams_restored: int
    classrooms_restored: int
    class_changes: int


DEMO_GROUPS = GroupPlan(
    teams=100,
    classrooms=50,
    teams_new=20,
    classrooms_new=10,
    teams_restored=12,
    classrooms_restored=6,
    class_changes=24,
)
TINY_GROUPS = GroupPlan(
    teams=4,
    classrooms=2,
    teams_new=2,
    classrooms_new=1,
    teams_restored=2,
    classrooms_restored=1,
    class_changes=3,
)


def first_provisioning(plot: Plot) -> None:
    """Every school runs for the first time; some rows are rejected."""
    plot.now = datetime(2022, 5, 9, 7, 0, tzinfo=UTC)
    for state in plot.schools.values():
        for upn in state.learners:
            plot.claim(state, upn, lines.ROLLED_OVER)
        for local_id in state.staff:
            plot.employ(state, local_id, lines.STAFF_STAYED)
    _reject_learners(plot)
    _reject_staff(plot)
    _temporary_upn(plot)
    plot.push(plot.schools.values())
    plot.reach("first provisioning", plot.persons, line=lines.FIRST_PROVISIONING)
    for key, person in plot.persons.items():
        plot.persons[key] = replace(person, account_of=key if person.has_account else None)
    plot.end_stage("May: first provisioning")


def _reject_learners(plot: Plot) -> None:
    corrected, lasting = plot.primaries[0], plot.primaries[-1]
    for state, faults in ((corrected, (NO_UPN, WRONG_LETTER)), (lasting, (WRONG_LETTER,))):
        picked = plot.pick(state, len(faults), lambda row: row.year_group == "1")
        for upn, fault in zip(picked, faults, strict=True):
            bad = fault and _with_wrong_letter(upn)
            plot.edit(state, upn, upn=bad)
            plot.nobody(upn, lines.REJECTED)
            if bad:
                plot.nobody(bad, lines.REJECTED)
            if state is lasting:
                plot.reject(state, state.learners[upn].local_id, "identifier")
    plot.cases.append(Case("rejected_rows", corrected.plan.number, open=False))
    plot.cases.append(Case("rejected_rows", lasting.plan.number, open=True))


def _with_wrong_letter(upn: str) -> str:
    return ("A" if upn[0] != "A" else "B") + upn[1:]


def _reject_staff(plot: Plot) -> None:
    state = plot.primary_first[-1]
    codes = {row.staff_code for row in state.staff.values()}
    rows = [plot.wales.people.member_of_staff(f"X{number}", codes) for number in range(3)]
    unstarted = replace(rows[0], staff_code="NEW1", start_date=None)
    twins = [replace(row, staff_code="TWICE") for row in rows[1:]]
    for row in (unstarted, *twins):
        state.staff[row.local_id] = row
        plot.use(plot.staff_key(state, row))
        plot.nobody(plot.staff_key(state, row), lines.STAFF_REJECTED)
        column = "identifier" if row.start_date else "metadata.startDate"
        plot.reject(state, row.local_id, column)
    plot.cases.append(Case("rejected_rows", state.plan.number, open=True))


def _temporary_upn(plot: Plot) -> None:
    state = plot.primaries[0]
    (permanent,) = plot.pick(state, 1, lambda row: row.year_group == "3")
    temporary = plot.wales.people.temporary_upn(state.plan.number, 2020)
    rows = {}
    for upn, row in state.learners.items():
        if upn == permanent:
            rows[temporary] = replace(row, upn=temporary)
        else:
            rows[upn] = row
    state.learners = rows
    del plot.persons[permanent]
    plot.renewals[temporary] = permanent
    plot.use(temporary)
    plot.claim(state, temporary, lines.NEW_UPN)


def groups_created(plot: Plot, plan: GroupPlan) -> None:
    """Digital Champions make Teams and Classrooms of their classes."""
    plot.move_clock(datetime(2022, 5, 16, 8, 0, tzinfo=UTC))
    classes = _classes_by_turns(plot)
    chosen = list(islice(classes, plan.teams + plan.classrooms - 1))
    wanted = [(chosen[0], "classroom")]  # one class has both
    wanted += [(cls, "teams") for cls in chosen[: plan.teams]]
    wanted += [(cls, "classroom") for cls in chosen[plan.teams :]]
    create(plot, wanted, lines.GROUPS_ARCHIVED)
    plot.reach("groups of May", groups=list(plot.groups), line=lines.GROUPS_CREATED)
    plot.end_stage("May: Teams and Classrooms")


def create(plot: Plot, wanted: list[tuple[tuple[str, str], str]], line: Line) -> None:
    """These groups are asked for: pairs of (school, class code) and provider."""
    asked = []
    for (school, code), provider in wanted:
        state = plot.schools[school]
        key = class_key(school, state.academic_year, code)
        members, owners = plot.members(state, code)
        plot.groups[key, provider] = Group(
            provider=provider, class_key=key, line=line, members=members, owners=owners
        )
        asked.append((key, provider))
    plot.act(CreateGroups(tuple(asked)))


def _classes_by_turns(plot: Plot) -> Iterator[tuple[str, str]]:
    """Classes of all schools by turns; in half of the schools the leavers' classes come first."""
    queues = []
    for index, (number, state) in enumerate(plot.schools.items()):
        leavers_first = index % 4 in {0, 1}
        rows = sorted(
            state.classes,
            key=lambda row: (row.year_group == state.plan.top_year) != leavers_first,
        )
        queues.append([(number, row.code) for row in rows])
    for turn in range(max(len(queue) for queue in queues)):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def class_changes_before_the_freeze(plot: Plot, plan: GroupPlan) -> None:
    """Learners change class, one joins, one comes to another school as a subsidiary."""
    plot.move_clock(datetime(2022, 5, 30, 8, 0, tzinfo=UTC))
    changed = _change_classes(plot, plan.class_changes)
    joined = _join(plot)
    guest, host = _subsidiary(plot)
    states = {plot.persons[upn].home or "" for upn in (*changed, joined)} | {host}
    touched = _groups_at(plot, states)
    plot.follow(touched)
    plot.push(plot.schools[number] for number in sorted(states))
    plot.reach("class changes of May", [*changed, joined, guest], line=lines.CHANGED_CLASS_MAY)
    plot.reach("membership after the changes of May", groups=touched, line=lines.GROUPS_FOLLOWED)
    plot.end_stage("May: class changes")


def _change_classes(plot: Plot, count: int) -> list[str]:
    """One learner each of some groups' classes goes to the next class of the school."""
    changed: list[str] = []
    keys = sorted({key for key, _ in plot.groups})
    for key in keys:
        if len(changed) == count:
            break
        number, _, code = key.split("/")
        state = plot.schools[number]
        found = [
            upn
            for upn, row in state.learners.items()
            if code in row.classes and _ordinary(plot, upn)
        ]
        if len(found) < 2:  # noqa: PLR2004 - one goes, one stays
            continue
        upn = found[0]
        plot.use(upn)
        row = state.learners[upn]
        others = [cls.code for cls in state.classes if cls.code not in row.classes]
        kept = [held for held in row.classes if held != code]
        plot.edit(state, upn, classes=tuple(sorted([*kept, others[0]])))
        plot.claim(state, upn, plot.persons[upn].line)
        changed.append(upn)
    return changed


def _ordinary(plot: Plot, upn: str) -> bool:
    person = plot.persons[upn]
    return person.line == lines.ROLLED_OVER and not plot.is_used(upn)


def _join(plot: Plot) -> str:
    state = plot.secondary_first[0]
    year = state.plan.years[1]
    row = plot.wales.people.learner(state.plan, year, issued_by="8011001", year=2021)
    like = next(row for row in state.learners.values() if row.year_group == year)
    state.learners[row.upn] = replace(row, classes=like.classes, admission_date=date(2022, 5, 23))
    plot.use(row.upn)
    plot.claim(state, row.upn, lines.JOINED)
    return row.upn


def _subsidiary(plot: Plot) -> tuple[str, str]:
    home, host = plot.secondary_first[0], plot.primary_first[0]
    (upn,) = plot.pick(home, 1, lambda row: row.year_group == home.plan.years[2])
    visit(plot, host, home.learners[upn], "S")
    plot.say(upn, line=lines.SUBSIDIARY, other_schools=(host.plan.number,))
    return upn, host.plan.number


def _groups_at(plot: Plot, schools: set[str]) -> list[tuple[str, str]]:
    return [key for key, group in plot.groups.items() if group.school in schools]


def class_changes_after_the_freeze(plot: Plot, plan: GroupPlan) -> None:
    """Learners change class: accounts follow, groups do not. One record goes missing."""
    plot.move_clock(datetime(2022, 6, 13, 8, 0, tzinfo=UTC))
    changed = _change_classes(plot, plan.class_changes)
    lost_by = plot.primaries[-1]
    (lost,) = plot.pick(lost_by, 1, lambda row: row.year_group == "2")
    del lost_by.learners[lost]
    plot.say(lost, line=lines.MISSING)
    plot.cases.append(Case("record_missing", lost_by.plan.number, open=True))
    for upn in changed:
        state = plot.schools[plot.persons[upn].home or ""]
        for (key, provider), group in plot.groups.items():
            if upn in group.members or _is_in(state, upn, key):
                plot.groups[key, provider] = replace(group, line=lines.GROUPS_NOT_FOLLOWED)
    schools = {plot.persons[upn].home or "" for upn in (*changed, lost)}
    plot.push(plot.schools[number] for number in sorted(schools))
    plot.reach("class changes of June", [*changed, lost], line=lines.CHANGED_CLASS_JUNE)
    plot.end_stage("June: class changes after the freeze")


def _is_in(state: SchoolState, upn: str, key: str) -> bool:
    row: LearnerRow = state.learners[upn]
    return key in state.keys_of(row.classes)
