"""Closures, mergers, another MIS and dual registration: from a school's upload to the account."""

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.school_export import Export, upn

if TYPE_CHECKING:
    from tests.integration.together.conftest import Together

OLD, OTHER_OLD, NEW = "6604027", "6602001", "6605501"
IN_RUN_WEEK = date(2022, 8, 19)
OLD_LEARNERS, OTHER_LEARNERS = range(1, 21), range(21, 41)
CODES = ("ALL", "BRJ", "CDW", "DEM", "EHP")
LEFT = {"metadata_leavingDate": "2022-08-31"}
NO_STAFF: tuple[str, ...] = ()


def roll(
    school: str,
    serials: range,
    changes: dict[str, str] | None = None,
    *,
    codes: tuple[str, ...] = CODES,
) -> Export:
    """A school of Year 7 alone, below its top year group, all with these fields."""
    changes = changes or {}
    export = Export(school)
    export.school_class("7A")
    for serial in serials:
        export.learner(serial, classes=["7A"], **changes)
    for code in codes:
        export.teacher(code, classes=["7A"], **changes)
    return export


def opened(serials: range) -> Export:
    """The new number's first upload: learners of both old ones a year on, and their staff."""
    export = Export(NEW, "2023")
    export.school_class("8A", grades="8")
    admitted = {"metadata_admissionDate": "2022-09-01", "grades": "8"}
    for serial in serials:
        export.learner(serial, classes=["8A"], **admitted)
    for code in CODES:
        export.teacher(code, classes=["8A"], metadata_startDate="2022-09-01")
    return export


async def send(together: "Together", export: Export) -> dict[str, Any]:
    return await together.run(export.zip(), school=export.school)


def said(run: dict[str, Any]) -> tuple[int, int]:
    """How many rows are held, and how many words on people a run published."""
    counts = run["counts"]
    return counts["held"], counts["changes"] - counts["kept_back"]


async def accounts(together: "Together") -> dict[str, dict[str, Any]]:
    """Every account by each of the person's keys."""
    columns = ("account_id", "home_school", "status", "year_group", "classes", "other_schools")
    rows = await together.rows(
        "identity",
        f"SELECT keys, {', '.join(columns)} FROM person WHERE account_id IS NOT NULL",  # noqa: S608 - constants
    )
    return {key: dict(zip(columns, values, strict=True)) for keys, *values in rows for key in keys}


async def approve_closing(together: "Together", school: str) -> None:
    address = f"/v1/schools/{school}/closing"
    await together.post("mis-ingest", address, {"school": school}, token="authority")


async def approve(together: "Together", run: dict[str, Any]) -> dict[str, Any]:
    address = f"/v1/schools/{run['school']}/runs/{run['run_id']}/approve"
    body = {"digest": run["digest"]}
    found: dict[str, Any] = await together.post("mis-ingest", address, body, token="desk")
    await together.carry()
    return found


async def test_a_closing_school_is_approved_once_by_its_number_and_held_until_then(
    together: "Together",
) -> None:
    await send(together, roll(OLD, OLD_LEARNERS))
    together.move_to(IN_RUN_WEEK)
    held = await send(together, roll(OLD, OLD_LEARNERS, LEFT))
    assert said(held) == (25, 0)
    assert (await accounts(together))[upn(1)]["status"] == "active"

    await approve_closing(together, OLD)
    run = await send(together, roll(OLD, OLD_LEARNERS, LEFT))
    assert said(run) == (0, 25)
    for account in (await accounts(together)).values():
        assert (account["status"], account["home_school"]) == ("inactive", None)
    assert said(await send(together, roll(OLD, OLD_LEARNERS, LEFT))) == (0, 0)


@pytest.mark.parametrize("opens", ["before", "between", "after"])
async def test_old_numbers_release_and_the_new_number_claims_in_any_order(
    together: "Together", opens: str
) -> None:
    both = range(1, 41)
    await send(together, roll(OLD, OLD_LEARNERS))
    await send(together, roll(OTHER_OLD, OTHER_LEARNERS))
    before = await accounts(together)
    together.move_to(IN_RUN_WEEK)
    uploads = [roll(OLD, OLD_LEARNERS, LEFT), roll(OTHER_OLD, OTHER_LEARNERS, LEFT)]
    uploads.insert(["before", "between", "after"].index(opens), opened(both))
    for school in (OLD, OTHER_OLD):
        await approve_closing(together, school)
    for upload in uploads:
        assert (await send(together, upload))["counts"]["held"] == 0

    after = await accounts(together)
    assert len(after) == len(both) + 3 * len(CODES)
    for key in map(upn, both):
        account = after[key]
        assert account["account_id"] == before[key]["account_id"]
        assert (account["home_school"], account["status"]) == (NEW, "active")
        assert (account["year_group"], account["classes"]) == ("8", [f"{NEW}/2022-23/8A"])


async def test_staff_of_a_closed_school_have_a_new_account_at_the_new_number(
    together: "Together",
) -> None:
    await send(together, roll(OLD, OLD_LEARNERS))
    together.move_to(IN_RUN_WEEK)
    await approve_closing(together, OLD)
    await send(together, roll(OLD, OLD_LEARNERS, LEFT))
    await send(together, opened(OLD_LEARNERS))
    found = await accounts(together)
    for code in CODES:
        old, new = found[f"{OLD}/{code}"], found[f"{NEW}/{code}"]
        assert old["account_id"] != new["account_id"]
        assert (old["status"], new["status"]) == ("inactive", "active")


def in_another_mis(export: Export) -> Export:
    """The same people and classes with new sourcedIds; staff have the codes of the new MIS."""
    ids = ("sourcedId", "orgSourcedIds", "schoolSourcedId", "classSourcedId", "userSourcedId")
    for rows in export.rows.values():
        for row in rows:
            row |= {name: f"N-{row[name]}" for name in (*ids, "termSourcedIds") if name in row}
            if row.get("role") == "teacher" and "identifier" in row:
                row["identifier"] = f"9{row['identifier']}"
    return export


async def test_mass_new_and_missing_staff_codes_of_a_new_mis_are_held_likewise(
    together: "Together",
) -> None:
    await send(together, roll(OLD, OLD_LEARNERS))
    before = await accounts(together)
    run = await send(together, in_another_mis(roll(OLD, OLD_LEARNERS)))
    assert said(run) == (10, 20)
    assert run["counts"]["class_changes"] == 1, "the class has another id, too"
    assert await accounts(together) == before, "the same people under other ids"

    assert (await approve(together, run))["changes"] == 10
    after = await accounts(together)
    assert {key: after[key] for key in before} == before, "a missing code stays active"
    assert len(after) == len(before) + len(CODES)
    for code in CODES:
        assert after[f"{OLD}/9{code}"]["classes"] == [f"{OLD}/2021-22/7A"]
    quiet = await send(together, in_another_mis(roll(OLD, OLD_LEARNERS)))
    assert said(quiet) == (0, 0)


async def test_a_class_whose_row_is_rejected_stays_after_another_mis_too(
    together: "Together",
) -> None:
    await send(together, roll(OLD, OLD_LEARNERS, codes=NO_STAFF))
    await send(together, in_another_mis(roll(OLD, OLD_LEARNERS, codes=NO_STAFF)))
    broken = in_another_mis(roll(OLD, OLD_LEARNERS, codes=NO_STAFF))
    broken.rows["classes"][0]["classCode"] = ""
    run = await send(together, broken)
    assert run["counts"]["rejected"] == 1
    assert said(run) == (0, 0)
    assert run["counts"]["class_changes"] == 0


@pytest.mark.parametrize("status", ["S", "G"])
@pytest.mark.parametrize("first", [OLD, OTHER_OLD])
async def test_subsidiary_and_guest_enrolments_add_a_school_and_never_claim_or_create(
    together: "Together", status: str, first: str
) -> None:
    home = roll(OLD, range(1, 6), {"metadata_enrolmentStatus": "M"})
    host = roll(OTHER_OLD, range(11, 16), codes=NO_STAFF)
    host.learner(1, metadata_enrolmentStatus=status)
    host.learner(99, metadata_enrolmentStatus=status)
    uploads = {OLD: home, OTHER_OLD: host}
    await send(together, uploads.pop(first))
    await send(together, *uploads.values())

    account = (await accounts(together))[upn(1)]
    assert (account["home_school"], account["other_schools"]) == (OLD, [OTHER_OLD])
    assert upn(99) not in await accounts(together)
    gone = await send(together, roll(OTHER_OLD, range(11, 16), codes=NO_STAFF))
    assert (said(gone), gone["counts"]["missing"]) == ((0, 2), 0)
    after = (await accounts(together))[upn(1)]
    assert after == account | {"other_schools": []}


@pytest.mark.parametrize("states_it", [True, False])
async def test_a_changed_upn_is_replaced_never_missing_and_the_same_account(
    together: "Together",
    states_it: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    await send(together, roll(OLD, range(1, 6)))
    before = (await accounts(together))[upn(1)]
    changed = roll(OLD, range(1, 6))
    changed.rows["users"][0]["identifier"] = upn(99)
    if states_it:
        changed.rows["users"][0]["metadata.formerUpn"] = upn(1)
        changed.rows["users"][0]["metadata.admissionNumber"] = "099999"
    run = await send(together, changed)
    assert (said(run), run["counts"]["missing"]) == ((0, 2), 0)
    after = await accounts(together)
    assert after[upn(99)] == after[upn(1)] == before
