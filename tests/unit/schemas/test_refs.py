"""person_ref names a person without telling who it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwb_schemas.refs import PersonRefs, class_key, staff_key

UPN = "U660210013101"


def test_a_person_ref_is_the_key_id_and_22_characters() -> None:
    assert re.fullmatch(r"k1\.[\w-]{22}", PersonRefs(b"secret").of(UPN))


def test_the_same_person_has_the_same_ref_under_the_same_secret() -> None:
    assert PersonRefs(b"secret").of(UPN) == PersonRefs(b"secret").of(UPN)


def test_another_secret_gives_another_ref() -> None:
    assert PersonRefs(b"secret").of(UPN) != PersonRefs(b"another").of(UPN)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=50, unique=True))
def test_different_people_have_different_refs(people: list[str]) -> None:
    refs = PersonRefs(b"secret")
    assert len({refs.of(person) for person in people}) == len(people)


@given(st.text(alphabet="ABCDEFGH0123456789", min_size=6))
def test_a_ref_shows_nothing_of_the_person(person: str) -> None:
    assert person not in PersonRefs(b"secret").of(person)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (staff_key("6604027", "EVA"), "6604027/EVA"),
        (class_key("6604027", "2022-23", "7C"), "6604027/2022-23/7C"),
    ],
)
def test_keys_begin_with_the_school(made: str, expected: str) -> None:
    assert made == expected
