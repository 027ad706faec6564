"""Who may see which account, and how lists are read."""

from datetime import date

import pytest
from tests.support.identity_world import ELSEWHERE, PRIMARY, SECONDARY, World

from hwb_schemas.words import EnrolmentStatus, RecordState

UPN = "R201100018042"


async def test_a_list_is_read_page_by_page_and_filtered(world: World) -> None:
    words = [
        world.word(PRIMARY, f"R2011000180{n:02}", year=str(n % 2), classes=(f"{PRIMARY}/c{n % 3}",))
        for n in range(7)
    ]
    await world.hear(*words, world.staff(PRIMARY, "SLO"))
    async with world.api("primary") as api:
        first = (await api.get("/v1/accounts", params={"limit": 5})).json()
        assert len(first["items"]) == 5
        second = (
            await api.get("/v1/accounts", params={"limit": 5, "cursor": first["next"]})
        ).json()
        assert len(second["items"]) == 3
        assert second["next"] is None
        for params, count in (
            ({"year_group": "1"}, 3),
            ({"class": f"{PRIMARY}/c0"}, 3),
            ({"role": "staff"}, 1),
            ({"status": "inactive"}, 0),
            ({"school": PRIMARY, "role": "learner"}, 7),
        ):
            answer = (await api.get("/v1/accounts", params=params)).json()
            assert len(answer["items"]) == count, params


async def test_an_account_has_its_version_as_etag(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN), world.word(PRIMARY, UPN, year="7"))
    account_id = (await world.published())[0].key
    async with world.api("primary") as api:
        answer = await api.get(f"/v1/accounts/{account_id}")
        assert answer.headers["ETag"] == answer.json()["etag"] == '"2"'
    async with world.api("service-desk") as api:
        history = (await api.get(f"/v1/accounts/{account_id}/history")).json()
        assert [item["change"] for item in history["items"]] == ["created", "rolled_over"]


async def test_a_school_sees_its_own_accounts_and_an_authority_those_of_its_schools(
    world: World,
) -> None:
    await world.hear(world.word(PRIMARY, UPN), world.word(ELSEWHERE, "T20110001804V"))
    keys = {
        event.value["account"]["home_school"]: event.key
        for event in await world.published()
        if event.value
    }
    seen = {"primary": 1, "secondary": 0, "authority": 1, "service-desk": 2, "operator": 2}
    for token, count in seen.items():
        async with world.api(token) as api:
            assert len((await api.get("/v1/accounts")).json()["items"]) == count, token
    async with world.api("secondary") as api:
        assert (await api.get(f"/v1/accounts/{keys[PRIMARY]}")).status_code == 404
        assert (await api.get("/v1/accounts", params={"school": PRIMARY})).status_code == 403
    async with world.api("authority") as api:
        assert (await api.get(f"/v1/accounts/{keys[ELSEWHERE]}")).status_code == 404
        assert (await api.get("/v1/accounts", params={"school": ELSEWHERE})).status_code == 403


async def test_a_school_does_not_read_which_other_school_has_a_guest(world: World) -> None:
    await world.hear(
        world.word(PRIMARY, UPN),
        world.word(SECONDARY, UPN, status=EnrolmentStatus.GUEST),
    )
    async with world.api("secondary") as api:
        (item,) = (await api.get("/v1/accounts")).json()["items"]
    assert item["home_school"] is None
    assert item["other_schools"] == [SECONDARY]


async def test_a_released_account_is_listed_where_it_left(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    async with world.api("primary") as api:
        (item,) = (await api.get("/v1/accounts", params={"status": "inactive"})).json()["items"]
    assert (item["home_school"], item["released_from"]) == (None, PRIMARY)


async def test_the_authority_and_the_service_desk_read_who_holds_a_pending_learner(
    world: World,
) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(SECONDARY, UPN))
    for token in ("authority", "service-desk"):
        async with world.api(token) as api:
            (item,) = (await api.get(f"/v1/schools/{SECONDARY}/pending")).json()["items"]
        assert item["held_by"] == PRIMARY
        assert item["person_ref"] == world.platform.person_refs.of(UPN)
    async with world.api("network-manager") as api:
        (item,) = (await api.get(f"/v1/schools/{SECONDARY}/pending")).json()["items"]
    assert item["held_by"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/accounts"),
        ("GET", "/v1/accounts/01890000-0000-7000-8000-000000000000"),
        ("GET", f"/v1/schools/{PRIMARY}/pending"),
        ("POST", "/v1/staff-transfers"),
        ("POST", "/v1/staff-transfers/identity/staff_transfer/x/decision"),
    ],
)
async def test_every_operation_asks_who_calls(world: World, method: str, path: str) -> None:
    async with world.api(None) as api:
        answer = await api.request(method, path, json={}, headers={"Idempotency-Key": "12345678"})
        assert answer.status_code in {401, 422}
    async with world.api("nobody") as api:
        answer = await api.request(method, path)
        assert answer.status_code in {401, 422}
        assert answer.headers["content-type"] == "application/problem+json"


async def test_another_schools_pending_list_is_refused(world: World) -> None:
    async with world.api("primary") as api:
        answer = await api.get(f"/v1/schools/{SECONDARY}/pending")
    assert answer.status_code == 403
    assert answer.json()["code"] == "school_not_yours"


async def test_a_control_character_is_refused_before_the_database_sees_it(world: World) -> None:
    async with world.api("service-desk") as api:
        for params in ({"year_group": "\0"}, {"class": "a\0"}, {"school": "66\0"}):
            assert (await api.get("/v1/accounts", params=params)).status_code == 422
        answer = await api.post(
            "/v1/staff-transfers/%00/decision",
            json={"decision": "refuse", "reason": "because"},
            headers={"Idempotency-Key": "12345678"},
        )
        assert answer.status_code == 422


async def test_people_are_found_by_how_their_name_begins_and_no_name_is_in_an_address(
    world: World,
) -> None:
    await world.hear(
        world.word(PRIMARY, UPN, forename="Siân", surname="Llŷr-O'Brien"),
        world.word(PRIMARY, "T20110001804V", forename="Angharad", surname="Pritchard"),
        world.word(ELSEWHERE, "A201100018043", forename="Angharad", surname="100%_Pritchard"),
    )
    found = {
        "siâ": ["Siân Llŷr-O'Brien"],
        "PRITCH": ["Angharad Pritchard"],
        "ritchard": [],
        "angharad pritch": ["Angharad Pritchard"],
        "%a": [],
    }
    async with world.api("primary") as api:
        for name, people in found.items():
            answer = await api.post("/v1/accounts/search", json={"display_name": name})
            assert [one["display_name"] for one in answer.json()["items"]] == people, name
    async with world.api("service-desk") as api:
        answer = await api.post("/v1/accounts/search", json={"display_name": "Pritch"})
        assert (answer.status_code, answer.json()["code"]) == (422, "name_without_school")
        body = {"display_name": "100%_pr", "school": ELSEWHERE}
        assert len((await api.post("/v1/accounts/search", json=body)).json()["items"]) == 1
        every = (await api.get("/v1/accounts")).json()["items"]
        for one in every:
            body = {"sign_in_name": one["sign_in_name"].upper()[:-1]}
            (same, *_) = (await api.post("/v1/accounts/search", json=body)).json()["items"]
            assert same["sign_in_name"].startswith(one["sign_in_name"][:-1])
        assert (await api.get("/v1/accounts", params={"display_name": "Pritch"})).json()[
            "items"
        ] == every, "an address with a name in it narrows nothing"
    async with world.api("secondary") as api:
        body = {"sign_in_name": every[0]["sign_in_name"]}
        assert (await api.post("/v1/accounts/search", json=body)).json()["items"] == []


async def test_a_cursor_is_good_for_its_own_list_and_goes_on_where_that_ended(
    world: World,
) -> None:
    await world.hear(*[world.word(PRIMARY, f"R2011000180{n:02}") for n in range(5)])
    async with world.api("primary") as api:
        seen: list[str] = []
        wanted: dict[str, object] = {"role": "learner", "limit": 2}
        while True:
            page = (await api.post("/v1/accounts/search", json=wanted)).json()
            seen += [one["account_id"] for one in page["items"]]
            if page["next"] is None:
                break
            assert page["items"][-1]["account_id"].split("-")[0] not in page["next"]
            await world.hear(world.word(PRIMARY, f"T2011000180{len(seen):02}"))
            wanted["cursor"] = page["next"]
        everybody = [one["account_id"] for one in (await api.get("/v1/accounts")).json()["items"]]
        assert seen == everybody, "what came behind the cursor is read as well"
        for foreign in (wanted | {"role": "staff"}, wanted | {"cursor": "bm90aGluZw"}):
            answer = await api.post("/v1/accounts/search", json=foreign)
            assert (answer.status_code, answer.json()["code"]) == (422, "cursor_of_another_list")
