"""Dual registration: a learner is also at a second school, which neither claims nor creates."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal

from hwb_rehearsal.story import lines
from hwb_rehearsal.story.plot import Plot, SchoolState
from hwb_rehearsal.world.rows import LearnerRow

VISITS_FROM = date(2022, 5, 23)
OUTSIDE_WALES = "8011001"


def two_schools_at_once(plot: Plot) -> None:
    """One learner is main and subsidiary, one is a guest elsewhere, one nobody's but a guest."""
    plot.move_clock(datetime(2022, 5, 31, 8, 0, tzinfo=UTC))
    home, host, unit = plot.secondary_first[0], plot.primary_first[0], plot.unit
    year = home.plan.years[2]
    main, guest = plot.pick(home, 2, lambda row: row.year_group == year and not row.is_visiting)
    plot.edit(home, main, enrolment_status="M")
    visit(plot, unit, home.learners[main], "S")
    plot.say(main, line=lines.DUAL_UNIT, other_schools=(unit.plan.number,))
    visit(plot, host, home.learners[guest], "G")
    plot.say(guest, line=lines.GUEST_WENT, other_schools=(host.plan.number,))
    stranger = plot.wales.people.learner(unit.plan, year, issued_by=OUTSIDE_WALES, year=2021)
    plot.use(stranger.upn)
    visit(plot, unit, stranger, "G")
    plot.nobody(stranger.upn, lines.GUEST_ONLY)
    plot.push([unit, host, home])
    plot.reach("dual registration", [main, guest], line=lines.DUAL_BEGUN)
    plot.reach("a guest of nobody here", [stranger.upn])
    plot.end_stage("May: dual registration")


def visit(plot: Plot, host: SchoolState, row: LearnerRow, status: Literal["S", "G"]) -> None:
    """The host has the learner too, as a subsidiary or guest with a number of its own."""
    number = plot.wales.people.admission_number(host.plan.number)
    host.learners[row.upn] = replace(
        row,
        local_id=f"L{number}",
        admission_number=number,
        admission_date=VISITS_FROM,
        enrolment_status=status,
        classes=(),
    )


def guest_goes(plot: Plot) -> None:
    """The host no longer has its guest: a guest who vanishes is withdrawn and never missing."""
    plot.move_clock(datetime(2022, 6, 28, 8, 0, tzinfo=UTC))
    host = plot.primary_first[0]
    (guest,) = (key for key, person in plot.persons.items() if person.line == lines.GUEST_WENT)
    del host.learners[guest]
    plot.say(guest, other_schools=())
    plot.push([host])
    plot.reach("the guest has gone", [guest])
    plot.end_stage("June: a guest goes")
