"""The whole rehearsed year of one Wales: its stages, and the state that must come of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hwb_rehearsal.story import autumn, decisions, dual, run_week, spring, summer, upns
from hwb_rehearsal.story.acts import Stage
from hwb_rehearsal.story.expectation import Expectation
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.story.spring import GroupPlan
from hwb_rehearsal.world.reorganised import reorganised
from hwb_rehearsal.world.wales import Wales

BEGINS = datetime(2022, 5, 9, 7, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Story:
    """What the demo plays and what it compares with."""

    wales: Wales
    stages: tuple[Stage, ...]
    expectation: Expectation


def tell(wales: Wales, groups: GroupPlan) -> Story:
    """The year of this Wales. Raises ValueError if a school is too small for its part."""
    wales, reorganisation = reorganised(wales)
    there = {n: roll for n, roll in wales.rolls.items() if n != reorganisation.opening}
    plot = Plot(
        wales, reorganisation, BEGINS, {n: SchoolState.of(roll) for n, roll in there.items()}
    )
    spring.first_provisioning(plot)
    spring.groups_created(plot, groups)
    spring.class_changes_before_the_freeze(plot, groups)
    dual.two_schools_at_once(plot)
    spring.class_changes_after_the_freeze(plot, groups)
    decisions.decisions_in_june(plot)
    upns.upn_corrected_in_june(plot)
    dual.guest_goes(plot)
    decided = summer.leaving_dates_in_july(plot)
    summer.window_opens(plot, decided)
    run_week.run_week(plot, decided, groups)
    autumn.end_of_the_academic_year(plot)
    autumn.restores(plot, groups)
    autumn.first_day_of_term(plot)
    waiting: dict[str, frozenset[str]] = {number: frozenset() for number in wales.rolls}
    for person in plot.persons.values():
        if person.waiting_at:
            waiting[person.waiting_at] |= {person.key}
    return Story(
        wales=wales,
        stages=tuple(plot.stages),
        expectation=Expectation(
            persons=tuple(plot.persons.values()),
            groups=tuple(plot.groups.values()),
            cases=tuple(plot.cases),
            settled_runs=dict(plot.runs),
            rejected=plot.rejected_rows(),
            waiting=waiting,
        ),
    )
