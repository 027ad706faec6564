"""The guide's first check, "rejected? held? why", from the upload to the answer."""

from typing import TYPE_CHECKING, Any

from tests.support.school_export import SCHOOL, Export, said, small_school, upn

if TYPE_CHECKING:
    from tests.integration.together.conftest import Together

RUNS = f"/v1/schools/{SCHOOL}/runs"


async def told(together: "Together", symptom: str, **person: str) -> tuple[str, dict[str, Any]]:
    """The cause and the evidence of the first check."""
    body = {"symptom": symptom, "school": SCHOOL, **person}
    answer = await together.post("identity", "/v1/diagnosis", body)
    return answer["cause"], answer["checks"][0]["evidence"]


async def accounts(together: "Together") -> list[Any]:
    """Every account and what the school last said of it, without the number of the run."""
    return await together.rows(
        "identity",
        """SELECT key, account_id, version, status, home_school, classes, next_due,
                  jsonb_path_query_array(enrolments, '$[*][3 to last]') FROM person ORDER BY key""",
    )


def settled(run: dict[str, Any]) -> bool:
    counts = run["settled"]
    return bool(
        run["status"] == "settled"
        and counts["applied"] == run["counts"]["changes"]
        and counts["parked"] == 0
    )


async def test_a_rejected_row_is_explained_until_it_is_right_and_changes_nothing(
    together: "Together",
) -> None:
    await together.run(small_school().zip())
    before = await accounts(together)
    export = small_school()
    export.rows["users"][0] |= {"familyName": "", "metadata.admissionDate": "2022-13-01"}
    run = await together.run(export.zip())

    assert (said(run), run["counts"]["kept_back"], settled(run)) == (0, 1, True)
    cause, evidence = await told(together, "learner_missing", upn=upn(1))
    assert (cause, evidence) == ("row_rejected", {"reasons": "date_invalid, surname_missing"})
    assert await accounts(together) == before

    again = await together.run(export.jsonl())
    assert (again["counts"]["changes"], settled(again)) == (0, True)
    mended = await together.run(small_school().zip())
    assert (said(mended), mended["counts"]["kept_back"], settled(mended)) == (0, 1, True)
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "account_is_there"
    assert await accounts(together) == before
    assert (await together.run(small_school().jsonl()))["counts"]["changes"] == 0


async def test_a_new_row_that_was_only_ever_rejected_leaves_nothing_behind(
    together: "Together",
) -> None:
    await together.run(small_school().zip())
    before = await accounts(together)
    export = small_school()
    export.learner(4, givenName="")
    export.teacher("NEW", metadata_startDate="")
    run = await together.run(export.zip())
    assert (said(run), run["counts"]["kept_back"], settled(run)) == (0, 2, True)
    assert await told(together, "staff_missing", staff_code="NEW") == (
        "row_rejected",
        {"reasons": "start_date_missing", "start_date": "empty", "staff_code": "filled"},
    )
    gone = await together.run(small_school().zip())
    assert (gone["counts"]["kept_back"], gone["counts"]["missing"], settled(gone)) == (2, 0, True)
    assert (await told(together, "learner_missing", upn=upn(4)))[0] == "not_in_last_run"
    assert await accounts(together) == before

    export = small_school()
    export.learner(5, identifier=upn(5), metadata_formerUpn=upn(4))
    run = await together.run(export.zip())
    assert (said(run), settled(run)) == (1, True)
    keys = {frozenset(row[0]) for row in await together.rows("identity", "SELECT keys FROM person")}
    assert {upn(4), upn(5)} in keys, "a former UPN is believed as if it had never been rejected"


async def test_a_row_without_a_usable_key_is_in_the_report_alone(together: "Together") -> None:
    await together.run(small_school().zip())
    export = small_school()
    export.learner(4, identifier="Z" + upn(4)[1:])
    export.teacher("", metadata_startDate="2022-01-10")
    run = await together.run(export.zip())
    assert (run["counts"]["rejected"], run["counts"]["changes"]) == (2, 0)
    assert await told(together, "learner_missing", upn=upn(4)) == (
        "not_among_rows_taken",
        {"rows_rejected": "2", "rows_held": "0"},
    )


async def test_two_rows_with_one_staff_code_are_one_rejected_person(together: "Together") -> None:
    export = small_school()
    export.teacher("DUP", sourcedId="T1")
    export.teacher("DUP", sourcedId="T2", metadata_startDate="")
    run = await together.run(export.zip())
    assert (run["counts"]["rejected"], settled(run)) == (1, True)
    assert (await told(together, "staff_missing", staff_code="DUP"))[0] == "account_is_there"
    export.rows["users"][-1]["metadata.startDate"] = "2022-01-10"
    run = await together.run(export.zip())
    assert (run["counts"]["rejected"], run["counts"]["kept_back"]) == (2, 1)
    cause, evidence = await told(together, "staff_missing", staff_code="DUP")
    assert (cause, evidence["reasons"]) == ("row_rejected", "staff_code_twice")


def roll(*, left: range = range(0)) -> Export:
    export = Export()
    export.school_class("7A")
    for serial in range(1, 41):
        leaving = {"metadata_leavingDate": "2022-05-01"} if serial in left else {}
        export.learner(serial, classes=["7A"], **leaving)
    export.teacher("MLL", classes=["7A"])
    return export


async def decide(together: "Together", run: dict[str, Any], what: str) -> None:
    held = await together.get("mis-ingest", f"{RUNS}/{run['run_id']}/held", token="champion")
    body = {"digest": held["digest"]}
    await together.post("mis-ingest", f"{RUNS}/{run['run_id']}/{what}", body)
    await together.carry()


async def test_a_held_row_is_explained_until_its_list_is_decided(together: "Together") -> None:
    await together.run(roll().zip())
    before = await accounts(together)
    run = await together.run(roll(left=range(1, 16)).zip())
    assert (said(run), run["counts"]["kept_back"], settled(run)) == (0, 15, True)
    assert await told(together, "learner_missing", upn=upn(1)) == (
        "row_held",
        {"reasons": "learner_stops_claiming"},
    )
    assert await accounts(together) == before
    await decide(together, run, "discard")
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "row_discarded"

    again = await together.run(roll(left=range(1, 16)).jsonl())
    assert (again["counts"]["held"], again["counts"]["changes"]) == (15, 0)
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "row_held"
    await decide(together, again, "approve")
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "left_here"
    quiet = await together.run(roll(left=range(1, 16)).zip())
    assert (quiet["counts"]["changes"], settled(quiet)) == (0, True)


async def test_a_held_row_is_explained_no_longer_once_its_run_is_rolled_back(
    together: "Together",
) -> None:
    await together.run(roll().zip())
    before = await accounts(together)
    run = await together.run(roll(left=range(1, 16)).zip())
    undone = await together.post("mis-ingest", f"{RUNS}/{run['run_id']}/rollback", None)
    await together.carry()
    shown = await together.get("mis-ingest", f"{RUNS}/{undone['published_as']}")
    assert (shown["counts"]["kept_back"], settled(shown)) == (15, True)
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "account_is_there"
    assert await accounts(together) == before


async def test_a_rejected_row_makes_nobody_successor_of_a_staff_code(together: "Together") -> None:
    export = small_school()
    export.teacher("OLD", metadata_leavingDate="2022-04-01")
    await together.run(export.zip())
    before = await accounts(together)
    export.rows["users"][-1] |= {
        "metadata.leavingDate": "",
        "metadata.startDate": "2022-05-02",
        "familyName": "",
    }
    run = await together.run(export.zip())
    assert (run["counts"]["kept_back"], settled(run)) == (1, True)
    assert await accounts(together) == before


async def test_a_delta_that_does_not_mention_a_rejected_row_leaves_it_rejected(
    together: "Together",
) -> None:
    await together.run(small_school().zip())
    export = small_school()
    export.rows["users"][0]["familyName"] = ""
    await together.run(export.zip())
    delta = Export()
    delta.learner(2, givenName="Another")
    run = await together.run(delta.delta())
    assert (said(run), run["counts"]["kept_back"]) == (1, 0)
    assert (await told(together, "learner_missing", upn=upn(1)))[0] == "row_rejected"
