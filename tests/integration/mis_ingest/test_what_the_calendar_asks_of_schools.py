"""Who has not run in the run week, and whose end-of-year work is not done: reminders and cases."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from tests.integration.mis_ingest.conftest import SCHOOLS
from tests.integration.mis_ingest.test_the_provisioning_status import school_of, status
from tests.support.school_export import SCHOOL, Export, small_school

from hwb_mis_ingest.adapters.standing_table import StandingTable
from hwb_mis_ingest.application.notices import RaiseNotices
from hwb_mis_ingest.bootstrap import notices
from hwb_runtime.testing import empty_outbox
from hwb_runtime.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

MONDAY, FRIDAY = (datetime(2022, 8, day, 8, 0, tzinfo=UTC) for day in (15, 19))
AFTER = datetime(2022, 8, 22, 8, 0, tzinfo=UTC)
OTHERS = [school for school in SCHOOLS if school != SCHOOL]
MAY_ROLL = {1: "7", 2: "7", 3: "8", 4: "8"}
Told = list[tuple[str, str, str]]


async def told(ingest: "Ingest") -> Told:
    """What the job says in its turns until it has nothing more to say: change, kind, school."""
    await empty_outbox(ingest.platform.database)
    job = notices(ingest.platform)
    while await job():
        pass
    return await cases(ingest)


async def cases(ingest: "Ingest") -> Told:
    events = await ingest.published("hwb.servicedesk.cases")
    values = [event.value or {} for event in events]
    return sorted((one["change"], one["kind"], one["school"]) for one in values)


async def run_at(ingest: "Ingest", when: datetime, export: Export, *, school: str = SCHOOL) -> None:
    ingest.clock.set(when)
    await ingest.settle(await ingest.run(export.zip(), school=school))


def of(school: str, said: Told) -> list[tuple[str, str]]:
    return [(change, kind) for change, kind, number in said if number == school]


async def test_a_school_that_has_not_run_is_reminded_then_a_case_until_it_runs(
    ingest: "Ingest",
) -> None:
    await run_at(ingest, MONDAY, small_school(school=OTHERS[0]), school=OTHERS[0])
    ingest.clock.set(datetime(2022, 8, 18, 22, 59, tzinfo=UTC))
    assert await told(ingest) == []

    ingest.clock.set(datetime(2022, 8, 18, 23, 0, tzinfo=UTC))  # midnight in Wales
    assert await told(ingest) == [
        ("raised", "run_week_reminder", SCHOOL),
        ("raised", "run_week_reminder", OTHERS[1]),
    ]
    assert await told(ingest) == []

    ingest.clock.set(AFTER)
    assert await told(ingest) == [
        ("raised", "school_has_not_run", SCHOOL),
        ("raised", "school_has_not_run", OTHERS[1]),
        ("resolved", "run_week_reminder", SCHOOL),
        ("resolved", "run_week_reminder", OTHERS[1]),
    ]
    assert await told(ingest) == []

    run = await ingest.run(small_school().zip())
    assert await told(ingest) == [], "published, and not yet settled, is not successfully run"
    await ingest.settle(run)
    assert await told(ingest) == [("resolved", "school_has_not_run", SCHOOL)]


async def test_the_case_names_the_last_run_and_who_manages_the_client(ingest: "Ingest") -> None:
    await run_at(ingest, datetime(2022, 7, 15, 8, 0, tzinfo=UTC), small_school())
    ingest.clock.set(FRIDAY)
    await told(ingest)
    events = await ingest.published("hwb.servicedesk.cases")
    by_school = {(event.value or {})["school"]: event for event in events}

    assert by_school[SCHOOL].key == f"mis-ingest/run_week_reminder/{SCHOOL}/2022"
    assert (by_school[SCHOOL].value or {})["facts"] == {
        "school": SCHOOL,
        "last_run": "2022-07-15",
        "client_managed_by": "local_authority",
        "run_week_ends": "2022-08-21",
    }
    assert "last_run" not in (by_school[OTHERS[0]].value or {})["facts"]


async def test_a_run_that_was_rolled_back_is_none(ingest: "Ingest") -> None:
    ingest.clock.set(MONDAY)
    run = await ingest.run(small_school().zip())
    await ingest.settle(run)
    answer = await ingest.http.post(
        f"/v1/schools/{SCHOOL}/runs/{run['run_id']}/rollback",
        headers={"Authorization": "Bearer champion", "Idempotency-Key": "roll it back"},
    )
    assert answer.status_code == 200, answer.text
    ingest.clock.set(FRIDAY)

    assert of(SCHOOL, await told(ingest)) == [("raised", "run_week_reminder")]


async def test_a_closing_school_is_asked_for_as_long_as_somebody_is_on_its_roll(
    ingest: "Ingest",
) -> None:
    await run_at(ingest, datetime(2022, 7, 15, 8, 0, tzinfo=UTC), small_school())
    async with ingest.platform.database.transaction() as session:
        await session.execute(
            "UPDATE school_intake SET closing_approved_at = now() WHERE school = %s", (SCHOOL,)
        )
    ingest.clock.set(FRIDAY)
    assert of(SCHOOL, await told(ingest)) == [("raised", "run_week_reminder")]

    async with ingest.platform.database.transaction() as session:
        await session.execute("UPDATE published_record SET state = 'left'")
    assert of(SCHOOL, await told(ingest)) == [("resolved", "run_week_reminder")]


async def test_undone_end_of_year_work_is_a_case_until_it_is_done(ingest: "Ingest") -> None:
    await run_at(ingest, datetime(2022, 5, 9, 8, 0, tzinfo=UTC), school_of(year_of=MAY_ROLL))
    ingest.clock.set(datetime(2022, 8, 12, 8, 0, tzinfo=UTC))
    assert await told(ingest) == [], "nothing was sent since it was due: it is not known"

    await run_at(ingest, MONDAY, school_of(year_of=MAY_ROLL))  # the very same once more
    assert await told(ingest) == [("raised", "end_of_year_work_not_done", SCHOOL)]
    [event] = await ingest.published("hwb.servicedesk.cases")
    assert event.key == f"mis-ingest/end_of_year_work_not_done/{SCHOOL}/2022"
    assert (event.value or {})["facts"] == {
        "school": SCHOOL,
        "last_run": "2022-08-15",
        "end_of_year_work_done_by": "2022-08-11",
        "learners_below_top": "2",
        "learners_moved_up": "0",
        "top_year_without_leaving_date": "2",
    }
    assert await told(ingest) == []

    moved_up = {1: "8", 2: "8", 3: "8", 4: "8"}
    await run_at(ingest, MONDAY, school_of(year_of=moved_up, leaving=frozenset({3})))
    assert await told(ingest) == [], "one of the top year group has no leaving date"
    await run_at(ingest, MONDAY, school_of(year_of=moved_up, leaving=frozenset({3, 4})))
    assert await told(ingest) == [("resolved", "end_of_year_work_not_done", SCHOOL)]


async def test_whoever_has_left_need_not_move_up(ingest: "Ingest") -> None:
    everyone = {1: "7", 2: "7", 3: "7", 4: "7", 5: "8"}
    await run_at(ingest, datetime(2022, 5, 9, 8, 0, tzinfo=UTC), school_of(year_of=everyone))
    left = frozenset({1, 2, 3, 5})
    await run_at(ingest, MONDAY, school_of(year_of=everyone | {4: "8"}, leaving=left))

    assert await told(ingest) == []
    assert (await status(ingest))["end_of_year_work"] == {
        "looks_done": True,
        "learners_below_top": 1,
        "learners_moved_up": 1,
        "top_year_without_leaving_date": 0,
    }


async def test_a_school_that_is_new_since_the_freeze_has_no_end_of_year_work(
    ingest: "Ingest",
) -> None:
    july = datetime(2022, 7, 15, 8, 0, tzinfo=UTC)
    await run_at(ingest, july, school_of(year_of={1: "7", 2: "8"}))
    await run_at(ingest, MONDAY, school_of(year_of={1: "7", 2: "8"}, leaving=frozenset({1})))

    assert await told(ingest) == []


async def test_a_turn_says_only_so_much_and_the_next_one_goes_on(ingest: "Ingest") -> None:
    platform = ingest.platform
    job = RaiseNotices(
        platform.units_of_work,
        StandingTable(),
        platform.register,
        platform.calendar,
        at_once=2,
    )

    async def turn() -> tuple[bool, int]:
        await empty_outbox(platform.database)
        return await job(), len(await cases(ingest))

    ingest.clock.set(FRIDAY)
    assert [await turn() for _ in range(3)] == [(True, 2), (False, 1), (False, 0)]
    ingest.clock.set(AFTER)  # three to resolve, three to raise
    assert [await turn() for _ in range(4)] == [(True, 2), (True, 2), (False, 2), (False, 0)]


async def test_two_that_lead_for_a_moment_say_it_once(ingest: "Ingest") -> None:
    for now in (FRIDAY, AFTER):
        ingest.clock.set(now)
        await empty_outbox(ingest.platform.database)
        await asyncio.gather(*(notices(ingest.platform)() for _ in range(4)))
        said = await cases(ingest)
        assert len(said) == len(set(said)) == (3 if now == FRIDAY else 6)


async def test_what_a_crash_undoes_is_said_by_the_next_turn(
    ingest: "Ingest", monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.clock.set(FRIDAY)

    async def power_fails(_: UnitOfWork) -> int:
        raise RuntimeError("the power fails before COMMIT")

    with monkeypatch.context() as patched:
        patched.setattr(UnitOfWork, "write_outbox", power_fails)
        with pytest.raises(RuntimeError):
            await notices(ingest.platform)()

    assert len(await told(ingest)) == len(SCHOOLS)
