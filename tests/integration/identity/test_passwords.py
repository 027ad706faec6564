"""Passwords: DESIGN 6, sentence by sentence, and that no secret is anywhere but in its answer."""

import asyncio
import logging
from datetime import date
from typing import Any

import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_identity.adapters.secret_keeping import SecretKeeping
from hwb_identity.domain.password import password_made
from hwb_schemas.words import EnrolmentStatus, RecordState

UPN = "R201100018042"
KEY = {"Idempotency-Key": "a reset of mine"}


async def learner(world: World) -> str:
    await world.hear(world.word(PRIMARY, UPN))
    return (await world.published())[0].key


async def moved_to_the_secondary(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.word(SECONDARY, UPN, admitted=date(2022, 7, 11)))


async def asked(world: World, who: str, account_id: str) -> dict[str, Any]:
    async with world.api(who) as api:
        answer = await api.post(f"/v1/accounts/{account_id}/password")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def opens(world: World, shown: dict[str, Any], password: str) -> bool:
    async with world.api("sign-in") as api:
        answer = await api.post(
            "/v1/password-checks",
            json={"sign_in_name": shown["sign_in_name"], "password": password},
        )
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["account_id"] == shown["account_id"])


async def test_an_account_starts_without_a_password_and_the_first_to_ask_has_it_made(
    world: World,
) -> None:
    account_id = await learner(world)
    assert await world.rows("SELECT * FROM password") == []
    first = await asked(world, "primary-teacher", account_id)
    assert (await asked(world, "primary", account_id))["password"] == first["password"]
    assert await opens(world, first, first["password"])
    assert not await opens(world, first, "badolu-giro-4829")
    ((digest,),) = await world.rows("SELECT argon2id FROM password")
    assert digest.startswith("$argon2id$")


async def test_two_who_ask_at_once_are_shown_the_same(world: World) -> None:
    account_id = await learner(world)
    both = await asyncio.gather(
        asked(world, "primary", account_id), asked(world, "primary-teacher", account_id)
    )
    assert both[0]["password"] == both[1]["password"]


async def test_after_a_match_it_cannot_be_seen_only_reset_though_a_remembered_one_works(
    world: World,
) -> None:
    account_id = await learner(world)
    before = await asked(world, "primary", account_id)
    await moved_to_the_secondary(world)
    after = await asked(world, "secondary", account_id)
    assert after["password"] is None
    assert "reset" in after["says"]
    assert "ailosod" in after["says_cy"]
    assert await opens(world, before, before["password"])
    async with world.api("secondary-teacher") as api:
        path = f"/v1/accounts/{account_id}/password/reset"
        reset = (await api.post(path, headers=KEY)).json()
        again = (await api.post(path, headers=KEY)).json()
    assert reset["password"] == again["password"] != before["password"]
    assert await opens(world, before, reset["password"])
    assert not await opens(world, before, before["password"])
    assert (await asked(world, "secondary", account_id))["password"] == reset["password"]


async def test_a_leaving_date_that_is_withdrawn_leaves_it_to_be_seen(world: World) -> None:
    account_id = await learner(world)
    before = await asked(world, "primary", account_id)
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    async with world.api("primary") as api:
        answer = await api.post(f"/v1/accounts/{account_id}/password")
        assert (answer.status_code, answer.json()["code"]) == (403, "password_not_yours")
    await world.hear(world.word(PRIMARY, UPN))
    assert (await asked(world, "primary", account_id))["password"] == before["password"]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("secondary", 403),  # subsidiary there, so that it sees the account, not the password
        ("secondary-administrator", 403),
        ("service-desk", 403),
        ("operator", 403),
        ("authority", 403),
        (None, 401),
    ],
)
async def test_nobody_but_the_home_school_sees_or_resets_it(
    world: World, who: str | None, status: int
) -> None:
    account_id = await learner(world)
    await world.hear(world.word(SECONDARY, UPN, status=EnrolmentStatus.SUBSIDIARY))
    async with world.api(who) as api:
        for path in ("password", "password/reset"):
            answer = await api.post(f"/v1/accounts/{account_id}/{path}", headers=KEY)
            assert answer.status_code == status
    assert await world.rows("SELECT * FROM password") == []


async def test_another_school_is_not_told_that_there_is_such_an_account(world: World) -> None:
    account_id = await learner(world)
    async with world.api("secondary") as api:
        answer = await api.post(f"/v1/accounts/{account_id}/password")
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")


async def test_a_teacher_resets_learners_and_the_digital_champion_staff_too(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    account_id = (await world.published())[0].key
    async with world.api("primary-teacher") as api:
        assert (await api.post(f"/v1/accounts/{account_id}/password")).status_code == 403
    assert (await asked(world, "primary", account_id))["password"]


async def test_a_sign_in_check_is_for_the_sign_in_service_alone(world: World) -> None:
    body = {"sign_in_name": "a.b1@hwbcymru.net", "password": "x"}
    for who, status in (("primary", 403), ("operator", 403), (None, 401), ("sign-in", 200)):
        async with world.api(who) as api:
            assert (await api.post("/v1/password-checks", json=body)).status_code == status


async def test_no_password_is_in_any_table_event_or_log(
    world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    account_id = await learner(world)
    secrets = [(await asked(world, "primary", account_id))["password"]]
    async with world.api("primary") as api:
        answer = await api.post(f"/v1/accounts/{account_id}/password/reset", headers=KEY)
        secrets.append(answer.json()["password"])
    await moved_to_the_secondary(world)
    tables = await world.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    told = capsys.readouterr()
    everything = caplog.text + told.out + told.err + str(await world.published())
    for (table,) in tables:
        everything += str(await world.rows(f"SELECT t::text FROM {table} t"))  # noqa: S608
    assert account_id in everything
    assert all(secrets)
    for secret in secrets:
        assert secret not in everything
        assert secret.encode().hex() not in everything
    (audited,) = await world.rows("SELECT array_agg(action ORDER BY id) FROM access_log")
    assert audited[0] == ["password_made", "password_reset", "password_shown"]


async def test_a_seal_opens_for_its_account_and_under_its_secret_alone() -> None:
    keeping = SecretKeeping(b"one")
    sealed = keeping.seal("badolu-giro-4829", "a")
    assert keeping.unseal(sealed, "a") == "badolu-giro-4829"
    assert keeping.unseal(sealed, "b") is None
    assert SecretKeeping(b"two").unseal(sealed, "a") is None
    assert b"badolu" not in sealed


async def test_other_requests_go_on_while_a_password_is_digested() -> None:
    keeping = SecretKeeping(b"one")
    digesting = asyncio.create_task(keeping.digest("badolu-giro-4829"))
    turns = 0
    while not digesting.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10


def test_a_password_is_made_of_what_a_child_can_type() -> None:
    assert password_made(lambda text: text[0]) == "bababa-baba-2222"
