"""Non-MIS and governor accounts: the guide's housekeeping, and what each calendar makes of it."""

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from tests.support.identity_world import CALENDAR, PRIMARY, World

from hwb_identity.bootstrap import identity_on

OF_2025 = CALENDAR.model_copy(update={"manual_account_end": "deactivates"})
PATH = f"/v1/schools/{PRIMARY}/manual-accounts"
HELPER = {
    "role": "non_mis",
    "forename": "Siân",
    "surname": "Tâl-y-bont",
    "owner": "Office",
    "reason": "supply cover",
    "ends_on": "2022-08-31",
}
GOVERNOR = {**HELPER, "role": "governor", "ends_on": None}


def headers(key: str, version: int = 1) -> dict[str, str]:
    return {"Idempotency-Key": f"command-{key}", "If-Match": f'"{version}"'}


async def made(api: httpx.AsyncClient, wanted: dict[str, Any] = HELPER) -> str:
    answer = await api.post(PATH, json=wanted, headers=headers("create"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["account_id"])


async def listed(api: httpx.AsyncClient, role: str = "non_mis") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get(PATH, params={"role": role})).json()["items"]
    return items


async def test_an_account_is_made_once_with_owner_and_reason(world: World) -> None:
    async with world.api("primary") as api:
        assert await made(api) == await made(api)
        (item,) = await listed(api)
        assert await listed(api, "governor") == []
    assert (item["owner"], item["reason"]) == ("Office", "supply cover")
    assert item["sign_in_name"].startswith("s.talybont")
    (event,) = await world.published()
    assert event.value is not None
    assert event.value["account"]["role"] == "non_mis"
    assert event.value["account"]["home_school"] == PRIMARY


async def test_a_review_is_due_until_somebody_has_looked(world: World) -> None:
    async with world.api("primary") as api:
        account_id = await made(api, GOVERNOR)
        (item,) = await listed(api, "governor")
        assert item["review_due"]
        path = f"/v1/accounts/{account_id}/review"
        answer = await api.post(path, json={}, headers=headers("nobody"))
        assert (answer.status_code, answer.json()["code"]) == (409, "confirmed_with_nobody")
        body = {"confirmed_with": "clerk_to_the_governing_body"}
        stale = headers("stale") | {"If-Match": '"7"'}
        assert (await api.post(path, json=body, headers=stale)).status_code == 412
        assert (await api.post(path, json=body, headers=headers("clerk"))).status_code == 200
        (item,) = await listed(api, "governor")
    assert not item["review_due"]
    assert item["confirmed_with"] == "clerk_to_the_governing_body"


async def test_under_2022_an_end_date_only_reminds(world: World) -> None:
    async with world.api("primary") as api:
        await made(api)
        world.move_to(date(2022, 9, 1))
        await world.identity.take_up_due()
        (item,) = await listed(api)
    assert (item["status"], item["ended"]) == ("active", True)


async def test_under_2025_it_deactivates_on_its_day_and_an_extension_reactivates(
    world: World,
) -> None:
    world.platform = replace(world.platform, calendar=OF_2025)
    world.identity = identity_on(world.platform)
    async with world.api("primary") as api:
        account_id = await made(api)
        world.move_to(date(2022, 8, 30))
        await world.identity.take_up_due()
        assert (await listed(api))[0]["status"] == "active"
        world.move_to(date(2022, 8, 31))
        await world.identity.take_up_due()
        assert (await listed(api))[0]["status"] == "inactive"
        refused = await api.post(
            f"/v1/accounts/{account_id}/reactivate",
            json={"reason": "needed"},
            headers=headers("reactivate", 2),
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "account_ended")
        answer = await api.post(
            f"/v1/accounts/{account_id}/extend",
            json={"ends_on": "2022-12-31"},
            headers=headers("extend", 2),
        )
        assert (answer.status_code, answer.json()["etag"]) == (200, '"3"')
        assert (await listed(api))[0]["status"] == "active"
    assert [event.type.split(".")[-2] for event in await world.published()] == [
        "created",
        "deactivated",
        "reactivated",
    ]
    assert await world.identity.reconcile.find() == []


async def cases(world: World) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (case.value["kind"], case.value["change"], case.value["facts"])
        for case in await world.published("hwb.servicedesk.cases")
        if case.value
    ]


async def test_a_school_is_reminded_before_the_end_date_once_for_all_that_end_that_day(
    world: World,
) -> None:
    async with world.api("primary") as api:
        account_id = await made(api)
        answer = await api.post(
            PATH, json={**HELPER, "forename": "Owain"}, headers=headers("another")
        )
        assert answer.status_code == 201
        world.move_to(date(2022, 8, 2))
        await world.identity.notices()
        assert await cases(world) == []
        world.move_to(date(2022, 8, 3))
        for _ in range(2):
            await world.identity.notices()
        kind, facts = "non_mis_account_expiring", {"school": PRIMARY, "ends_on": "2022-08-31"}
        assert await cases(world) == [(kind, "raised", {**facts, "accounts": "2"})]
        for one in (account_id, answer.json()["account_id"]):
            await api.post(
                f"/v1/accounts/{one}/extend",
                json={"ends_on": "2022-12-31"},
                headers=headers(f"extend-{one}"),
            )
        await world.identity.notices()
    assert [change for _, change, _ in await cases(world)] == ["raised", "resolved"]


async def test_accounts_that_end_in_the_next_eight_weeks_are_listed(world: World) -> None:
    async with world.api("primary") as api:
        account_id = await made(api)
        for ends_on in (None, "2022-12-31"):
            wanted = {**HELPER, "ends_on": ends_on}
            await api.post(PATH, json=wanted, headers=headers(f"until {ends_on}"))
        params: dict[str, str | int] = {"role": "non_mis", "expiring_within_weeks": 8}
        items = (await api.get(PATH, params=params)).json()["items"]
        assert len(await listed(api)) == 3
    assert [item["account_id"] for item in items] == [account_id]


async def test_an_unfinished_review_is_a_case_from_the_calendars_day_on_until_it_is_finished(
    world: World,
) -> None:
    async with world.api("primary") as api:
        governor = await made(api, GOVERNOR)
        wanted = {**HELPER, "ends_on": None}
        helper = (await api.post(PATH, json=wanted, headers=headers("helper"))).json()["account_id"]
        world.move_to(date(2022, 8, 30))
        await world.identity.notices()
        assert await cases(world) == []
        world.move_to(date(2022, 8, 31))
        for _ in range(2):
            await world.identity.notices()
        kind = "non_mis_review_unfinished"
        assert await cases(world) == [(kind, "raised", {"school": PRIMARY, "accounts": "2"})]
        body = {"confirmed_with": "headteacher"}
        path = f"/v1/accounts/{governor}/review"
        assert (await api.post(path, json=body, headers=headers("review"))).status_code == 200
        await world.identity.notices()
        assert len(await cases(world)) == 1
        path, gone = f"/v1/accounts/{helper}/deactivate", {"reason": "gone"}
        gone["confirm"] = (await api.post(path, json=gone, headers=headers("ask"))).json()[
            "confirm"
        ]
        assert (await api.post(path, json=gone, headers=headers("yes"))).status_code == 200
        await world.identity.notices()
    assert [change for _, change, _ in await cases(world)] == ["raised", "resolved"]


async def test_it_is_deactivated_by_hand_after_the_guides_question(world: World) -> None:
    async with world.api("primary") as api:
        account_id = await made(api)
        path, body = f"/v1/accounts/{account_id}/deactivate", {"reason": "gone"}
        asked = (await api.post(path, json=body, headers=headers("ask"))).json()
        body["confirm"] = asked["confirm"]
        assert (await api.post(path, json=body, headers=headers("yes"))).json()["state"] == "done"
        assert (await listed(api))[0]["status"] == "inactive"


async def test_an_end_date_lies_ahead(world: World) -> None:
    async with world.api("primary") as api:
        wanted = {**HELPER, "ends_on": "2022-07-18"}
        answer = await api.post(PATH, json=wanted, headers=headers("create"))
    assert (answer.status_code, answer.json()["code"]) == (409, "end_date_not_ahead")


@pytest.mark.parametrize(
    ("who", "status"),
    [("secondary", 403), ("primary-teacher", 403), ("operator", 403), (None, 401)],
)
async def test_only_the_schools_digital_champion_makes_and_reads_them(
    world: World, who: str | None, status: int
) -> None:
    async with world.api("primary") as api:
        account_id = await made(api)
    async with world.api(who) as api:
        assert (await api.post(PATH, json=HELPER, headers=headers("x"))).status_code == status
        assert (await api.get(PATH, params={"role": "non_mis"})).status_code == status
        for verb, body in (("extend", {"ends_on": None}), ("review", {})):
            answer = await api.post(
                f"/v1/accounts/{account_id}/{verb}", json=body, headers=headers(verb)
            )
            assert answer.status_code == (404 if who == "secondary" else status)
