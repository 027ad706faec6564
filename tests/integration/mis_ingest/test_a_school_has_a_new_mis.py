"""A school moves to another MIS: the same people, under ids and codes that nobody has seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.support.school_export import SCHOOL, Export, upn

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

LEARNERS = range(1, 31)
OLD_CODES = [f"T{number}" for number in range(8)]
NEW_CODES = [f"S{number}00" for number in range(8)]
RUNS = f"/v1/schools/{SCHOOL}/runs"


def exported(*, codes: list[str]) -> Export:
    """Thirty learners and eight staff, all in one class."""
    export = Export()
    export.school_class("7A")
    for serial in LEARNERS:
        export.learner(serial, classes=["7A"])
    for code in codes:
        export.teacher(code, classes=["7A"])
    return export


def with_other_ids(export: Export, of: Callable[[str], str]) -> Export:
    """The same export under other sourcedIds of people and classes."""
    for row in (*export.rows["users"], *export.rows["classes"], *export.rows["demographics"]):
        row["sourcedId"] = of(row["sourcedId"])
    for row in export.rows["enrollments"]:
        row["userSourcedId"] = of(row["userSourcedId"])
        row["classSourcedId"] = of(row["classSourcedId"])
    return export


def moved(*, codes: list[str]) -> Export:
    """The same people as the new MIS exports them: every id is another one."""
    return with_other_ids(exported(codes=codes), lambda one: f"urn:new:{one}")


async def test_learners_with_new_local_ids_are_the_same_by_their_upns(ingest: "Ingest") -> None:
    await ingest.run(exported(codes=OLD_CODES).zip())
    run = await ingest.run(moved(codes=OLD_CODES).zip())

    words = await ingest.words()
    assert {upn(serial) for serial in LEARNERS} <= set(words)
    assert {word["state"] for word in words.values()} == {"on_roll"}
    assert all(word["changed"] == ["local_id"] for word in words.values())
    assert (run["counts"]["missing"], run["counts"]["held"]) == (0, 0)

    again = await ingest.run(moved(codes=OLD_CODES).zip())
    assert again["counts"]["changes"] == 0


async def test_new_staff_codes_are_held_while_learners_go_through(ingest: "Ingest") -> None:
    await ingest.run(exported(codes=OLD_CODES).zip())
    run = await ingest.run(moved(codes=NEW_CODES).zip())

    assert set(await ingest.words()) == {upn(serial) for serial in LEARNERS}
    held = await ingest.get(f"{RUNS}/{run['run_id']}/held")
    assert {row["reason"] for row in held["rows"]} == {"staff_codes_changed"}
    assert _states(held["rows"]) == {"on_roll": len(NEW_CODES), "missing": len(OLD_CODES)}


async def test_a_new_mis_that_keeps_its_codes_is_held_for_nobody(ingest: "Ingest") -> None:
    """What a school is asked to do about held staff codes: enter the old ones in the new MIS."""
    await ingest.run(exported(codes=OLD_CODES).zip())
    await ingest.run(moved(codes=NEW_CODES).zip())
    mended = await ingest.run(moved(codes=OLD_CODES).zip())

    assert (mended["counts"]["held"], mended["counts"]["missing"]) == (0, 0)
    words = await ingest.words()
    on_roll = {key for key, word in words.items() if word["state"] == "on_roll"}
    assert on_roll == {f"{SCHOOL}/{code}" for code in OLD_CODES}


async def test_a_learner_with_another_ones_old_local_id_is_still_known_by_the_upn(
    ingest: "Ingest",
) -> None:
    """The new MIS numbers from one again: ids that were one learner's are now another's."""
    await ingest.run(exported(codes=OLD_CODES).zip())
    turned = {f"L{serial}": f"L{len(LEARNERS) + 1 - serial}" for serial in LEARNERS}
    export = with_other_ids(exported(codes=OLD_CODES), lambda one: turned.get(one, one))
    run = await ingest.run(export.zip())

    words = await ingest.words()
    assert run["counts"]["missing"] == 0
    assert {word["record"]["local_id"] for word in words.values()} == set(turned)
    for serial in LEARNERS:
        assert words[upn(serial)]["record"]["local_id"] == turned[f"L{serial}"]


def _states(rows: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["state"]] = found.get(row["state"], 0) + 1
    return found
