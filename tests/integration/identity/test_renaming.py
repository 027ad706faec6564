"""Accounts renamed by hand: facts/domain.md 1, the school decides, the old name is an alias."""

from typing import Any

import httpx
import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_identity.adapters.deletion_store import DeletionStore
from hwb_identity.application.ports import Leaver
from hwb_schemas.words import RecordState

UPN, OTHER_UPN = "R201100018042", "T20110001804V"
WANTED = {
    "forename": "Angharad",
    "surname": "Evans",
    "sign_in_name": "new",
    "reason": "the family's name has changed",
}


async def learner(world: World, upn: str = UPN) -> tuple[str, str]:
    """A learner of the primary school: account id and sign-in name."""
    await world.hear(world.word(PRIMARY, upn))
    (event,) = await world.published()
    await world.forget_published()
    assert event.value is not None
    return event.key, event.value["account"]["sign_in_name"]


async def renamed(
    api: httpx.AsyncClient, account_id: str, *, version: int = 1, **wanted: str
) -> httpx.Response:
    return await api.post(
        f"/v1/accounts/{account_id}/rename",
        json=WANTED | wanted,
        headers={"If-Match": f'"{version}"', "Idempotency-Key": f"rename-{version}"},
    )


async def told(world: World) -> list[tuple[str, Any, Any, Any]]:
    """Verb, names and aliases of every account event since they were last forgotten."""
    return [
        (
            event.type.split(".")[-2],
            event.value["account"]["display_name"],
            event.value["account"]["sign_in_name"],
            event.value["account"].get("aliases"),
        )
        for event in await world.published()
        if event.value
    ]


async def test_a_new_name_is_told_once_and_the_sign_in_name_so_far_is_an_alias(
    world: World,
) -> None:
    account_id, before = await learner(world)
    async with world.api("primary") as api:
        first, again = [await renamed(api, account_id) for _ in range(2)]
        shown = (await api.get(f"/v1/accounts/{account_id}")).json()
    assert (first.status_code, first.json()) == (200, again.json())
    name = first.json()["sign_in_name"]
    assert name.startswith("a.evans")
    assert await told(world) == [("updated", "Angharad Evans", name, [before])]
    assert (shown["sign_in_name"], shown["aliases"]) == (name, [before])
    assert (shown["display_name"], shown["etag"]) == ("Angharad Evans", '"2"')
    assert await world.identity.reconcile.find() == []


async def test_runs_and_matches_keep_the_name_and_the_alias(world: World) -> None:
    account_id, before = await learner(world)
    async with world.api("primary") as api:
        name = (await renamed(api, account_id)).json()["sign_in_name"]
    await world.forget_published()
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, surname="Price"))
    await world.hear(world.word(SECONDARY, UPN, year="7", surname="Price"))
    names = ("Angharad Evans", name, [before])
    assert await told(world) == [("released", *names), ("matched", *names)]


async def test_only_the_shown_name_changes_where_the_school_keeps_the_sign_in_name(
    world: World,
) -> None:
    account_id, before = await learner(world)
    async with world.api("primary") as api:
        answer = await renamed(api, account_id, sign_in_name="kept")
        assert (answer.json()["sign_in_name"], answer.json()["aliases"]) == (before, [])
        same = await renamed(api, account_id, version=2, sign_in_name="kept")
        assert (same.status_code, same.json()["etag"]) == (200, '"2"')
    assert await told(world) == [("updated", "Angharad Evans", before, None)]


async def test_both_names_sign_in_and_the_former_one_is_nobody_elses(world: World) -> None:
    account_id, before = await learner(world)
    headers = {"Idempotency-Key": "password-1"}
    async with world.api("primary") as api:
        made = await api.post(f"/v1/accounts/{account_id}/password", headers=headers)
        name = (await renamed(api, account_id)).json()["sign_in_name"]
    async with world.api("sign-in") as api:
        for typed in (before, name):
            body = {"sign_in_name": typed, "password": made.json()["password"]}
            checked = (await api.post("/v1/password-checks", json=body)).json()
            assert checked == {"account_id": account_id}, typed
    await world.forget_published()
    _, other = await learner(world, OTHER_UPN)
    assert other not in (before, name)


async def test_the_history_says_who_renamed_it_and_why(world: World) -> None:
    account_id, _ = await learner(world)
    async with world.api("primary") as api:
        await renamed(api, account_id)
    async with world.api("service-desk") as api:
        last = (await api.get(f"/v1/accounts/{account_id}/history")).json()["items"][-1]
    assert (last["cause"], last["reason"]) == ("command:account_renamed", WANTED["reason"])
    rows = await world.rows("SELECT action, account_id::text FROM access_log")
    assert rows == [("account_renamed", account_id)]


async def test_an_account_that_was_deactivated_stays_so_when_it_is_renamed(world: World) -> None:
    account_id, _ = await learner(world)
    path, headers = f"/v1/accounts/{account_id}/deactivate", {"Idempotency-Key": "deactivate"}
    async with world.api("primary") as api:
        headers["If-Match"] = '"1"'
        asked = (await api.post(path, json={"reason": "asked"}, headers=headers)).json()
        body = {"reason": "asked", "confirm": asked["confirm"]}
        await api.post(path, json=body, headers=headers)
        await renamed(api, account_id, version=2)
        await world.ran(PRIMARY, world.word(PRIMARY, UPN, year="7"))
        assert (await api.get(f"/v1/accounts/{account_id}")).json()["status"] == "inactive"
        body = {"symptom": "learner_missing", "school": PRIMARY, "upn": UPN}
        asked = (await api.post("/v1/diagnosis", json=body)).json()
        assert asked["cause"] == "deactivated_by_hand"


async def test_a_deleted_account_takes_its_aliases_along(world: World) -> None:
    account_id, _ = await learner(world)
    async with world.api("primary") as api:
        await renamed(api, account_id)
    assert await world.rows("SELECT account_id::text FROM account_alias") == [(account_id,)]
    async with world.platform.database.transaction() as session:
        leaver = Leaver(UPN, (UPN,), account_id)
        await session.execute("UPDATE person SET deletes_on = '2022-07-18'")
        today = world.platform.clock.now().date()
        await DeletionStore(session).delete([leaver], today=today, approved=today)
    assert await world.rows("SELECT * FROM account_alias") == []


@pytest.mark.parametrize(
    ("who", "status"),
    [("secondary", 404), ("primary-teacher", 403), ("authority", 403), (None, 401)],
)
async def test_nobody_else_renames(world: World, who: str | None, status: int) -> None:
    account_id, _ = await learner(world)
    async with world.api(who) as api:
        assert (await renamed(api, account_id)).status_code == status
    assert await world.published() == []


async def test_what_changed_since_it_was_seen_is_not_renamed(world: World) -> None:
    account_id, _ = await learner(world)
    async with world.api("service-desk") as api:
        answer = await renamed(api, account_id, version=7)
    assert (answer.status_code, answer.json()["code"]) == (412, "account_changed")
