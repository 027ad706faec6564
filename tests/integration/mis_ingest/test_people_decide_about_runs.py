"""The season guard on a real PostgreSQL: held, approved, discarded, rolled back, previewed."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.support.school_export import SCHOOL, Export, said, upn

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

RUNS = f"/v1/schools/{SCHOOL}/runs"
AUGUST = datetime(2022, 8, 16, 8, 0, tzinfo=UTC)
PEOPLE = 40
CODES = [f"T{number}" for number in range(10)]


def roll(
    *, left: range = range(0), gone: range = range(0), staff: list[str] | None = None
) -> Export:
    """Forty learners, 1 to 20 in Year 7 and the rest in the top Year 8, and ten staff."""
    export = Export()
    export.school_class("7A")
    export.school_class("8A", grades="8")
    for serial in range(1, PEOPLE + 1):
        if serial in gone:
            continue
        leaving = {"metadata_leavingDate": "2022-07-20"} if serial in left else {}
        year = "7" if serial <= 20 else "8"
        export.learner(serial, classes=[f"{year}A"], grades=year, **leaving)
    for code in CODES if staff is None else staff:
        export.teacher(code, classes=["7A"])
    return export


async def post(
    ingest: "Ingest", path: str, body: Any = None, *, token: str = "champion", key: str = ""
) -> Any:
    return await ingest.http.post(
        path,
        json=body,
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": key or str(uuid4())},
    )


async def decide(
    ingest: "Ingest", run: dict[str, Any], what: str, *, token: str = "champion", key: str = ""
) -> Any:
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held")
    address = f"{RUNS}/{run['run_id']}/{what}"
    return await post(ingest, address, {"digest": held["digest"]}, token=token, key=key)


async def kept(ingest: "Ingest") -> list[Any]:
    async with ingest.platform.database.transaction() as session:
        people = await session.fetch(
            "SELECT code, state, hash, record FROM published_record ORDER BY kind, code"
        )
        classes = await session.fetch(
            "SELECT class_key, state, hash FROM published_class ORDER BY class_key"
        )
    return [*people, *classes]


async def test_mass_leavers_are_held_before_the_first_and_the_rest_goes_through(
    ingest: "Ingest",
) -> None:
    await ingest.run(roll().zip())
    export = roll(left=range(1, 16))
    export.learner(99, classes=["7A"])
    run = await ingest.run(export.zip())

    assert (run["counts"]["held"], said(run), run["hold"]) == (15, 1, "open")
    assert set(await ingest.words()) == {upn(99)}
    changes = [(event.value or {})["change"] for event in await ingest.published("hwb.mis.runs")]
    assert changes == ["received", "published", "held"]
    (case,) = await ingest.published("hwb.servicedesk.cases")
    assert ((case.value or {})["kind"], (case.value or {})["facts"]["held"]) == ("run_held", "15")
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held", token="champion")
    assert len(held["rows"]) == 15
    assert {row["reason"] for row in held["rows"]} == {"learner_stops_claiming"}
    assert upn(1) not in str(held)


async def test_what_was_held_comes_up_again_until_it_is_mended(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    first = await ingest.run(roll(left=range(1, 16)).zip())
    again = await ingest.run(roll(left=range(1, 16)).jsonl())
    assert (again["counts"]["held"], again["digest"]) == (15, first["digest"])
    superseded = await ingest.get(f"{RUNS}/{first['run_id']}")
    assert superseded["hold"] == "superseded"
    refused = await decide(ingest, first, "approve")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_decide")

    mended = await ingest.run(roll().zip())
    assert (mended["counts"]["held"], said(mended)) == (0, 0)
    (case,) = await ingest.published("hwb.servicedesk.cases")
    assert case.type.endswith("case.resolved.v1")


async def test_the_very_list_is_approved_once_and_published_as_a_run_of_its_own(
    ingest: "Ingest",
) -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(left=range(1, 16)).zip())
    other = await post(ingest, f"{RUNS}/{run['run_id']}/approve", {"digest": "0" * 64})
    assert (other.status_code, other.json()["code"]) == (409, "other_list")

    answer = await decide(ingest, run, "approve", key="approve-once")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["changes"], answer.json()["class_changes"]) == (15, 0)
    words = await ingest.words()
    assert {word["state"] for word in words.values()} == {"left"}
    assert {word["run_seq"] for word in words.values()} == {run["run_seq"] + 1}
    made = await ingest.get(f"{RUNS}/{answer.json()['published_as']}")
    assert (made["status"], made["of_run"], made["format"]) == (
        "published",
        run["run_id"],
        "approval",
    )
    again = await decide(ingest, run, "approve")
    assert again.json()["code"] == "nothing_to_decide"

    quiet = await ingest.run(roll(left=range(1, 16)).zip())
    assert (quiet["counts"]["held"], said(quiet)) == (0, 0)
    few = await ingest.run(roll(left=range(1, 18)).zip())
    assert (few["counts"]["held"], said(few)) == (0, 2), "the approved do not count"


async def test_a_discarded_list_publishes_nothing(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    before = await kept(ingest)
    run = await ingest.run(roll(left=range(1, 16)).zip())
    answer = await decide(ingest, run, "discard")

    assert answer.status_code == 200, answer.text
    assert (await kept(ingest), await ingest.words()) == (before, {})
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held")
    assert (held["state"], held["rows"]) == ("discarded", [])


async def test_whoever_is_held_stays_in_class_until_it_is_approved(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(gone=range(1, 16)).zip())
    assert run["counts"]["class_changes"] == 0
    answer = await decide(ingest, run, "approve")
    assert answer.json()["class_changes"] == 1
    (event,) = await ingest.published("hwb.mis.classes")
    assert len((event.value or {})["members"]) == 5


async def test_the_top_year_leaves_in_august_without_asking_but_only_once(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    ingest.clock.set(AUGUST)
    run = await ingest.run(roll(left=range(21, 41)).zip())
    assert (run["counts"]["held"], said(run)) == (0, 20)

    moved = roll(left=range(21, 41))
    for row in moved.rows["users"]:
        if row.get("grades") == "7":
            row["grades"] = "8"
    assert said(await ingest.run(moved.zip())) == 20
    for row in moved.rows["users"]:
        if row["role"] == "student":
            row["metadata.leavingDate"] = "2022-08-31"
    mistake = await ingest.run(moved.zip())
    assert mistake["counts"]["held"] == 20, "they were not in the top year when August began"


async def test_drops_are_counted_together_over_runs(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    assert (await ingest.run(roll(left=range(1, 4)).zip()))["counts"]["held"] == 0
    assert (await ingest.run(roll(left=range(1, 6)).zip()))["counts"]["held"] == 0
    third = await ingest.run(roll(left=range(1, 7)).zip())
    assert (third["counts"]["held"], said(third)) == (1, 0)


async def test_a_new_mis_with_new_staff_codes_is_held_on_both_sides(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(staff=[f"N{number}" for number in range(10)]).zip())
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held")
    assert run["counts"]["held"] == 20
    assert {row["reason"] for row in held["rows"]} == {"staff_codes_changed"}
    assert run["counts"]["class_changes"] == 0


async def test_learners_who_lose_their_classes_in_masses_are_held(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    export = roll()
    export.rows["enrollments"] = [
        row for row in export.rows["enrollments"] if row["role"] == "teacher"
    ]
    run = await ingest.run(export.zip())
    assert (run["counts"]["held"], said(run)) == (PEOPLE, 0)
    assert run["counts"]["class_changes"] == 0


async def test_a_closing_school_is_approved_once_by_its_number(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    address = f"/v1/schools/{SCHOOL}/closing"
    wrong = await post(ingest, address, {"school": "6604028"}, token="authority")
    assert wrong.json()["code"] == "school_number_disagrees"
    noted = await post(ingest, address, {"school": SCHOOL}, token="authority")
    again = await post(ingest, address, {"school": SCHOOL}, token="desk")
    assert (noted.json()["newly"], again.json()["newly"]) == (True, False)

    run = await ingest.run(roll(left=range(1, 41)).zip())
    assert (run["counts"]["held"], said(run)) == (0, 40)


@pytest.mark.parametrize("form", ["zip", "jsonl"])
async def test_a_preview_says_what_the_run_then_does_and_does_nothing(
    ingest: "Ingest", form: str
) -> None:
    await ingest.run(roll().zip())
    export = roll(left=range(1, 16))
    export.learner(99, classes=["7A"])
    export.teacher("NEW")
    data: bytes = getattr(export, form)()
    before = await kept(ingest)
    answer = await ingest.http.post(
        f"/v1/schools/{SCHOOL}/preview",
        content=data,
        headers={"Authorization": "Bearer manager"},
    )
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert await kept(ingest) == before

    run = await ingest.run(data)
    assert shown["counts"] == run["counts"]
    assert shown["held_digest"] == run["digest"]
    words = await ingest.words()
    assert sorted(
        (change["who"]["local_id"], change["state"], change["changed"])
        for change in shown["changes"]
    ) == sorted(
        (word["record"]["local_id"], word["state"], word["changed"]) for word in words.values()
    )
    classes = {event.key for event in await ingest.published("hwb.mis.classes")}
    assert {change["class_key"] for change in shown["classes"]} == classes
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held")
    assert shown["held"] == held["rows"]


async def test_a_file_that_would_be_refused_is_refused_in_the_preview_too(ingest: "Ingest") -> None:
    answer = await ingest.http.post(
        f"/v1/schools/{SCHOOL}/preview",
        content=b"not a file",
        headers={"Authorization": "Bearer manager"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_known_format")


async def test_a_rollback_brings_back_the_records_as_they_were_before(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    before = await kept(ingest)
    export = roll(left=range(1, 4), gone=range(38, 40))
    export.learner(99, classes=["7A"])
    run = await ingest.run(export.zip())
    answer = await post(ingest, f"{RUNS}/{run['run_id']}/rollback")

    assert answer.status_code == 200, answer.text
    words = await ingest.words()
    assert words[upn(1)]["state"] == words[upn(38)]["state"] == "on_roll"
    assert words[upn(99)]["state"] == "withdrawn", "it was not there before"
    assert words[upn(1)]["run_seq"] == run["run_seq"] + 1
    now = await kept(ingest)
    assert [row for row in now if row[0] != upn(99)] == before
    first = await ingest.get(f"{RUNS}/{run['run_id']}")
    assert first["rolled_back_by"] == answer.json()["published_as"]


async def test_rolling_back_twice_does_nothing(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(left=range(1, 5)).zip())
    first = await post(ingest, f"{RUNS}/{run['run_id']}/rollback")
    state = await kept(ingest)
    again = await post(ingest, f"{RUNS}/{run['run_id']}/rollback")
    assert again.json()["published_as"] == first.json()["published_as"]
    assert again.json()["changes"] == 0
    assert await kept(ingest) == state
    assert len((await ingest.get(RUNS))["items"]) == 3


async def test_a_run_of_long_ago_is_not_rolled_back(ingest: "Ingest") -> None:
    run = await ingest.run(roll().zip())
    ingest.clock.set(AUGUST)
    answer = await post(ingest, f"{RUNS}/{run['run_id']}/rollback")
    assert (answer.status_code, answer.json()["code"]) == (409, "too_long_ago")


async def test_a_rollback_leaves_alone_and_lists_what_was_changed_since(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(left=range(1, 5)).zip())
    later = roll(left=range(1, 4))
    await ingest.run(later.zip())
    answer = (await post(ingest, f"{RUNS}/{run['run_id']}/rollback")).json()
    assert answer["changed_since"] == [{"kind": "learner", "local_id": "L4"}]
    assert answer["changes"] == 3


async def test_after_a_rollback_uploads_wait_until_somebody_approves_one(ingest: "Ingest") -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(left=range(1, 5)).zip())
    await post(ingest, f"{RUNS}/{run['run_id']}/rollback")
    earlier = await ingest.run(roll(left=range(1, 5)).zip())
    wanted = await ingest.run(roll(left=range(1, 2)).zip())
    assert (earlier["status"], wanted["status"]) == ("waiting", "waiting")
    assert await ingest.words() == {}

    answer = await decide(ingest, wanted, "approve")
    assert answer.json()["discarded"] == [earlier["run_id"]]
    await ingest.work()
    runs = {one["run_id"]: one["status"] for one in (await ingest.get(RUNS))["items"]}
    assert (runs[earlier["run_id"]], runs[wanted["run_id"]]) == ("discarded", "published")
    assert set(await ingest.words()) == {upn(1)}
    assert (await ingest.run(roll().zip()))["status"] == "published", "nothing waits any longer"


async def test_an_upload_received_before_the_rollback_waits_with_a_later_sequence(
    ingest: "Ingest",
) -> None:
    await ingest.run(roll().zip())
    run = await ingest.run(roll(left=range(1, 5)).zip())
    received = (await ingest.upload(roll(left=range(1, 5)).zip())).json()
    answer = (await post(ingest, f"{RUNS}/{run['run_id']}/rollback")).json()
    await ingest.work()
    waiting = await ingest.get(f"{RUNS}/{received['run_id']}")
    made = await ingest.get(f"{RUNS}/{answer['published_as']}")
    assert waiting["status"] == "waiting"
    assert waiting["run_seq"] > made["run_seq"]
    assert (await decide(ingest, waiting, "discard")).status_code == 200
    assert (await ingest.get(f"{RUNS}/{received['run_id']}"))["status"] == "discarded"


@pytest.mark.parametrize("what", ["approve", "discard", "rollback"])
async def test_only_those_who_answer_for_the_school_decide(ingest: "Ingest", what: str) -> None:
    run = await ingest.run(roll().zip())
    address = f"{RUNS}/{run['run_id']}/{what}"
    body = {"digest": "0" * 64}
    for token in ("manager", "teacher", "service"):
        assert (await post(ingest, address, body, token=token)).status_code == 403
    elsewhere = address.replace(SCHOOL, "6614001")
    assert (await post(ingest, elsewhere, body, token="champion")).status_code == 403
    assert (await ingest.http.post(address, json=body)).status_code in {401, 422}
