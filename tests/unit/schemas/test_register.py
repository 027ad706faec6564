"""The register of schools is consistent in itself, or not a register."""

from typing import Any

import pytest
from pydantic import ValidationError

from hwb_schemas.register import Register

AUTHORITY = {"code": "660", "name": "Isle of Anglesey", "name_cy": "Ynys Môn", "email": "a@b.c"}
SCHOOL: dict[str, Any] = {
    "number": "6604027",
    "name": "Ysgol y Bryn",
    "name_cy": "Ysgol y Bryn",
    "authority": "660",
    "sector": "secondary",
    "year_groups": ["7", "8"],
    "top_year_groups": ["8"],
    "email": "a@b.c",
}


def test_a_school_of_a_known_authority_is_registered() -> None:
    register = Register.model_validate({"authorities": [AUTHORITY], "schools": [SCHOOL]})
    assert register.schools[0].number == "6604027"


@pytest.mark.parametrize(
    ("schools", "fault"),
    [
        ([SCHOOL, SCHOOL], "is there twice"),
        ([SCHOOL | {"authority": "661"}], "names authority 661: not there"),
        ([SCHOOL | {"number": "123"}], "number"),
        ([SCHOOL | {"sekctor": "primary"}], "sekctor"),
    ],
)
def test_a_register_that_contradicts_itself_is_refused(
    schools: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        Register.model_validate({"authorities": [AUTHORITY], "schools": schools})
