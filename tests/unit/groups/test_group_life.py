"""The next operation follows from what is wished, whatever has happened meanwhile."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hwb_groups.domain.group import (
    Action,
    Group,
    GroupState,
    Lane,
    Wish,
    external_key_of,
    group_id_of,
    lane_of,
    may_be_restored,
    next_action,
)
from hwb_schemas.words import Provider

KEY = "6811234/2021-22/7A/Ma"
LINKED = Group(
    group_id=group_id_of(KEY, Provider.TEAMS),
    provider=Provider.TEAMS,
    provider_id="t1",
    class_key=KEY,
    school="6811234",
    academic_year="2021-22",
    class_code="7A/Ma",
    title="7A Maths",
    state=GroupState.LINKED,
    wish=Wish.PRESENT,
    generation=1,
    linked=True,
    roster_wanted=1,
    roster_done=1,
)


def finish(group: Group, action: Action) -> Group:
    """What the outcome of an operation makes of a group, in short."""
    match action:
        case Action.CREATE:
            return replace(group, provider_id="t1", state=GroupState.LINKED)
        case Action.ROSTER:
            return replace(group, roster_done=group.roster_wanted)
        case Action.ARCHIVE:
            kept = group.wish is Wish.ARCHIVED
            return replace(group, state=GroupState.ARCHIVED if kept else group.state)
        case Action.RESTORE:
            return replace(group, state=GroupState.RESTORED, linked=False)


def test_a_new_group_is_created_before_anything_else() -> None:
    new = replace(LINKED, provider_id=None, state=GroupState.CREATING, roster_done=0)
    assert next_action(new) is Action.CREATE


def test_a_linked_group_whose_members_are_right_needs_nothing() -> None:
    assert next_action(LINKED) is None


def test_members_are_brought_up_to_date_before_the_group_is_archived() -> None:
    behind = replace(LINKED, wish=Wish.ARCHIVED, roster_wanted=2)
    assert next_action(behind) is Action.ROSTER
    assert next_action(finish(behind, Action.ROSTER)) is Action.ARCHIVE


def test_a_restore_asked_for_in_the_middle_of_an_archive_ends_restored() -> None:
    archiving = replace(LINKED, wish=Wish.ARCHIVED, state=GroupState.ARCHIVING)
    asked = replace(archiving, wish=Wish.RESTORED, state=GroupState.RESTORING, generation=3)
    after_archive = finish(asked, Action.ARCHIVE)
    assert next_action(after_archive) is Action.RESTORE
    restored = finish(after_archive, Action.RESTORE)
    assert next_action(restored) is None
    assert not restored.linked


def test_a_restored_group_is_left_alone_for_good() -> None:
    restored = replace(LINKED, wish=Wish.RESTORED, state=GroupState.RESTORED, linked=False)
    assert next_action(replace(restored, roster_wanted=7)) is None


def test_what_failed_for_good_is_not_tried_again_by_itself() -> None:
    assert next_action(replace(LINKED, wish=Wish.ARCHIVED, parked=Action.ARCHIVE)) is None


def test_members_that_cannot_be_brought_in_do_not_hold_up_the_archive() -> None:
    stuck = replace(LINKED, wish=Wish.ARCHIVED, roster_wanted=2, parked=Action.ROSTER)
    assert next_action(stuck) is Action.ARCHIVE


def test_only_what_is_archived_or_about_to_be_can_be_restored() -> None:
    assert not may_be_restored(LINKED)
    assert may_be_restored(replace(LINKED, wish=Wish.ARCHIVED))


def test_a_restore_goes_before_everything_and_an_archive_after_everything() -> None:
    lanes = {action: lane_of(action) for action in Action}
    assert min(lanes.values()) is lanes[Action.RESTORE] is Lane.RESTORE
    assert max(lanes.values()) is lanes[Action.ARCHIVE]


def test_a_class_has_one_team_and_one_classroom() -> None:
    assert group_id_of(KEY, Provider.TEAMS) == LINKED.group_id
    assert group_id_of(KEY, Provider.CLASSROOM) != LINKED.group_id
    assert external_key_of(KEY, Provider.CLASSROOM).startswith("d:")


@given(
    wishes=st.lists(st.sampled_from([Wish.ARCHIVED, Wish.RESTORED]), max_size=4),
    rosters=st.lists(st.integers(0, 2), max_size=4),
)
def test_whatever_is_wished_when_the_last_wish_comes_true(
    wishes: list[Wish], rosters: list[int]
) -> None:
    group = replace(LINKED, provider_id=None, state=GroupState.CREATING, roster_done=0)
    for turn, wish in enumerate([Wish.PRESENT, *wishes]):
        if group.wish is not Wish.RESTORED:
            group = replace(group, wish=wish, generation=turn + 1)
        if turn < len(rosters):
            group = replace(group, roster_wanted=group.roster_wanted + rosters[turn])
        if (action := next_action(group)) is not None:
            group = finish(group, action)
    for _ in range(5):
        if (action := next_action(group)) is not None:
            group = finish(group, action)
    assert next_action(group) is None
    expected = {
        Wish.PRESENT: GroupState.LINKED,
        Wish.ARCHIVED: GroupState.ARCHIVED,
        Wish.RESTORED: GroupState.RESTORED,
    }
    assert group.state is expected[group.wish]
