"""The guide's journeys through identity's handler and jobs, on a real database."""

from datetime import date

from tests.support.identity_world import ELSEWHERE, PRIMARY, SECONDARY, World

from hwb_schemas.words import EnrolmentStatus, RecordState

UPN, NEW_UPN = "R201100018042", "T20110001804V"
IN_JULY, IN_RUN_WEEK, ON_THE_DAY = date(2022, 7, 18), date(2022, 8, 16), date(2022, 9, 6)


async def standing(world: World) -> list[tuple[str | None, str, str | None]]:
    """Home, status and year group of every account."""
    rows = await world.rows(
        "SELECT home_school, status, year_group FROM person"
        " WHERE account_id IS NOT NULL ORDER BY account_id"
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def verbs(world: World) -> list[str]:
    return [event.type.split(".")[-2] for event in await world.published()]


async def test_one_school_claims_and_it_becomes_the_home(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN, classes=(f"{PRIMARY}/2021-22/6A",)))
    (event,) = await world.published()
    assert event.type == "wales.hwb.identity.account.created.v1"
    assert event.value is not None
    assert event.value["version"] == 1
    account = event.value["account"]
    assert account["account_id"] == event.key
    assert account["sign_in_name"] == "a.pritchard1@hwbcymru.net"
    assert account["display_name"] == "Angharad Pritchard"
    assert account["home_school"] == PRIMARY
    assert account["status"] == "active"
    assert account["classes"] == [f"{PRIMARY}/2021-22/6A"]
    assert account["person_refs"] == [world.platform.person_refs.of(UPN)]
    assert UPN not in str(event)


async def test_a_learner_rolls_over_within_a_school(world: World) -> None:
    await world.hear(world.word(SECONDARY, UPN, year="8"))
    await world.hear(world.word(SECONDARY, UPN, year="9"))
    assert await standing(world) == [(SECONDARY, "active", "9")]
    assert await verbs(world) == ["created", "rolled_over"]


async def test_the_secondary_school_matches_what_the_primary_released(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    world.move_to(IN_RUN_WEEK)
    left = world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 8, 31))
    await world.hear(left)
    await world.hear(world.word(SECONDARY, UPN, year="7", admitted=date(2022, 9, 5)))
    assert await standing(world) == [(SECONDARY, "active", "7")]
    assert await verbs(world) == ["created", "released", "matched"]
    events = await world.published()
    assert len({event.key for event in events}) == 1
    assert [event.value and event.value["version"] for event in events] == [1, 2, 3]


async def test_the_secondary_school_may_run_first_and_waits(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    world.move_to(IN_RUN_WEEK)
    await world.hear(world.word(SECONDARY, UPN, year="7", admitted=date(2022, 9, 5)))
    assert await standing(world) == [(PRIMARY, "active", "6")]
    async with world.api("secondary") as api:
        answer = (await api.get(f"/v1/schools/{SECONDARY}/pending")).json()
    (pending,) = answer["items"]
    assert pending["since"] == "2022-08-16"
    assert "contact your local authority" in pending["says"]
    assert PRIMARY not in str(answer)
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 22)))
    assert await standing(world) == [(SECONDARY, "active", "7")]
    assert await verbs(world) == ["created", "matched"]


async def test_a_leaving_date_sent_in_july_counts_when_the_window_opens(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 8, 31)))
    await world.hear(world.word(SECONDARY, UPN, year="7", admitted=date(2022, 9, 5)))
    assert await standing(world) == [(PRIMARY, "active", "6")]
    world.move_to(date(2022, 8, 14))
    assert await world.identity.take_up_due() is False
    assert await standing(world) == [(PRIMARY, "active", "6")]
    world.move_to(date(2022, 8, 15))
    await world.identity.take_up_due()
    assert await standing(world) == [(SECONDARY, "active", "7")]
    assert (await verbs(world))[-1] == "matched"


async def test_a_redelivered_word_changes_nothing(world: World) -> None:
    first = world.word(PRIMARY, UPN)
    second = world.word(PRIMARY, UPN, year="7")
    await world.hear(first, second)
    before = await world.rows("SELECT * FROM person")
    await world.hear(first, second, first)
    assert await world.rows("SELECT * FROM person") == before
    assert await verbs(world) == ["created", "rolled_over"]


async def test_a_subsidiary_enrolment_adds_a_school_and_never_creates(world: World) -> None:
    await world.hear(world.word(ELSEWHERE, UPN, status=EnrolmentStatus.SUBSIDIARY))
    assert await standing(world) == []
    await world.hear(world.word(PRIMARY, UPN))
    rows = await world.rows("SELECT home_school, other_schools, sign_in_name FROM person")
    assert rows == [(PRIMARY, [ELSEWHERE], "a.pritchard1@hwbcymru.net")]


async def test_a_missing_record_keeps_its_account_and_yields_to_any_claim(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    await world.hear(world.word(PRIMARY, UPN, RecordState.MISSING))
    assert await standing(world) == [(PRIMARY, "active", "6")]
    assert await verbs(world) == ["created"]
    await world.hear(world.word(SECONDARY, UPN, year="7"))
    assert await standing(world) == [(SECONDARY, "active", "7")]


async def test_a_changed_upn_is_the_same_account_in_whichever_order_the_records_come(
    world: World,
) -> None:
    for number, first in enumerate(("new", "replaced")):
        old, new = f"R20110001804{number}", f"T2011000180{number}V"
        await world.hear(world.word(PRIMARY, old, run_seq=1))
        words = {
            "new": world.word(PRIMARY, new, former=old, run_seq=2),
            "replaced": world.word(PRIMARY, old, RecordState.REPLACED, run_seq=2),
        }
        second = "replaced" if first == "new" else "new"
        await world.hear(words[first])
        await world.hear(words[second], partition=3)
        await world.hear(world.word(PRIMARY, new, former=old, year="7", run_seq=3), partition=3)
        account = (await world.published())[-1].value
        assert account is not None
        refs = sorted(account["account"]["person_refs"])
        assert refs == sorted(world.platform.person_refs.of(upn) for upn in (old, new))
    assert await standing(world) == [(PRIMARY, "active", "7")] * 2
    assert "released" not in await verbs(world)


async def test_a_former_upn_that_is_heard_of_first_is_waited_for(world: World) -> None:
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN, year="7"))
    await world.hear(world.word(PRIMARY, UPN), partition=3)
    assert await standing(world) == [(SECONDARY, "active", "7")]
    await world.hear(world.word(PRIMARY, UPN, surname="Somebody"), partition=3)
    assert len(await standing(world)) == 1


async def test_another_childs_former_upn_is_left_alone_and_a_merge_is_proposed(
    world: World,
) -> None:
    await world.hear(world.word(PRIMARY, UPN, forename="Rhys"))
    await world.hear(world.word(PRIMARY, NEW_UPN, former=UPN))
    assert len(await standing(world)) == 2
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    assert case.value["kind"] == "merge_proposed"
    assert UPN not in str(case)
    await world.hear(world.word(PRIMARY, NEW_UPN, former=UPN, year="7"))
    assert len(await world.published("hwb.servicedesk.cases")) == 1


async def test_a_stated_former_upn_that_is_somebody_elses_gets_its_own_account(
    world: World,
) -> None:
    await world.hear(world.word(SECONDARY, NEW_UPN, former=UPN))
    await world.hear(world.word(PRIMARY, UPN, forename="Rhys"), partition=3)
    assert len(await standing(world)) == 2
    rows = await world.rows("SELECT key, keys FROM person ORDER BY key")
    assert rows == [(UPN, [UPN]), (NEW_UPN, [NEW_UPN])]


async def test_pending_beyond_the_limit_raises_a_case_and_a_match_resolves_it(
    world: World,
) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    world.move_to(IN_RUN_WEEK)
    await world.hear(world.word(SECONDARY, UPN, year="7"))
    world.move_to(date(2022, 8, 29))
    await world.identity.take_up_due()
    assert await world.published("hwb.servicedesk.cases") == []
    world.move_to(date(2022, 8, 30))
    await world.identity.take_up_due()
    await world.identity.take_up_due()
    (raised,) = await world.published("hwb.servicedesk.cases")
    account_id = (await world.published())[0].key
    assert raised.key == f"identity/pending_too_long/{account_id}/{SECONDARY}"
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 22)))
    resolved = (await world.published("hwb.servicedesk.cases"))[-1]
    assert resolved.key == raised.key
    assert resolved.value is not None
    assert resolved.value["change"] == "resolved"


async def test_names_are_unique_however_many_share_them(world: World) -> None:
    await world.hear(*(world.word(PRIMARY, f"R2011000180{n:02}") for n in range(10)))
    await world.hear(*(world.word(PRIMARY, f"R2011000180{n:02}") for n in range(10, 20)))
    await world.hear(
        *(world.word(PRIMARY, f"R2011000180{n:02}") for n in range(20, 30)), partition=3
    )
    rows = await world.rows("SELECT count(DISTINCT sign_in_name) FROM person")
    assert rows == [(30,)]


async def test_many_words_of_one_person_in_one_slice_are_as_many_changes(world: World) -> None:
    await world.hear(
        world.word(PRIMARY, UPN),
        world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)),
        world.word(SECONDARY, UPN, year="7"),
    )
    assert await verbs(world) == ["created", "released", "matched"]
    rows = await world.rows("SELECT version, change, cause FROM account_history ORDER BY version")
    assert rows == [
        (1, "created", f"run:{PRIMARY}-1"),
        (2, "released", f"run:{PRIMARY}-2"),
        (3, "matched", f"run:{SECONDARY}-1"),
    ]


async def test_the_cause_of_an_event_is_in_its_trace(world: World) -> None:
    await world.hear(world.word(PRIMARY, UPN))
    (event,) = await world.published()
    assert event.traceparent[3:35] == f"{1:032x}"


async def test_a_contested_claim_is_a_case_that_says_what_and_who_and_blocks_nothing_else(
    world: World,
) -> None:
    for school in (PRIMARY, SECONDARY, ELSEWHERE):
        await world.hear(world.word(school, UPN))
    world.move_to(date(2022, 7, 21))
    await world.identity.take_up_due()
    await world.identity.take_up_due()
    (case,) = await world.published("hwb.servicedesk.cases")
    assert case.value is not None
    account_id = (await world.published())[0].key
    assert case.key == f"identity/contested_claim/{account_id}"
    assert (case.value["kind"], case.value["change"]) == ("contested_claim", "raised")
    assert case.value["facts"] == {
        "account_id": account_id,
        "schools": f"{PRIMARY}, {SECONDARY}, {ELSEWHERE}",
        "since": "2022-07-18",
    }
    assert UPN not in str(case)
    assert "Pritchard" not in str(case)
    await world.hear(world.word(PRIMARY, UPN, year="7"))
    assert await standing(world) == [(PRIMARY, "active", "7")]
    await world.hear(world.word(PRIMARY, UPN, RecordState.LEFT, leaving=date(2022, 7, 1)))
    assert await standing(world) == [(SECONDARY, "active", "6")]
    cases = await world.published("hwb.servicedesk.cases")
    assert [one.value and one.value["change"] for one in cases] == ["raised", "resolved"]
