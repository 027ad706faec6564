"""How a school sets up a year's classes: registration classes, and subject sets in secondaries."""

import string

from hwb_rehearsal.world.rows import ClassRow

REGISTRATION_SIZE = 28
SET_SIZE = 30
SUBJECTS = {"En": "English", "Ma": "Mathematics", "Cy": "Cymraeg"}


def codes_of(year_group: str, position: int, *, year_size: int) -> tuple[str, ...]:
    """The class codes of the learner at this position of a year group, sorted.

    Registration classes are filled evenly one after another, sets by turns, so that a set mixes
    the registration classes.
    """
    codes = [_registration(year_group, position % _count(year_size, REGISTRATION_SIZE))]
    if _has_sets(year_group):
        sets = _count(year_size, SET_SIZE)
        block = position * sets // year_size
        codes += [f"{year_group}-{subject}{min(block, sets - 1) + 1}" for subject in SUBJECTS]
    return tuple(sorted(codes))


def classes_of(year_group: str, year_size: int) -> tuple[ClassRow, ...]:
    """Every class of a year group of this size."""
    rows = [
        ClassRow(
            code=_registration(year_group, index),
            title=f"{_year_name(year_group)}, class {string.ascii_uppercase[index]}",
            year_group=year_group,
            kind="homeroom",
        )
        for index in range(_count(year_size, REGISTRATION_SIZE))
    ]
    if _has_sets(year_group):
        rows += [
            ClassRow(
                code=f"{year_group}-{subject}{number}",
                title=f"{_year_name(year_group)} {name}, set {number}",
                year_group=year_group,
                kind="scheduled",
            )
            for subject, name in SUBJECTS.items()
            for number in range(1, _count(year_size, SET_SIZE) + 1)
        ]
    return tuple(rows)


def _registration(year_group: str, index: int) -> str:
    return f"{year_group}{string.ascii_uppercase[index]}"


def _has_sets(year_group: str) -> bool:
    return year_group.isdigit() and int(year_group) >= 7  # noqa: PLR2004 - Year 7, the first of secondary


def _count(year_size: int, class_size: int) -> int:
    return max(1, min(len(string.ascii_uppercase), -(-year_size // class_size)))


def _year_name(year_group: str) -> str:
    return (
        f"Year {year_group}"
        if year_group.isdigit()
        else {"R": "Reception"}.get(year_group, "Nursery")
    )
