"""The issuer for one machine gives tokens that the services take, and runs nowhere else."""

import subprocess
import sys

import httpx
import pytest
from tests.support.sign_in_provider import settings_with

from hwb_rehearsal.issuer import IssuerRefusedError, LocalClients, make_issuer
from hwb_rehearsal.issuer.clients import client_id_of, identity_of
from hwb_runtime.auth import Caller, open_callers
from hwb_schemas.words import Role

ISSUER = "http://127.0.0.1:9999"
CLIENTS = LocalClients(b"secret of the rehearsal")
GRANT = {"grant_type": "client_credentials"}


def issuer(**environment: str) -> httpx.ASGITransport:
    return httpx.ASGITransport(make_issuer(ISSUER, CLIENTS, environment=environment))


async def ask(transport: httpx.ASGITransport, data: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
        return await client.post("/token", data=data)


@pytest.mark.parametrize(
    ("caller", "client_id"),
    [
        (Caller("operator", Role.OPERATOR), "operator"),
        (Caller("teacher-6604027", Role.TEACHER, "6604027"), "teacher-6604027"),
        (Caller("01a2-b3", Role.TEACHER, "6604027"), "teacher-6604027-01a2-b3"),
        (Caller("local_authority-660", Role.LOCAL_AUTHORITY, None, "660"), "local_authority-660"),
    ],
)
async def test_its_tokens_say_to_the_services_who_somebody_is(
    caller: Caller, client_id: str
) -> None:
    local = issuer(HWB_ENV="local")
    secret = CLIENTS.secret_of(client_id)
    answer = await ask(local, {**GRANT, "client_id": client_id, "client_secret": secret})
    services = open_callers(settings_with(oidc_issuer=ISSUER, env="local"), transport=local)
    assert answer.headers["cache-control"] == "no-store"
    assert await services.caller(answer.json()["access_token"]) == caller


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("operator", "guessed"),
        ("operator", "é"),
        ("emperor", CLIENTS.secret_of("emperor")),
        ("teacher", CLIENTS.secret_of("teacher")),
        ("teacher-660", CLIENTS.secret_of("teacher-660")),
        ("operator-6604027", CLIENTS.secret_of("operator-6604027")),
        ("", ""),
    ],
)
async def test_nobody_else_gets_one(client_id: str, secret: str) -> None:
    data = {**GRANT, "client_id": client_id, "client_secret": secret}
    answer = await ask(issuer(HWB_ENV="local"), data)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_other_grants_are_refused() -> None:
    assert (await ask(issuer(HWB_ENV="local"), {"grant_type": "password"})).status_code == 400


@pytest.mark.parametrize("environment", [{}, {"HWB_ENV": "production"}, {"HWB_ENV": "LOCAL"}])
def test_it_refuses_to_run_elsewhere(environment: dict[str, str]) -> None:
    with pytest.raises(IssuerRefusedError):
        issuer(**environment)
    ended = subprocess.run(
        [sys.executable, "-m", "hwb_rehearsal.issuer", "--port", "0"],
        env={**environment, "HWB_ISSUER_SECRET": "secret"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert b"HWB_ENV is local" in ended.stderr


def test_a_client_id_says_everything() -> None:
    for role in Role:
        school = "6604027" if role in {Role.TEACHER, Role.NETWORK_MANAGER} else None
        authority = "660" if role is Role.LOCAL_AUTHORITY else None
        if role in {Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR}:
            school = "6604028"
        found = identity_of(client_id_of(role, school=school, authority=authority))
        assert found is not None
        assert (found.role, found.school, found.authority) == (role, school, authority)
