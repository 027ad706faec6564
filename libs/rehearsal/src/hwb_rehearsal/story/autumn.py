"""31 August to the first day of term: groups are archived, some restored, lessons begin."""

from dataclasses import replace
from datetime import UTC, datetime

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import RestoreGroups
from hwb_rehearsal.story.plot import OLD_YEAR, Plot
from hwb_rehearsal.story.spring import GroupPlan


def end_of_the_academic_year(plot: Plot) -> None:
    """Every group of the old year is archived."""
    plot.move_clock(datetime(2022, 8, 31, 18, 0, tzinfo=UTC))
    old = [key for key in plot.groups if f"/{OLD_YEAR}/" in key[0]]
    for key in old:
        plot.groups[key] = replace(plot.groups[key], archived=True)
    plot.reach("groups of the old year archived", groups=old)
    plot.end_stage("31 August: Teams and Classrooms are archived")


def restores(plot: Plot, plan: GroupPlan) -> None:
    """Digital Champions restore some groups of last year."""
    plot.move_clock(datetime(2022, 9, 1, 8, 0, tzinfo=UTC))
    wanted = [
        *_spread(plot, "teams", plan.teams_restored),
        *_spread(plot, "classroom", plan.classrooms_restored),
    ]
    for key in wanted:
        group = plot.still_there(plot.groups[key], lines.GROUPS_RESTORED)
        plot.groups[key] = replace(group, archived=False, linked=False)
    plot.act(RestoreGroups(tuple(wanted)))
    plot.reach("groups restored", groups=wanted)
    plot.end_stage("1 September: some are restored")


def _spread(plot: Plot, provider: str, count: int) -> list[tuple[str, str]]:
    """So many of the provider's archived groups, of leavers' classes and of others."""
    archived = [key for key, group in plot.groups.items() if group.archived and key[1] == provider]
    step = max(1, len(archived) // count) | 1  # odd, so that it meets schools of every turn
    return archived[::step][:count]


def first_day_of_term(plot: Plot) -> None:
    """One more class change: the new year's groups follow."""
    plot.move_clock(datetime(2022, 9, 6, 8, 0, tzinfo=UTC))
    state = plot.secondary_first[0]
    code = state.classes[0].code
    upn = next(
        upn
        for upn, row in state.learners.items()
        if code in row.classes and plot.persons[upn].line == lines.SECONDARY_FIRST
    )
    row = state.learners[upn]
    kept = tuple(held for held in row.classes if held != code)
    plot.edit(state, upn, classes=tuple(sorted((*kept, state.classes[-1].code))))
    plot.claim(state, upn, plot.persons[upn].line)
    new = plot.groups_of(lines.GROUPS_NEW_YEAR)
    plot.follow(new)
    plot.push([state])
    plot.reach("first day of term", plot.persons, groups=new)
    plot.end_stage("6 September: first day of term")
