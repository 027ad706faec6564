"""Accounts deactivated and reactivated by hand: only a person ends what a person decided."""

from datetime import date
from typing import Any

import httpx
import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_schemas.words import RecordState

UPN = "R201100018042"


async def learner(world: World) -> str:
    await world.hear(world.word(PRIMARY, UPN))
    account_id = (await world.published())[0].key
    await world.forget_published()
    return account_id


async def command(
    api: httpx.AsyncClient, account_id: str, verb: str, *, version: int = 1, **body: str
) -> httpx.Response:
    return await api.post(
        f"/v1/accounts/{account_id}/{verb}",
        json={"reason": "left the school", **body},
        headers={"If-Match": f'"{version}"', "Idempotency-Key": f"{verb}-{version}"},
    )


async def deactivated(world: World, account_id: str) -> dict[str, Any]:
    async with world.api("primary") as api:
        asked = (await command(api, account_id, "deactivate")).json()
        answer = await command(api, account_id, "deactivate", confirm=asked["confirm"])
        again = await command(api, account_id, "deactivate", confirm=asked["confirm"])
    assert answer.status_code == 200, answer.text
    assert again.json() == answer.json()
    body: dict[str, Any] = answer.json()
    return body


async def test_are_you_sure_is_asked_first_and_cancel_changes_nothing(world: World) -> None:
    account_id = await learner(world)
    async with world.api("primary") as api:
        asked = (await command(api, account_id, "deactivate")).json()
    assert asked["state"] == "asked"
    assert asked["question"] == "Are you sure you wish to deactivate this user account?"
    assert "anactifadu" in asked["question_cy"]
    assert await world.published() == []


async def test_yes_deactivates_once_and_only_a_person_reactivates(world: World) -> None:
    account_id = await learner(world)
    done = await deactivated(world, account_id)
    assert (done["state"], done["status"], done["etag"]) == ("done", "inactive", '"2"')
    await world.hear(world.word(PRIMARY, UPN, year="7"))
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.word(SECONDARY, UPN, admitted=date(2022, 7, 11)))
    events = [event.value for event in await world.published() if event.value]
    assert [event["change"] for event in events] == [
        "deactivated",
        "rolled_over",
        "released",
        "matched",
    ]
    assert {event["account"]["status"] for event in events} == {"inactive"}
    async with world.api("secondary") as api:
        answer = await command(api, account_id, "reactivate", version=5)
    assert answer.json()["status"] == "active"
    last = (await world.published())[-1].value
    assert last is not None
    assert (last["change"], last["version"]) == ("reactivated", 6)


async def test_the_history_says_that_a_person_did_it_and_the_audit_who(world: World) -> None:
    account_id = await learner(world)
    await deactivated(world, account_id)
    async with world.api("service-desk") as api:
        history = (await api.get(f"/v1/accounts/{account_id}/history")).json()
    assert history["items"][-1]["cause"] == "command:account_deactivated"
    assert await world.rows("SELECT action, subject FROM access_log") == [
        ("account_deactivated", "dc-primary")
    ]


async def test_what_changed_since_it_was_seen_is_not_deactivated(world: World) -> None:
    account_id = await learner(world)
    async with world.api("primary") as api:
        asked = (await command(api, account_id, "deactivate")).json()
        await world.hear(world.word(PRIMARY, UPN, year="7"))
        answer = await command(api, account_id, "deactivate", confirm=asked["confirm"])
        assert (answer.status_code, answer.json()["code"]) == (412, "account_changed")
        assert answer.json()["etag"] == '"2"'
        again = await command(api, account_id, "deactivate", version=2, confirm=asked["confirm"])
        assert (again.status_code, again.json()["code"]) == (409, "not_confirmed")


async def test_a_released_account_is_not_reactivated_by_hand(world: World) -> None:
    account_id = await learner(world)
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    async with world.api("primary") as api:
        answer = await command(api, account_id, "reactivate", version=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_has_account")


async def test_another_persons_yes_counts_for_nothing(world: World) -> None:
    account_id = await learner(world)
    async with world.api("service-desk") as api:
        asked = (await command(api, account_id, "deactivate")).json()
    async with world.api("primary") as api:
        answer = await command(api, account_id, "deactivate", confirm=asked["confirm"])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_confirmed")


@pytest.mark.parametrize(
    ("who", "status"),
    [("secondary", 404), ("primary-teacher", 403), ("authority", 403), ("operator", 403)],
)
async def test_nobody_else_deactivates_or_reactivates(world: World, who: str, status: int) -> None:
    account_id = await learner(world)
    async with world.api(who) as api:
        for verb in ("deactivate", "reactivate"):
            assert (await command(api, account_id, verb)).status_code == status
    async with world.api(None) as api:
        assert (await command(api, account_id, "deactivate")).status_code == 401
