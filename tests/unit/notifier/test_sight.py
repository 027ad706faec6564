"""Who may read which case, and that a school does not learn which other school has a learner."""

import pytest

from hwb_notifier.application.find_cases import reach_of
from hwb_notifier.domain.sight import facts_for_school
from hwb_runtime.auth import Caller
from hwb_schemas.words import CaseKind, Role

OWN, NEIGHBOUR, ELSEWHERE = "6781234", "6785678", "6601111"


@pytest.mark.parametrize(
    ("caller", "kind", "school", "sees"),
    [
        (Caller("sd", Role.SERVICE_DESK), CaseKind.CONTESTED_CLAIM, ELSEWHERE, True),
        (Caller("op", Role.OPERATOR), CaseKind.EVENTS_PARKED, None, True),
        (Caller("dc", Role.DIGITAL_CHAMPION, OWN), CaseKind.REJECTED_ROWS, OWN, True),
        (Caller("dc", Role.DIGITAL_CHAMPION, OWN), CaseKind.REJECTED_ROWS, NEIGHBOUR, False),
        (Caller("dc", Role.DIGITAL_CHAMPION, OWN), CaseKind.CONTESTED_CLAIM, OWN, False),
        (Caller("dc", Role.DIGITAL_CHAMPION, None), CaseKind.REJECTED_ROWS, None, False),
        (Caller("la", Role.LOCAL_AUTHORITY, None, "678"), CaseKind.CONTESTED_CLAIM, OWN, True),
        (Caller("la", Role.LOCAL_AUTHORITY, None, "678"), CaseKind.REJECTED_ROWS, ELSEWHERE, False),
        (Caller("la", Role.LOCAL_AUTHORITY, None, "678"), CaseKind.EVENTS_PARKED, OWN, False),
        (Caller("la", Role.LOCAL_AUTHORITY, None, None), CaseKind.REJECTED_ROWS, OWN, False),
    ],
)
def test_a_caller_reads_the_cases_that_are_his_or_hers(
    caller: Caller,
    kind: CaseKind,
    school: str | None,
    sees: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    assert reach_of(caller).covers(kind, school) is sees


def test_a_school_reads_no_other_schools_number() -> None:
    facts = {"previous_school": NEIGHBOUR, "school": OWN, "class_key": f"{OWN}/2021-22/9B"}

    assert facts_for_school(facts, OWN) == {"school": OWN, "class_key": f"{OWN}/2021-22/9B"}
