"""Every operation of every API: no token, a wrong one, the wrong role, the wrong school.

An operation without a line in ``tests/support/who_may.py`` fails. What is ``hidden`` needs data:
see the services' own tests ``of_other_schools``.
"""

from typing import Any

import pytest
from fastapi import FastAPI
from tests.support.access import May, api_on_paper, ask, bound, operations_of
from tests.support.who_may import EXPECTED, OPEN

from hwb_groups.bootstrap import SERVICE as GROUPS
from hwb_identity.bootstrap import SERVICE as IDENTITY
from hwb_mis_ingest.bootstrap import SERVICE as MIS_INGEST
from hwb_notifier.bootstrap import SERVICE as NOTIFIER
from hwb_schemas.words import Role

APIS = {one.name: api_on_paper(one) for one in (MIS_INGEST, IDENTITY, GROUPS, NOTIFIER)}
OPERATIONS = [
    (name, method, path)
    for name, app in APIS.items()
    for method, path in operations_of(app)
    if f"{method} {path}" not in OPEN
]


def expected_of(name: str, method: str, path: str) -> tuple[FastAPI, May]:
    operation = f"{method} {path}"
    assert operation in EXPECTED[name], f"say in tests/support/who_may.py who may {operation}"
    return APIS[name], EXPECTED[name][operation]


def test_no_line_is_left_of_an_operation_that_has_gone() -> None:
    known = {(name, f"{method} {path}") for name, method, path in OPERATIONS}
    assert {(name, one) for name, lines in EXPECTED.items() for one in lines} == known


@pytest.mark.parametrize(("name", "method", "path"), OPERATIONS)
async def test_without_a_good_token_nobody_gets_in(name: str, method: str, path: str) -> None:
    app, expected = expected_of(name, method, path)
    for token, code in ((None, "not_signed_in"), ("made up", "token_not_valid")):
        answer = await ask(app, method, path, expected, token=token)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("name", "method", "path"), OPERATIONS)
async def test_these_roles_get_in_and_no_other(name: str, method: str, path: str) -> None:
    app, expected = expected_of(name, method, path)
    refused: set[Any] = set()
    for role in Role:
        answer = await ask(app, method, path, expected, token=role.value)
        if answer.status_code in {401, 403}:
            assert answer.json()["code"] == "role_not_allowed"
            refused.add(role)
    assert refused == set(Role) - expected.roles


@pytest.mark.parametrize(("name", "method", "path"), OPERATIONS)
async def test_another_schools_caller_is_refused(name: str, method: str, path: str) -> None:
    app, expected = expected_of(name, method, path)
    if expected.elsewhere == "national":
        assert not bound(expected), "only roles of the nation, or say how it is kept to a school"
    if expected.elsewhere == "refused":
        assert bound(expected)
        for role in bound(expected):
            answer = await ask(app, method, path, expected, token=f"{role} elsewhere")
            assert (answer.status_code, answer.json()["code"]) == (403, "school_not_yours")
