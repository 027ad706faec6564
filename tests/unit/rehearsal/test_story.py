"""The story says of every person exactly one thing, and plays each journey in both orders."""

from collections import Counter

import pytest

from hwb_rehearsal.emulators.faults import Fault
from hwb_rehearsal.story import lines
from hwb_rehearsal.story.acts import (
    FailOnPurpose,
    MoveClock,
    Push,
    Reach,
    SeeCases,
    SeeFaults,
)
from hwb_rehearsal.story.calendar import shipped_calendar
from hwb_rehearsal.story.expectation import Line
from hwb_rehearsal.story.spring import DEMO_GROUPS, TINY_GROUPS
from hwb_rehearsal.story.year import Story, tell
from hwb_rehearsal.world.schools import DEMO, TINY
from hwb_rehearsal.world.wales import build_wales
from hwb_schemas.upn import is_valid_upn

NOT_RUN = "school_has_not_run"


def story_of(size: str) -> Story:
    if size == "tiny":
        return tell(build_wales(seed=2022, size=TINY), TINY_GROUPS)
    return tell(build_wales(seed=2022, size=DEMO), DEMO_GROUPS)


@pytest.fixture(scope="module", params=["tiny", "demo"])
def story(request: pytest.FixtureRequest) -> Story:
    return story_of(request.param)


def test_the_same_wales_tells_the_same_story() -> None:
    assert story_of("tiny").expectation == story_of("tiny").expectation


@pytest.mark.parametrize("seed", range(12))
def test_a_tiny_wales_is_large_enough_for_every_part(seed: int) -> None:
    tell(build_wales(seed=seed, size=TINY), TINY_GROUPS)


def test_every_person_of_every_upload_has_exactly_one_expectation(story: Story) -> None:
    keys = [person.key for person in story.expectation.persons]
    assert len(keys) == len(set(keys))
    known = set(keys) | {person.account_of for person in story.expectation.persons}
    for stage in story.stages:
        for act in stage.acts:
            if isinstance(act, Push):
                for upload in act.uploads:
                    snapshot = upload.snapshot
                    upns = {row.upn for row in snapshot.learners if row.upn}
                    assert upns <= known
                    assert {
                        f"{snapshot.school}/{row.staff_code}" for row in snapshot.staff
                    } <= known


def test_a_bad_upn_is_one_that_must_have_no_account(story: Story) -> None:
    without = {person.key for person in story.expectation.persons if not person.has_account}
    for stage in story.stages:
        for act in stage.acts:
            if isinstance(act, Push):
                bad = {
                    row.upn
                    for upload in act.uploads
                    for row in upload.snapshot.learners
                    if row.upn and not is_valid_upn(row.upn)
                }
                assert bad <= without


def test_every_line_about_persons_is_played_by_somebody(story: Story) -> None:
    played = {person.line for person in story.expectation.persons}
    for stage in story.stages:
        for act in stage.acts:
            if isinstance(act, Reach):
                played |= {person.line for person in act.checkpoint.persons}
    elsewhere = {
        lines.ONE_ACCOUNT,
        lines.SECONDARY_FIRST_WAITING,
        lines.OPENED_FIRST_WAITING,
        lines.STILL_WAITING,
    }
    about_persons = {
        line for line in vars(lines).values() if isinstance(line, Line) and line.journey[0] in "123"
    }
    assert about_persons - elsewhere == played & about_persons - elsewhere


def test_at_least_one_learner_stays_pending(story: Story) -> None:
    waiting = [person for person in story.expectation.persons if person.waiting_at]
    assert waiting
    assert {(person.waiting_at, person.key) for person in waiting} == {
        (school, key) for school, keys in story.expectation.waiting.items() for key in keys
    }


def test_half_of_the_secondaries_run_before_their_primaries(story: Story) -> None:
    august = [
        {upload.school for upload in act.uploads}
        for stage in story.stages
        for act in stage.acts
        if isinstance(act, Push) and act.uploads[0].snapshot.academic_year == "2022-23"
    ]
    before, primaries, after = august[:3]
    secondary = {
        number for number, roll in story.wales.rolls.items() if roll.plan.sector == "Secondary"
    }
    assert before <= secondary
    assert not primaries & secondary
    assert len(before) == len(after & secondary)


def test_one_school_alone_does_not_run_in_the_run_week_and_it_runs_later(story: Story) -> None:
    acts = [act for stage in story.stages for act in stage.acts]
    run_week, ran, later = shipped_calendar("2022").run_week, set(), set()
    day = None
    for act in acts:
        if isinstance(act, MoveClock):
            day = act.to.date()
        uploads = act.uploads if isinstance(act, Push) else ()
        if day is not None and day in run_week:
            ran |= {upload.school for upload in uploads}
        elif day is not None and day > run_week.closes:
            later |= {upload.school for upload in uploads}
    (late,) = [act for act in acts if isinstance(act, SeeCases) and act.kind == NOT_RUN]
    assert late.schools == story.wales.rolls.keys() - ran
    assert len(late.schools) == 1
    assert late.schools <= later


def test_nobody_is_a_member_of_a_live_group_of_a_school_that_is_not_theirs(story: Story) -> None:
    persons = {person.key: person for person in story.expectation.persons}
    for group in story.expectation.groups:
        if group.archived:
            continue
        for key in group.members | group.owners:
            person = persons[key]
            assert group.school in {person.home, *person.other_schools}


def test_the_demo_has_120_teams_and_60_classrooms() -> None:
    counted = Counter(group.provider for group in story_of("demo").expectation.groups)
    assert counted == {"teams": 120, "classroom": 60}


def test_the_calendar_is_the_shipped_one() -> None:
    assert shipped_calendar("2022").groups_freeze.isoformat() == "2022-06-06"


def test_the_providers_fail_in_every_way_that_costs_only_time_and_it_is_looked_for() -> None:
    acts = [act for stage in story_of("demo").stages for act in stage.acts]
    made = [fault for act in acts if isinstance(act, FailOnPurpose) for fault in act.faults]
    [seen] = [act for act in acts if isinstance(act, SeeFaults)]

    for_good = {Fault.STUCK, Fault.FAILS, Fault.INTERNAL}
    assert {fault.fault for fault in made if fault.provider == "teams"} == set(Fault) - for_good
    assert [fault for fault in made if fault.provider == "classroom"]
    assert list(seen.faults) == made
