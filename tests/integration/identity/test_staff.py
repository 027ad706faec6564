"""Staff: DESIGN 6, sentence by sentence, on a real database."""

from dataclasses import replace
from datetime import date

import httpx
import pytest
from tests.support.identity_world import CALENDAR, ELSEWHERE, PRIMARY, SECONDARY, World

from hwb_identity.entrypoints.api import make_api
from hwb_runtime.auth import Caller
from hwb_runtime.testing import KnownTokens
from hwb_schemas.words import RecordState, Role

KEY = {"Idempotency-Key": "a request of mine"}


async def accounts(world: World) -> list[tuple[str | None, str]]:
    rows = await world.rows(
        "SELECT home_school, status FROM person WHERE account_id IS NOT NULL ORDER BY account_id"
    )
    return [(row[0], row[1]) for row in rows]


async def leaves_secondary(world: World) -> None:
    """Whoever moved leaves the secondary school again, a week later."""
    came, went = date(2022, 7, 11), date(2022, 7, 15)
    await world.hear(world.staff(SECONDARY, "S1", RecordState.LEFT, start=came, leaving=went))


async def test_an_account_is_made_when_the_run_brings_it_even_before_the_start_date(
    world: World,
) -> None:
    await world.hear(world.staff(SECONDARY, "SLO", start=date(2022, 9, 5)))
    assert await accounts(world) == [(SECONDARY, "active")]
    (event,) = await world.published()
    assert event.value is not None
    assert event.value["account"]["role"] == "staff"
    assert event.value["account"]["sign_in_name"] == "s.llyrobrien1@hwbcymru.net"
    assert "SLO" not in str(event.value)


async def test_a_leaving_date_in_effect_releases_and_makes_inactive(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 8, 31)))
    assert await accounts(world) == [(PRIMARY, "active")]
    world.move_to(date(2022, 8, 15))
    await world.identity.take_up_due()
    assert await accounts(world) == [(None, "inactive")]


async def test_a_new_school_makes_a_new_account(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.staff(SECONDARY, "SLO", start=date(2022, 9, 5)))
    assert await accounts(world) == [(None, "inactive"), (SECONDARY, "active")]


async def test_a_start_date_after_the_leaving_date_is_another_person(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 8, 31)))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 9, 1)))
    assert await accounts(world) == [(PRIMARY, "active"), (PRIMARY, "active")]
    before, ended, new = await world.published()
    assert before.key == ended.key != new.key
    assert ended.value is not None
    assert ended.value["account"]["person_refs"] == []
    world.move_to(date(2022, 8, 15))
    await world.identity.take_up_due()
    assert await accounts(world) == [(None, "inactive"), (PRIMARY, "active")]
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 9, 1)))
    assert len(await accounts(world)) == 2


async def test_both_dates_in_one_record_are_two_persons(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    both = world.staff(
        PRIMARY, "SLO", RecordState.LEFT, start=date(2022, 7, 11), leaving=date(2022, 7, 1)
    )
    await world.hear(both)
    assert await accounts(world) == [(None, "inactive"), (PRIMARY, "active")]


async def moved(world: World) -> tuple[str, str]:
    """One member of staff with an old and a new account: their ids."""
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.staff(SECONDARY, "S1", start=date(2022, 7, 11)))
    events = await world.published()
    await world.forget_published()
    return events[0].key, events[-1].key


def wanted() -> dict[str, str]:
    return {
        "school": SECONDARY,
        "staff_code": "S1",
        "previous_school": PRIMARY,
        "previous_staff_code": "SLO",
    }


async def asked(api: httpx.AsyncClient, key: str = "request-1") -> str:
    answer = await api.post("/v1/staff-transfers", json=wanted(), headers={"Idempotency-Key": key})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["case_key"])


async def looked(api: httpx.AsyncClient, case_key: str) -> dict[str, str]:
    """The header of a decision that builds on what the Service Desk sees now."""
    answer = await api.get(f"/v1/staff-transfers/{case_key}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == answer.json()["etag"]
    return {"If-Match": answer.json()["etag"]}


async def decided(
    api: httpx.AsyncClient,
    case_key: str,
    headers: dict[str, str],
    *,
    decision: str = "approve",
    **more: str,
) -> httpx.Response:
    """The answer to the Service Desk's decision, under one key where the headers have no other."""
    return await api.post(
        f"/v1/staff-transfers/{case_key}/decision",
        json={"decision": decision, "reason": "both schools agree", **more},
        headers=KEY | headers,
    )


async def test_keeping_the_old_account_becomes_one_case_however_often_it_is_asked(
    world: World,
) -> None:
    old, new = await moved(world)
    async with world.api("secondary") as api:
        case_key = await asked(api)
        assert await asked(api) == case_key
        assert await asked(api, "request-2") == case_key
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.key == case_key
    assert case.value is not None
    assert case.value["kind"] == "staff_transfer_requested"
    assert case.value["facts"] == {
        "account_id": new,
        "previous_account_id": old,
        "school": SECONDARY,
        "previous_school": PRIMARY,
    }


async def test_on_approval_the_old_account_is_linked_and_the_new_one_deactivated(
    world: World,
) -> None:
    old, new = await moved(world)
    async with world.api("secondary-administrator") as api:
        case_key = await asked(api)
        refused = await decided(api, case_key, {"If-Match": '"1.2"'})
        assert refused.status_code == 403
    async with world.api("service-desk") as api:
        seen = await looked(api, case_key)
        for _ in range(2):
            answer = await decided(api, case_key, seen)
            assert answer.json() == {"case_key": case_key, "state": "approved"}
    events = await world.published()
    assert [(event.key, event.type.split(".")[-2]) for event in events] == [
        (new, "deactivated"),
        (old, "matched"),
    ]
    assert await accounts(world) == [(SECONDARY, "active"), (None, "inactive")]
    kept = events[1].value
    assert kept is not None
    assert len(kept["account"]["person_refs"]) == 2
    assert [e.value["change"] for e in await world.published("hwb.servicedesk.cases") if e.value]
    await leaves_secondary(world)
    assert await accounts(world) == [(None, "inactive"), (None, "inactive")]


async def test_an_account_is_active_while_any_record_linked_to_it_is_on_roll(
    world: World,
) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(SECONDARY, "S1", start=date(2022, 9, 5)))
    async with world.api("service-desk") as api:
        case_key = await asked(api)
        await decided(api, case_key, await looked(api, case_key))
    assert await accounts(world) == [(PRIMARY, "active"), (None, "inactive")]
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    assert await accounts(world) == [(SECONDARY, "active"), (None, "inactive")]


async def test_a_refused_transfer_leaves_both_accounts_and_can_be_asked_again(
    world: World,
) -> None:
    await moved(world)
    async with world.api("service-desk") as api:
        case_key = await asked(api)
        answer = await decided(api, case_key, await looked(api, case_key), decision="refuse")
        assert answer.json()["state"] == "refused"
        headers = {"Idempotency-Key": "another decision"} | await looked(api, case_key)
        again = await decided(api, case_key, headers)
        assert again.status_code == 409
        await asked(api, "request-2")
    cases = await world.published("hwb.servicedesk.cases")
    assert [
        case.value["change"]
        for case in cases
        if case.value and case.value["kind"] == "staff_transfer_requested"
    ] == ["raised", "resolved", "raised"]
    assert await accounts(world) == [(None, "inactive"), (SECONDARY, "active")]


@pytest.mark.parametrize("decision", ["approve", "refuse"])
async def test_both_schools_are_told_what_was_decided(world: World, decision: str) -> None:
    old, new = await moved(world)
    async with world.api("service-desk") as api:
        case_key = await asked(api)
        await world.forget_published()
        answer = await decided(api, case_key, await looked(api, case_key), decision=decision)
        assert answer.status_code == 200, answer.text
    outcome = {"approve": "approved", "refuse": "refused"}[decision]
    told = [
        (case.value["school"], case.value["change"], case.value["facts"])
        for case in await world.published("hwb.servicedesk.cases")
        if case.value and case.value["kind"] == "staff_transfer_decided"
    ]
    facts = {
        "outcome": outcome,
        "previous_school": PRIMARY,
        "new_school": SECONDARY,
        "new_account_id": new,
        "previous_account_id": old,
    }
    assert told == [
        (school, change, facts)
        for school in (SECONDARY, PRIMARY)
        for change in ("raised", "resolved")
    ]


async def own_request(world: World, account_id: str, school: str = PRIMARY) -> httpx.Response:
    """Asked by the owner of the account, signed in with it."""
    owner = Caller(account_id, Role.TEACHER, school=SECONDARY)
    platform = replace(world.platform, callers=KnownTokens({"owner": owner}))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=make_api(platform)),
        base_url="http://identity",
        headers={"Authorization": "Bearer owner"},
    ) as api:
        return await api.post(
            f"/v1/accounts/{account_id}/transfer",
            json={"previous_school": school},
            headers={"Idempotency-Key": f"own request {school}"},
        )


async def test_under_2022_whoever_asks_in_the_portal_is_told_to_contact_the_service_desk(
    world: World,
) -> None:
    _, new = await moved(world)
    answer = await own_request(world, new)
    assert (answer.status_code, answer.json()["code"]) == (409, "transfer_not_in_portal")
    assert "hwb@gov.wales / 03000 25 25 25" in answer.json()["detail"]
    assert "Desg Wasanaeth" in answer.json()["detail_cy"]
    assert await world.published("hwb.servicedesk.cases") == []


async def test_under_2025_the_new_accounts_owner_asks_and_the_service_desk_names_the_old_one(
    world: World,
) -> None:
    calendar = CALENDAR.model_copy(update={"staff_transfer": "self_service"})
    world.platform = replace(world.platform, calendar=calendar)
    old, new = await moved(world)
    own = await own_request(world, new, SECONDARY)
    assert (own.status_code, own.json()["code"]) == (409, "previous_school_is_own")
    for _ in range(2):
        answer = await own_request(world, new)
        assert answer.status_code == 202, answer.text
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert case.value["facts"] == {
        "account_id": new,
        "school": SECONDARY,
        "previous_school": PRIMARY,
    }
    async with world.api("service-desk") as api:
        case_key = answer.json()["case_key"]
        seen = await looked(api, case_key)
        answer = await decided(api, case_key, seen, previous_account_id=old)
        assert answer.status_code == 200, answer.text
    assert await accounts(world) == [(SECONDARY, "active"), (None, "inactive")]


async def test_nobody_asks_for_another_persons_account(world: World) -> None:
    _, new = await moved(world)
    async with world.api("secondary-teacher") as api:
        answer = await api.post(
            f"/v1/accounts/{new}/transfer", json={"previous_school": PRIMARY}, headers=KEY
        )
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")


async def test_an_account_that_was_kept_once_can_be_kept_again_at_a_third_school(
    world: World,
) -> None:
    old, _ = await moved(world)
    async with world.api("service-desk") as api:
        case_key = await asked(api)
        answer = await decided(api, case_key, await looked(api, case_key))
        assert answer.status_code == 200, answer.text
        await leaves_secondary(world)
        await world.hear(world.staff(ELSEWHERE, "E1", start=date(2022, 7, 16)))
        again = {
            "school": ELSEWHERE,
            "staff_code": "E1",
            "previous_school": SECONDARY,
            "previous_staff_code": "S1",
        }
        answer = await api.post(
            "/v1/staff-transfers", json=again, headers={"Idempotency-Key": "request-9"}
        )
        case_key = answer.json()["case_key"]
        headers = {"Idempotency-Key": "decision-9"} | await looked(api, case_key)
        answer = await decided(api, case_key, headers)
        assert answer.status_code == 200, answer.text
    rows = await world.rows(
        f"SELECT home_school, status, keys FROM person WHERE account_id = '{old}'"  # noqa: S608
    )
    keys = sorted([f"{PRIMARY}/SLO", f"{SECONDARY}/S1", f"{ELSEWHERE}/E1"])
    assert rows == [(ELSEWHERE, "active", keys)]


async def test_a_transfer_of_someone_who_is_not_there_says_what_to_do(world: World) -> None:
    async with world.api("secondary") as api:
        answer = await api.post("/v1/staff-transfers", json=wanted(), headers=KEY)
    assert answer.status_code == 404
    assert answer.json()["code"] == "staff_account_unknown"
    assert "Provisioning Client" in answer.json()["detail"]


async def test_a_decision_builds_on_both_accounts_as_they_were_seen(world: World) -> None:
    await moved(world)
    async with world.api("service-desk") as api:
        case_key = await asked(api)
        seen = await looked(api, case_key)
        await leaves_secondary(world)
        answer = await decided(api, case_key, seen)
        assert (answer.status_code, answer.json()["code"]) == (412, "transfer_changed")
        assert {"If-Match": answer.json()["etag"]} == await looked(api, case_key)
        assert (await decided(api, case_key, {})).status_code == 422
    assert await accounts(world) == [(None, "inactive"), (None, "inactive")]
