"""Every change of an account is kept with its cause, and its state can be asked for any instant."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

UPN = "R201100018042"


async def moved(world: World) -> str:
    """A learner's July to September: a leaving date that comes, a match, a deactivation by hand."""
    await world.hear(world.word(PRIMARY, UPN))
    account_id = (await world.published())[0].key
    world.move_to(date(2022, 7, 20))
    await world.hear(world.word(PRIMARY, UPN, leaving=date(2022, 7, 21)))
    world.move_to(date(2022, 7, 22))
    await world.identity.take_up_due()
    world.move_to(date(2022, 8, 16))
    await world.hear(world.word(SECONDARY, UPN, admitted=date(2022, 8, 15), year="7"))
    world.move_to(date(2022, 9, 1))
    await by_hand(world, account_id, "deactivate", version=3)
    return account_id


async def by_hand(world: World, account_id: str, verb: str, *, version: int) -> None:
    async with world.api("secondary") as api:
        body: dict[str, Any] = {"reason": "not one of ours"}
        for key in ("asking-1", "saying-yes"):
            answer = await api.post(
                f"/v1/accounts/{account_id}/{verb}",
                json=body,
                headers={"If-Match": f'"{version}"', "Idempotency-Key": key},
            )
            assert answer.status_code == 200, answer.text
            body["confirm"] = answer.json().get("confirm")


async def test_every_change_is_kept_in_order_with_its_cause(world: World) -> None:
    account_id = await moved(world)
    async with world.api("service-desk") as api:
        items = (await api.get(f"/v1/accounts/{account_id}/history")).json()["items"]
    told = [
        (one["version"], one["change"], one["cause"], one["by"], one["reason"]) for one in items
    ]
    assert told == [
        (1, "created", f"run:{PRIMARY}-1", None, None),
        (2, "released", "due", None, None),
        (3, "matched", f"run:{SECONDARY}-1", None, None),
        (
            4,
            "deactivated",
            "command:account_deactivated",
            "dc-secondary",
            "not one of ours",
        ),
    ]
    assert items[1]["changed_at"].startswith("2022-07-22")


@pytest.mark.parametrize(
    ("instant", "home", "left", "status", "version"),
    [
        ("2022-07-21T23:00:00Z", PRIMARY, None, "active", 1),
        ("2022-07-22T10:00:00Z", None, PRIMARY, "inactive", 2),
        ("2022-08-16T11:00:00+01:00", SECONDARY, None, "active", 3),
        ("2022-12-24T00:00:00Z", SECONDARY, None, "inactive", 4),
    ],
)
async def test_an_account_can_be_seen_as_of_any_instant(
    world: World, instant: str, home: str | None, left: str | None, status: str, version: int
) -> None:
    account_id = await moved(world)
    async with world.api("operator") as api:
        answer = await api.get(f"/v1/accounts/{account_id}", params={"as_of": instant})
    then = answer.json()
    assert (then["home_school"], then["released_from"]) == (home, left)
    assert (then["status"], then["version"]) == (status, version)
    assert "ETag" not in answer.headers, "nobody may build on what was"


async def test_before_it_was_made_there_is_no_account(world: World) -> None:
    account_id = await moved(world)
    before = datetime(2022, 7, 18, 9, 59, tzinfo=UTC).isoformat()
    async with world.api("operator") as api:
        answer = await api.get(f"/v1/accounts/{account_id}", params={"as_of": before})
        assert answer.status_code == 404
        naive = {"as_of": "2022-07-18T10:00:00"}
        answer = await api.get(f"/v1/accounts/{account_id}", params=naive)
        assert answer.status_code == 422


async def test_a_school_does_not_read_the_past_of_an_account(world: World) -> None:
    account_id = await moved(world)
    async with world.api("secondary") as api:
        answer = await api.get(
            f"/v1/accounts/{account_id}", params={"as_of": "2022-07-18T10:00:00Z"}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "history_not_yours")
        assert (await api.get(f"/v1/accounts/{account_id}/history")).status_code == 403
