"""Each entry of the guide's FAQ, check by check, asked as its reader would."""

from datetime import date
from typing import Any

import pytest
from tests.support.identity_world import PRIMARY, SECONDARY, World

from hwb_schemas.events import RunCounts
from hwb_schemas.words import EnrolmentStatus, RecordState, RunChange

UPN, NEW_UPN = "R201100018042", "T20110001804V"
NEW_CLASS, OLD_CLASS = f"{PRIMARY}/2022-23/7C", f"{PRIMARY}/2021-22/6C"


async def asked(world: World, who: str, symptom: str, school: str, **person: str) -> dict[str, Any]:
    async with world.api(who) as api:
        body = {"symptom": symptom, "school": school, **person}
        answer = await api.post("/v1/diagnosis", json=body)
    assert answer.status_code == 200, answer.text
    for secret in person.values():
        assert secret not in answer.text
    told: dict[str, Any] = answer.json()
    return told


def codes(told: dict[str, Any]) -> list[str]:
    return [check["code"] for check in told["checks"]]


async def moving(world: World) -> None:
    """In the run week, the secondary has run and the primary has not."""
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    world.move_to(date(2022, 8, 17))
    await world.ran(SECONDARY, world.word(SECONDARY, UPN, admitted=date(2022, 9, 5)))


# A new member of staff has started, but their account is not in the User Management Portal


async def test_staff_1_the_record_has_no_start_date_or_staff_code_beside_a_colleagues(
    world: World,
) -> None:
    await world.ran(PRIMARY, world.staff(PRIMARY, "SLO"))
    told = await asked(
        world, "primary", "staff_missing", PRIMARY, staff_code="NEW", colleague_staff_code="SLO"
    )
    assert told["cause"] == "not_in_last_run"
    evidence = told["checks"][0]["evidence"]
    assert evidence["staff_code"] == "not_in_last_run"
    assert evidence["colleague_start_date"] == evidence["colleague_staff_code"] == "filled"
    assert told["next_step"]["by"] == "school_administrator"
    assert "staff code" in told["next_step"]["says"]
    assert "staff unigryw" in told["next_step"]["says_cy"]


async def test_staff_1_the_row_was_rejected(world: World) -> None:
    await world.ran(PRIMARY, world.staff(PRIMARY, "SLO", RecordState.REJECTED))
    told = await asked(world, "primary", "staff_missing", PRIMARY, staff_code="SLO")
    assert told["cause"] == "row_rejected"


async def test_staff_2_the_client_has_not_run_and_who_manages_it(world: World) -> None:
    told = await asked(world, "primary", "staff_missing", PRIMARY, staff_code="SLO")
    assert codes(told) == ["not_in_last_run", "client_never_ran", "no_account"]
    assert told["contacts"]["client_managed_by"] == "local_authority"
    assert told["contacts"]["service_desk_phone"] == "03000 25 25 25"
    assert told["contacts"]["service_desk_mail"] == "hwb@gov.wales"


async def test_staff_note_the_account_is_there_and_the_desk_moves_an_old_one(world: World) -> None:
    await world.ran(PRIMARY, world.staff(PRIMARY, "SLO"))
    told = await asked(world, "primary", "staff_missing", PRIMARY, staff_code="SLO")
    assert codes(told) == ["record_is_there", "last_run_is_there", "account_is_there"]
    assert "Service Desk" in told["says"]


# A new learner, who has joined our school from another school, does not have an account


async def test_learner_1_there_is_no_record_with_this_upn(world: World) -> None:
    await world.ran(SECONDARY)
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "not_in_last_run"
    assert "UPN" in told["next_step"]["says"]


async def test_learner_1_the_upn_is_not_valid(world: World) -> None:
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn="A201100018042")
    assert told["cause"] == "upn_not_valid"


async def test_learner_1_rows_were_rejected_and_it_is_not_known_which(world: World) -> None:
    await world.ran(SECONDARY, rejected=2)
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "not_among_rows_taken"
    assert told["checks"][0]["evidence"] == {"rows_rejected": "2", "rows_held": "0"}


@pytest.mark.parametrize("state", [RecordState.REJECTED, RecordState.HELD])
async def test_learner_1_the_row_was_rejected_or_is_held_until_a_later_one_is_taken(
    world: World, state: RecordState
) -> None:
    await world.ran(SECONDARY, world.word(SECONDARY, UPN))
    await world.ran(SECONDARY, world.word(SECONDARY, UPN, state))
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == f"row_{state.value}"
    await world.ran(SECONDARY, world.word(SECONDARY, UPN))
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "account_is_there"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"status": EnrolmentStatus.SUBSIDIARY}, "subsidiary_here"),
        ({"admitted": date(2022, 11, 1)}, "admission_ahead"),
        ({"state": RecordState.MISSING}, "record_missing"),
        ({"state": RecordState.LEFT, "leaving": date(2022, 7, 1)}, "left_here"),
        ({"state": RecordState.REPLACED}, "upn_replaced"),
        ({"state": RecordState.WITHDRAWN}, "not_in_last_run"),
    ],
)
async def test_learner_1_the_record_says_something_else(
    world: World, said: dict[str, Any], cause: str
) -> None:
    await world.ran(SECONDARY, world.word(SECONDARY, UPN, **said))
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == cause


async def test_learner_2_the_last_run_was_before_the_window(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    world.move_to(date(2022, 8, 17))
    told = await asked(world, "primary", "learner_missing", PRIMARY, upn=UPN)
    assert told["cause"] == "run_too_old"
    assert told["checks"][1]["evidence"]["last_run"] == "2022-07-18"
    assert told["next_step"]["by"] == "client_manager"


async def test_learner_2_the_last_upload_was_refused(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    await world.run(PRIMARY, 2, RunCounts(), RunChange.REFUSED)
    told = await asked(world, "primary", "learner_missing", PRIMARY, upn=UPN)
    assert told["cause"] == "last_upload_refused"


async def test_learner_2_a_run_is_being_worked_on(world: World) -> None:
    await world.run_published(PRIMARY, 1, 1)
    told = await asked(world, "primary", "learner_missing", PRIMARY, upn=UPN)
    assert codes(told)[1] == "run_under_way"


async def test_learner_3_the_previous_school_has_not_run(world: World) -> None:
    await moving(world)
    told = await asked(world, "authority", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "previous_school_not_run"
    evidence = told["checks"][2]["evidence"]
    assert evidence["previous_school"] == PRIMARY
    assert evidence["previous_school_last_run"] == "2022-07-18"


async def test_learner_3_the_previous_school_has_run_without_a_leaving_date(world: World) -> None:
    await moving(world)
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    told = await asked(world, "service-desk", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "previous_school_no_leaving_date"


async def test_learner_3_the_leaving_date_lies_ahead(world: World) -> None:
    await moving(world)
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, leaving=date(2022, 10, 28)))
    told = await asked(world, "authority", "learner_missing", SECONDARY, upn=UPN)
    assert told["cause"] == "previous_school_leaving_ahead"
    assert told["checks"][2]["evidence"]["takes_effect"] == "2022-10-28"


async def test_learner_3_the_school_itself_is_sent_to_its_local_authority(world: World) -> None:
    await moving(world)
    for who in ("secondary", "secondary-administrator", "secondary-teacher"):
        told = await asked(world, who, "learner_missing", SECONDARY, upn=UPN)
        assert told["cause"] == "waiting_for_previous_school"
        assert told["next_step"]["says"] == "Contact your local authority."
        assert told["contacts"]["local_authority_mail"] == "660@example.org"
        assert PRIMARY not in str(told)


async def test_learner_beyond_the_guide_a_former_upn_is_in_doubt(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    await world.ran(SECONDARY, world.word(SECONDARY, NEW_UPN, former=UPN, forename="Heledd"))
    told = await asked(world, "secondary", "learner_missing", SECONDARY, upn=NEW_UPN)
    assert told["cause"] == "former_upn_in_doubt"
    assert told["next_step"]["by"] == "service_desk"
    password = await asked(world, "secondary", "learner_without_password", SECONDARY, upn=NEW_UPN)
    assert password["cause"] == "password_never_made", "it can be made meanwhile"
    told = await asked(world, "primary", "learner_missing", PRIMARY, upn=UPN)
    assert told["cause"] == "account_is_there", "another school's doubt is not the primary's"


# A new learner does not have a password


async def test_password_1_a_transferred_learners_cannot_be_seen_but_may_be_remembered(
    world: World,
) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    account_id = (await world.published())[0].key
    told = await asked(world, "primary", "learner_without_password", PRIMARY, upn=UPN)
    assert told["cause"] == "password_never_made"
    async with world.api("primary") as api:
        await api.post(f"/v1/accounts/{account_id}/password")
    told = await asked(world, "primary", "learner_without_password", PRIMARY, upn=UPN)
    assert codes(told) == ["account_is_there", "password_visible"]
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    await world.ran(SECONDARY, world.word(SECONDARY, UPN, admitted=date(2022, 7, 11)))
    told = await asked(world, "secondary", "learner_without_password", SECONDARY, upn=UPN)
    assert told["cause"] == "password_hidden"
    assert "still works" in told["says"]


async def test_password_2_a_champion_or_any_teacher_resets_it(world: World) -> None:
    await test_password_1_a_transferred_learners_cannot_be_seen_but_may_be_remembered(world)
    told = await asked(world, "secondary", "learner_without_password", SECONDARY, upn=UPN)
    assert "any teacher resets it" in told["next_step"]["says"]


async def test_password_of_a_learner_without_an_account(world: World) -> None:
    told = await asked(world, "primary", "learner_without_password", PRIMARY, upn=UPN)
    assert told["cause"] == "no_account"


# The User Management Portal is showing last year's class information


async def test_classes_1_the_last_run_was_before_the_window(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, classes=(OLD_CLASS,)))
    world.move_to(date(2022, 8, 17))
    told = await asked(world, "primary", "last_years_classes", PRIMARY)
    assert codes(told) == ["run_too_old", "mis_still_last_year"]
    assert told["cause"] == "run_too_old"


async def test_classes_2_the_client_ran_but_the_mis_is_still_in_last_year(world: World) -> None:
    world.move_to(date(2022, 8, 17))
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, classes=(OLD_CLASS,)))
    for person in ({}, {"upn": UPN}):
        told = await asked(world, "primary", "last_years_classes", PRIMARY, **person)
        assert told["cause"] == "mis_still_last_year"
        assert told["checks"][1]["evidence"] == {"classes_2021-22": "1"}


async def test_classes_are_those_of_the_new_year(world: World) -> None:
    world.move_to(date(2022, 8, 17))
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, classes=(NEW_CLASS,)))
    told = await asked(world, "primary", "last_years_classes", PRIMARY)
    assert told["cause"] == "classes_are_new"


async def test_before_the_window_last_years_classes_are_right(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN, classes=(OLD_CLASS,)))
    told = await asked(world, "primary", "last_years_classes", PRIMARY)
    assert told["cause"] == "too_early_for_new_classes"
    assert (await asked(world, "secondary", "last_years_classes", SECONDARY))["checks"][1][
        "code"
    ] == "no_classes_sent"


# Who may ask


async def test_nothing_is_told_of_somebody_the_school_never_sent(world: World) -> None:
    await world.ran(PRIMARY, world.word(PRIMARY, UPN))
    await world.ran(SECONDARY)
    for symptom in ("learner_missing", "learner_without_password"):
        told = await asked(world, "secondary", symptom, SECONDARY, upn=UPN)
        assert told["cause"] in {"not_in_last_run", "no_account"}
        nobody = await asked(world, "secondary", symptom, SECONDARY, upn="T20110001804V")
        assert told == nobody


@pytest.mark.parametrize(
    ("who", "status"),
    [("primary", 403), ("network-manager", 403), ("sign-in", 403), (None, 401), ("desk?", 401)],
)
async def test_only_those_who_may_see_the_school_ask(
    world: World, who: str | None, status: int
) -> None:
    body = {"symptom": "learner_missing", "school": SECONDARY, "upn": UPN}
    async with world.api(who) as api:
        assert (await api.post("/v1/diagnosis", json=body)).status_code == status


async def test_a_person_is_named_where_it_is_about_one(world: World) -> None:
    async with world.api("primary") as api:
        for symptom in ("learner_missing", "staff_missing", "learner_without_password"):
            body = {"symptom": symptom, "school": PRIMARY}
            answer = await api.post("/v1/diagnosis", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "person_not_named")


async def test_who_asked_about_whom_is_kept_without_the_upn(world: World) -> None:
    await asked(world, "primary", "learner_missing", PRIMARY, upn=UPN)
    assert await world.rows("SELECT action, subject, school, person_ref FROM access_log") == [
        ("diagnosis_learner_missing", "dc-primary", PRIMARY, world.platform.person_refs.of(UPN))
    ]
