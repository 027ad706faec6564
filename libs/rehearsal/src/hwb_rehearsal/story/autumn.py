"""31 August to the first day of term: groups are archived, some restored, lessons begin."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import ProviderFault, RestoreGroups, SeeFaults
from hwb_rehearsal.story.plot import OLD_YEAR, Plot
from hwb_rehearsal.story.spring import GroupPlan

HARMLESS = {
    "teams": (
        Fault.NOT_FOUND_BUT_WORKS,
        Fault.WITHOUT_EFFECT,
        Fault.FAILS_ONCE,
        Fault.UNAVAILABLE_ONCE,
        Fault.SLOW,
        Fault.STUCK_BUT_WORKS,
    ),
    "classroom": (Fault.UNAVAILABLE_ONCE,),
}
"""Faults that only cost time: whatever the provider says, the group comes to be as wished."""

FAULTY_PART = 5
"""Every fifth archive goes wrong first, and every other restore."""


def end_of_the_academic_year(plot: Plot) -> None:
    """Every group of the old year is archived, also where its owners have all left."""
    old = [key for key in plot.groups if f"/{OLD_YEAR}/" in key[0]]
    plot.see_cases("archive_without_owner", plot.without_owner(old), lines.CASES_WITHOUT_OWNER)
    plot.fail_on_purpose(_faults(old[::FAULTY_PART]))
    plot.move_clock(datetime(2022, 8, 31, 18, 0, tzinfo=UTC))
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
    faulty = {(fault.class_key, fault.provider) for fault in plot.provider_faults}
    plot.fail_on_purpose(_faults([key for key in wanted if key not in faulty][::2]))
    plot.act(RestoreGroups(tuple(wanted)))
    plot.reach("groups restored", groups=wanted)
    plot.act(SeeFaults(tuple(plot.provider_faults), lines.GROUPS_FAULTS))
    plot.end_stage("1 September: some are restored")


def _faults(keys: Sequence[tuple[str, str]]) -> Iterator[ProviderFault]:
    """A fault for each of these groups, each provider's by turns."""
    for provider, faults in HARMLESS.items():
        of_provider = [key for key in keys if key[1] == provider]
        for index, (class_key, _) in enumerate(of_provider):
            yield ProviderFault(class_key, provider, faults[index % len(faults)])


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
