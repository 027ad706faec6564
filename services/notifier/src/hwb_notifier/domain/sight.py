"""What a school may not read in its own case: which other school has the learner (DESIGN 5.6)."""

import re
from collections.abc import Mapping

_SCHOOL_NUMBER = re.compile(r"\b\d{7}\b")


def facts_for_school(facts: Mapping[str, str], school: str) -> dict[str, str]:
    """The facts that name no school but this one."""
    return {
        name: value
        for name, value in facts.items()
        if all(number == school for number in _SCHOOL_NUMBER.findall(value))
    }
