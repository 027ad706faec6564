"""A register of one school, as the notifier's tests need it."""

import pytest

from hwb_runtime.files import SchoolRegister
from hwb_schemas.register import Authority, Register, School


@pytest.fixture
def register() -> SchoolRegister:
    return SchoolRegister.of(
        Register(
            authorities=(
                Authority(
                    code="678",
                    name="Torfaen",
                    name_cy="Tor-faen",
                    email="education@torfaen.example",
                ),
            ),
            schools=(
                School(
                    number="6781234",
                    name="Abersychan Primary",
                    name_cy="Ysgol Gynradd Abersychan",
                    authority="678",
                    sector="primary",
                    year_groups=("R", "1", "2", "3", "4", "5", "6"),
                    top_year_groups=("6",),
                    email="office@abersychan.example",
                ),
            ),
        )
    )
