"""A member counts only while active and listed at the class's school."""

from hwb_groups.domain.membership import (
    MemberRole,
    Person,
    Seat,
    members_of,
    roster_change,
    still_members,
)
from hwb_schemas.words import AccountStatus

SCHOOL = "6811234"
OWNER = "svc-groups@hwbcymru.net"


def person(
    name: str,
    *,
    home: str | None = SCHOOL,
    others: tuple[str, ...] = (),
    status: AccountStatus = AccountStatus.ACTIVE,
) -> Person:
    return Person(
        account_id=f"account-{name}",
        status=status,
        sign_in_name=f"{name}@hwbcymru.net",
        home_school=home,
        other_schools=frozenset(others),
        person_refs=frozenset({name}),
    )


def members(*people: Person) -> dict[str, MemberRole]:
    return members_of(people, school=SCHOOL, teachers={"t"}, learners={"a", "b", "t"})


def test_listed_active_people_of_the_school_are_members() -> None:
    assert members(person("t"), person("a")) == {
        "account-t": MemberRole.TEACHER,
        "account-a": MemberRole.LEARNER,
    }


def test_somebody_who_cannot_sign_in_is_no_member() -> None:
    assert members(person("a", status=AccountStatus.INACTIVE)) == {}


def test_somebody_of_another_school_is_no_member() -> None:
    assert members(person("a", home="6819999")) == {}


def test_a_school_added_to_the_account_counts() -> None:
    assert members(person("a", home="6819999", others=(SCHOOL,))) == {
        "account-a": MemberRole.LEARNER
    }


def test_somebody_whom_the_class_does_not_list_is_no_member() -> None:
    assert members(person("z")) == {}


def test_a_restore_brings_back_those_who_are_still_at_the_school() -> None:
    kept = {"account-a": MemberRole.LEARNER, "account-b": MemberRole.LEARNER}
    here = still_members(kept, [person("a"), person("b", home=None)], school=SCHOOL)
    assert here == {"account-a": MemberRole.LEARNER}


def test_the_technical_owner_is_added_and_never_removed() -> None:
    change = roster_change({}, [], technical_owner=OWNER)
    assert change.add == (Seat(OWNER, MemberRole.TEACHER),)
    there = [Seat(OWNER.upper(), MemberRole.TEACHER, "1")]
    assert not roster_change({}, there, technical_owner=OWNER)


def test_only_the_difference_is_brought_about() -> None:
    change = roster_change(
        {"a@hwbcymru.net": MemberRole.LEARNER, "b@hwbcymru.net": MemberRole.LEARNER},
        [
            Seat(OWNER, MemberRole.TEACHER, "0"),
            Seat("A@hwbcymru.net", MemberRole.LEARNER, "1"),
            Seat("c@hwbcymru.net", MemberRole.LEARNER, "3"),
        ],
        technical_owner=OWNER,
    )
    assert [seat.sign_in_name for seat in change.add] == ["b@hwbcymru.net"]
    assert [seat.membership for seat in change.remove] == ["3"]


def test_somebody_who_becomes_a_teacher_is_removed_and_added_anew() -> None:
    change = roster_change(
        {"a@hwbcymru.net": MemberRole.TEACHER},
        [Seat(OWNER, MemberRole.TEACHER), Seat("a@hwbcymru.net", MemberRole.LEARNER, "1")],
        technical_owner=OWNER,
    )
    assert change.add == (Seat("a@hwbcymru.net", MemberRole.TEACHER),)
    assert [seat.membership for seat in change.remove] == ["1"]
