"""One person or two: what the rules cannot tell is a case, and a decision by hand is kept."""

from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_schemas.words import RecordState

NAMES = "SELECT account_id::text, sign_in_name FROM person"
UPN, NEW_UPN = "R201100018042", "T20110001804V"
SOMEBODY_ELSE = "00000000-0000-7000-8000-000000000000"


async def accounts(world: World) -> dict[str, tuple[str | None, str]]:
    rows = await world.rows(
        "SELECT account_id::text, home_school, status FROM person WHERE account_id IS NOT NULL"
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def cases(world: World) -> list[tuple[str, str]]:
    return [
        (case.value["kind"], case.value["change"])
        for case in await world.published("hwb.servicedesk.cases")
        if case.value
    ]


async def question(api: httpx.AsyncClient) -> dict[str, Any]:
    """The one open question, with both sides."""
    (item,) = (await api.get("/v1/doubts")).json()["items"]
    answer = await api.get(f"/v1/doubts/{quote(item['case_key'])}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == answer.json()["etag"]
    body: dict[str, Any] = answer.json()
    return body


async def judge(
    api: httpx.AsyncClient,
    asked: dict[str, Any],
    decision: str,
    *,
    key: str = "judgement",
    etag: str | None = None,
    **more: str,
) -> httpx.Response:
    return await api.post(
        f"/v1/doubts/{quote(asked['case_key'])}/decision",
        json={"decision": decision, "reason": "the school says so", **more},
        headers={"Idempotency-Key": key, "If-Match": etag or asked["etag"]},
    )


async def two_upns(world: World) -> tuple[str, str]:
    """Two accounts under two UPNs that a school then says are one learner: the older id first."""
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.word(SECONDARY, NEW_UPN, year="7"))
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="7"))
    older, newer = sorted({event.key for event in await world.published()})
    return older, newer


async def test_two_accounts_of_one_learner_are_a_case_and_nothing_waits_for_it(
    world: World,
) -> None:
    older, newer = await two_upns(world)
    assert await cases(world) == [("merge_proposed", "raised")]
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert case.value["facts"] == {
        "account_id": newer,
        "other_account_id": older,
        "school": SECONDARY,
    }
    assert UPN not in str(case)
    assert NEW_UPN not in str(case)
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="8"))
    assert await accounts(world) == {older: (None, "inactive"), newer: (SECONDARY, "active")}
    assert await cases(world) == [("merge_proposed", "raised")]


async def test_the_service_desk_compares_both_without_a_upn(world: World) -> None:
    older, newer = await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
    assert [side["account_id"] for side in asked["sides"]] == [newer, older]
    assert asked["sides"][1]["records"][0]["surname"] == "Pritchard"
    assert asked["etag"] == '"1.2"'
    assert UPN not in str(asked)


async def test_a_merge_keeps_the_older_account_and_closes_the_other_in_one_transaction(
    world: World,
) -> None:
    older, newer = await two_upns(world)
    async with world.api("secondary") as api:
        path = f"/v1/accounts/{newer}/password"
        await api.post(path, headers={"Idempotency-Key": "password-1"})
    names = {row[0]: row[1] for row in await world.rows(NAMES)}
    await world.forget_published()
    async with world.api("service-desk") as api:
        asked = await question(api)
        answers = [await judge(api, asked, "same_person") for _ in range(2)]
    assert [answer.json()["state"] for answer in answers] == ["same_person"] * 2
    events = await world.published()
    assert [(event.key, event.type.split(".")[-2]) for event in events] == [
        (newer, "deactivated"),
        (older, "matched"),
    ]
    closed, kept = (event.value["account"] for event in events if event.value)
    assert closed["person_refs"] == []
    assert len(kept["person_refs"]) == 2
    assert kept["sign_in_name"] == names[older]
    assert (kept["home_school"], kept["status"]) == (SECONDARY, "active")
    assert await cases(world) == [("merge_proposed", "resolved")]
    assert await world.identity.reconcile.find() == []
    history = await world.rows(
        "SELECT account_id::text, cause FROM account_history WHERE cause LIKE 'command:%'"
    )
    assert {row[0] for row in history} == {older, newer}


async def test_what_schools_say_after_a_merge_reaches_the_one_account_under_either_upn(
    world: World,
) -> None:
    older, newer = await two_upns(world)
    async with world.api("service-desk") as api:
        await judge(api, await question(api), "same_person")
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="8", forename="Rhys"))
    await world.hear(world.word(SECONDARY, NEW_UPN, RecordState.LEFT, leaving=date(2022, 7, 8)))
    await world.hear(world.word(PRIMARY, UPN, year="9"), partition=3)
    assert await accounts(world) == {older: (PRIMARY, "active"), newer: (None, "inactive")}
    assert len(await cases(world)) == 2


async def test_the_account_that_is_kept_can_be_chosen(world: World) -> None:
    older, newer = await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
        other = await judge(
            api,
            asked,
            "same_person",
            key="judgement-0",
            kept_account_id=SOMEBODY_ELSE,
        )
        assert (other.status_code, other.json()["code"]) == (409, "account_not_in_doubt")
        answer = await judge(api, asked, "same_person", kept_account_id=newer)
        assert answer.status_code == 200, answer.text
    assert await accounts(world) == {older: (None, "inactive"), newer: (SECONDARY, "active")}
    await world.hear(world.word(PRIMARY, UPN, year="9"), partition=3)
    await world.hear(world.word(SECONDARY, NEW_UPN, RecordState.LEFT, leaving=date(2022, 7, 8)))
    assert (await accounts(world))[newer] == (PRIMARY, "active")


async def test_two_that_are_told_apart_stay_and_are_not_asked_about_again(world: World) -> None:
    older, newer = await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
        assert (await judge(api, asked, "different_people")).status_code == 200
        await world.hear(world.word(SECONDARY, NEW_UPN, year="7"))
        await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="7"))
        assert (await api.get("/v1/doubts")).json()["items"] == []
        assert await cases(world) == [("merge_proposed", "raised"), ("merge_proposed", "resolved")]
        assert await accounts(world) == {older: (None, "inactive"), newer: (SECONDARY, "active")}
        again = await judge(api, asked, "different_people", key="judgement-2")
        assert (again.status_code, again.json()["code"]) == (409, "doubt_decided")
        answer = await judge(api, asked, "same_person", key="judgement-3")
        assert answer.status_code == 200, answer.text
        undone = await judge(api, asked, "different_people", key="judgement-4")
        assert (undone.status_code, undone.json()["code"]) == (409, "doubt_decided")
    assert await accounts(world) == {older: (SECONDARY, "active"), newer: (None, "inactive")}


async def test_open_questions_are_read_page_by_page_with_cursors_of_that_list(
    world: World,
) -> None:
    await two_upns(world)
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 9, 1), name=("Tom", "Evans")))
    async with world.api("service-desk") as api:
        first = (await api.get("/v1/doubts", params={"limit": 1})).json()
        (item,) = first["items"]
        assert item["case_key"] not in first["next"]
        cursor = {"limit": 1, "cursor": first["next"]}
        rest = (await api.get("/v1/doubts", params=cursor)).json()
        assert [one["kind"] for one in (item, *rest["items"])] == [
            "code_used_again",
            "merge_proposed",
        ]
        assert rest["next"] is None
        elsewhere = f"/v1/schools/{PRIMARY}/deletions"
        for path, foreign in (
            ("/v1/doubts", "bm90aGluZw"),
            ("/v1/doubts", "A"),
            (elsewhere, first["next"]),
        ):
            answer = await api.get(path, params={"cursor": foreign})
            assert (answer.status_code, answer.json()["code"]) == (422, "cursor_of_another_list")


async def test_a_proposal_is_withdrawn_when_the_school_drops_the_former_upn(world: World) -> None:
    older, newer = await two_upns(world)
    await world.hear(world.word(SECONDARY, NEW_UPN, year="7"))
    assert await cases(world) == [("merge_proposed", "raised"), ("merge_proposed", "resolved")]
    async with world.api("service-desk") as api:
        assert (await api.get("/v1/doubts")).json()["items"] == []
    assert await accounts(world) == {older: (None, "inactive"), newer: (SECONDARY, "active")}


async def test_a_proposal_that_was_withdrawn_can_still_be_decided(world: World) -> None:
    older, newer = await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
        await world.hear(world.word(SECONDARY, NEW_UPN, year="7"))
        shown = (await api.get(f"/v1/doubts/{quote(asked['case_key'])}")).json()
        assert shown["state"] == "withdrawn"
        assert (await judge(api, shown, "same_person")).status_code == 200
    assert await accounts(world) == {older: (SECONDARY, "active"), newer: (None, "inactive")}


async def test_a_proposal_stands_while_the_other_record_has_stated_it(world: World) -> None:
    await two_upns(world)
    await world.hear(world.word(PRIMARY, UPN, former=NEW_UPN), partition=3)
    await world.hear(world.word(SECONDARY, NEW_UPN, year="7"))
    assert await cases(world) == [("merge_proposed", "raised")]


async def test_a_decision_builds_on_what_was_seen(world: World) -> None:
    await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
        await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="8"))
        answer = await judge(api, asked, "same_person")
    assert (answer.status_code, answer.json()["code"]) == (412, "doubt_changed")
    assert answer.json()["etag"] == '"2.2"'
    assert len(await cases(world)) == 1


async def test_an_account_deactivated_by_hand_stays_so_through_a_merge(world: World) -> None:
    older, _ = await two_upns(world)
    headers = {"Idempotency-Key": "deactivate", "If-Match": '"2"'}
    async with world.api("service-desk") as api:
        await world.hear(world.word(PRIMARY, UPN))
        path = f"/v1/accounts/{older}/deactivate"
        headers["If-Match"] = '"3"'
        asked = (await api.post(path, json={"reason": "asked"}, headers=headers)).json()
        body = {"reason": "asked", "confirm": asked["confirm"]}
        assert (await api.post(path, json=body, headers=headers)).status_code == 200
        await judge(api, await question(api), "same_person")
    assert (await accounts(world))[older][1] == "inactive"


async def test_a_staff_code_with_a_new_name_and_no_leaving_date_is_in_doubt(
    world: World,
) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 9, 1), name=("Tom", "Evans")))
    ((account_id, now),) = (await accounts(world)).items()
    assert now == (PRIMARY, "active")
    assert await cases(world) == [("code_used_again", "raised")]
    await world.forget_published()
    async with world.api("service-desk") as api:
        asked = await question(api)
        for _ in range(2):
            assert (await judge(api, asked, "different_people")).status_code == 200
    created = [e for e in await world.published() if e.type.endswith("created.v1")]
    assert len(created) == 1
    assert created[0].value is not None
    assert created[0].value["account"]["display_name"] == "Tom Evans"
    after = await accounts(world)
    assert after == {account_id: (PRIMARY, "active"), created[0].key: (PRIMARY, "active")}
    world.move_to(date(2022, 8, 31))
    await world.identity.take_up_due()
    assert (await accounts(world))[account_id] == (None, "inactive")
    assert await cases(world) == [("code_used_again", "resolved")]


async def test_a_new_name_alone_is_a_marriage_and_no_doubt(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", name=("Siân", "Evans")))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 9, 1), name=("Siân", "Jones")))
    assert len(await accounts(world)) == 1
    assert await cases(world) == []


async def test_a_staff_code_that_comes_back_to_the_same_name_is_a_new_account_in_doubt(
    world: World,
) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 7, 11)))
    before, after = sorted(await accounts(world))
    assert await cases(world) == [("code_used_again", "raised")]
    async with world.api("service-desk") as api:
        assert (await judge(api, await question(api), "same_person")).status_code == 200
    assert await accounts(world) == {before: (PRIMARY, "active"), after: (None, "inactive")}
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.MISSING, start=date(2022, 7, 11)))
    assert (await accounts(world))[before] == (PRIMARY, "active")
    await world.hear(
        world.staff(
            PRIMARY, "SLO", RecordState.LEFT, start=date(2022, 7, 11), leaving=date(2022, 7, 15)
        )
    )
    assert (await accounts(world))[before] == (None, "inactive")
    assert await world.identity.reconcile.find() == []


async def test_another_name_after_a_leaving_date_is_another_person_without_a_doubt(
    world: World,
) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.staff(PRIMARY, "SLO", start=date(2022, 7, 11), name=("Tom", "Evans")))
    assert len(await accounts(world)) == 2
    assert await cases(world) == []


async def test_a_held_row_gives_a_staff_code_to_nobody(world: World) -> None:
    await world.hear(world.staff(PRIMARY, "SLO"))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.hear(world.staff(PRIMARY, "SLO", RecordState.HELD, start=date(2022, 7, 11)))
    assert len(await accounts(world)) == 1
    assert await cases(world) == []


@pytest.mark.parametrize(
    ("who", "status"), [("secondary", 403), ("authority", 403), ("operator", 403), (None, 401)]
)
async def test_only_the_service_desk_compares_and_decides(
    world: World, who: str | None, status: int
) -> None:
    await two_upns(world)
    async with world.api("service-desk") as api:
        asked = await question(api)
    async with world.api(who) as api:
        assert (await api.get("/v1/doubts")).status_code == status
        assert (await api.get(f"/v1/doubts/{quote(asked['case_key'])}")).status_code == status
        assert (await judge(api, asked, "same_person")).status_code == status
