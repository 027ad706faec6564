"""The synthetic Wales has what the real one has, and is the same each time."""

from collections import Counter

import pytest

from hwb_rehearsal.world.rollover import roll_over
from hwb_rehearsal.world.schools import DEMO, TINY, Size
from hwb_rehearsal.world.wales import Wales, build_wales
from hwb_schemas.upn import is_temporary_upn, is_valid_upn


@pytest.fixture(scope="module")
def wales() -> Wales:
    return build_wales(seed=1, size=DEMO)


def test_the_same_seed_makes_the_same_wales() -> None:
    first, second = (build_wales(seed=7, size=TINY) for _ in range(2))
    assert first.rolls == second.rolls
    assert first.rolls != build_wales(seed=8, size=TINY).rolls


def test_the_demo_has_about_forty_schools_and_twelve_thousand_learners(wales: Wales) -> None:
    assert 36 <= len(wales.rolls) <= 44
    assert 11_400 <= wales.learner_count <= 12_600


def test_every_upn_is_valid_and_nobody_shares_one(wales: Wales) -> None:
    upns = [row.upn for roll in wales.rolls.values() for row in roll.learners]
    assert len(upns) == len(set(upns))
    assert all(is_valid_upn(upn) for upn in upns)


def test_a_temporary_upn_is_valid_and_temporary(wales: Wales) -> None:
    upn = wales.people.temporary_upn("6602001", 2020)
    assert is_valid_upn(upn)
    assert is_temporary_upn(upn)


def test_staff_codes_are_unique_in_a_school_and_repeat_between_schools(wales: Wales) -> None:
    schools_of_code: Counter[str] = Counter()
    for roll in wales.rolls.values():
        codes = [row.staff_code for row in roll.staff]
        assert len(codes) == len(set(codes))
        schools_of_code.update(codes)
    assert max(schools_of_code.values()) > 1


def test_every_learner_is_in_classes_of_the_school_and_every_class_has_a_teacher(
    wales: Wales,
) -> None:
    for roll in wales.rolls.values():
        codes = {row.code for row in roll.classes}
        assert all(row.classes and codes.issuperset(row.classes) for row in roll.learners)
        assert codes == {code for row in roll.staff for code in row.classes}


def test_year_six_goes_to_a_secondary_school_of_the_same_authority(wales: Wales) -> None:
    moved = roll_over(wales).moved
    assert moved
    for old, new in moved.values():
        assert old[:3] == new[:3]
        assert wales.rolls[new].plan.sector == "Secondary"


def test_a_rollover_changes_every_learner_and_moves_nobody_twice() -> None:
    wales = build_wales(seed=3, size=Size(learners=2_000))
    rolled = roll_over(wales)
    for number, roll in wales.rolls.items():
        after = {row.upn: row for row in rolled.rolls[number].learners}
        assert all(after[row.upn] != row for row in roll.learners)
    for upn, (_, new) in rolled.moved.items():
        holders = [
            number
            for number, roll in rolled.rolls.items()
            if any(row.upn == upn and row.leaving_date is None for row in roll.learners)
        ]
        assert holders == [new]


def test_the_register_names_every_school_once(wales: Wales) -> None:
    register = wales.register()
    assert [school.number for school in register.schools] == list(wales.rolls)
    assert len(register.authorities) == 22
