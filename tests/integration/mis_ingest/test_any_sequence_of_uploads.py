"""Random years of one school: whatever is sent, what was published adds up to what is there."""

import random
from typing import TYPE_CHECKING

import pytest
from tests.support.school_export import Export, small_school, upn

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

RUNS = 40
CHANGES = "hwb.mis.changes"


class School:
    """A school's MIS that does one odd thing after the other."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.serials = {serial: {"classes": ["7A"]} for serial in range(1, 9)}
        self.numbers = {serial: f"{serial:06d}" for serial in self.serials}
        self.changes: dict[int, dict[str, str]] = {serial: {} for serial in self.serials}
        self.next = 9

    def live(self) -> None:
        """One change of the roll."""
        serial = self.chance.choice(sorted(self.serials))
        change = self.changes[serial]
        match self.chance.randrange(9):
            case 0:
                change["grades"] = self.chance.choice(["7", "8", "9"])
            case 1:
                change["metadata_leavingDate"] = self.chance.choice(["", "2022-07-20"])
            case 2:
                change["familyName"] = self.chance.choice(["", "Rees", "Pugh"])
            case 3 if len(self.serials) > 3:
                del self.serials[serial], self.changes[serial]
            case 4:
                self.add(f"{self.next:06d}")
            case 5:
                number = self.numbers[serial]
                del self.serials[serial], self.changes[serial]
                self.add(number)
            case 6:
                change["metadata_enrolmentStatus"] = self.chance.choice(["C", "M", "S", "G", "?"])
            case 7:
                self.serials[serial]["classes"] = self.chance.sample(["7A", "7B", "9Z"], 2)
            case _:
                gone = set(range(1, self.next)) - set(self.serials)
                if gone:
                    back = self.chance.choice(sorted(gone))
                    self.serials[back], self.changes[back] = {"classes": ["7B"]}, {}

    def add(self, number: str) -> None:
        self.serials[self.next], self.changes[self.next] = {"classes": ["7A"]}, {}
        self.numbers[self.next] = number
        self.next += 1

    def export(self) -> Export:
        export = Export()
        export.school_class("7A")
        export.school_class("7B")
        for serial in self.serials:
            export.learner(
                serial,
                classes=self.serials[serial]["classes"],
                **{"metadata_admissionNumber": self.numbers[serial], **self.changes[serial]},
            )
        export.teacher("MLL", classes=["7A"])
        return export


def nobody(key: str) -> dict[str, str]:
    """The record of somebody whose only rows were rejected and are gone."""
    return {"upn": key, "surname": "", "forename": ""}


@pytest.mark.parametrize("seed", [1, 2])
async def test_events_add_up_to_what_is_kept_and_the_same_again_is_nothing(
    ingest: "Ingest", seed: int
) -> None:
    school = School(seed)
    closing = {"Authorization": "Bearer authority", "Idempotency-Key": "nobody is held"}
    address = f"/v1/schools/{small_school().school}/closing"
    await ingest.http.post(address, json={"school": small_school().school}, headers=closing)
    people: dict[str, tuple[str, object]] = {}
    classes: dict[str, tuple[str, object]] = {}
    seen = set()
    kept_back: set[str] = set()
    for number in range(1, RUNS + 1):
        for _ in range(school.chance.randrange(1, 4)):
            school.live()
        export = school.export()
        run = await ingest.run(export.zip() if number % 2 else export.jsonl())
        words = {event.key: event.value or {} for event in await ingest.published(CHANGES)}
        assert len(words) == run["counts"]["changes"] == len(await ingest.published(CHANGES)), (
            "one word a person and run"
        )
        for key, word in words.items():
            seen.add(word["state"])
            assert word["run_seq"] == run["run_seq"]
            if word["state"] == "rejected":
                kept_back.add(key)
            else:
                kept_back.discard(key)
                people[key] = (word["state"], word["record"])
        for event in await ingest.published("hwb.mis.classes"):
            value = event.value or {}
            classes[event.key] = (value["state"], sorted(value["members"]))
        again = await ingest.run(export.jsonl() if number % 2 else export.zip())
        assert (again["counts"]["changes"], again["counts"]["class_changes"]) == (0, 0)

        async with ingest.platform.database.transaction() as session:
            kept = await session.fetch(
                """SELECT CASE kind WHEN 'staff' THEN school || '/' || code ELSE code END,
                          state, record::jsonb FROM published_record"""
            )
            still_rejected = await session.fetch("SELECT code FROM kept_back")
        assert {key: (state, record) for key, state, record in kept} == {
            key: word for key, word in people.items() if word != ("withdrawn", nobody(key))
        }
        assert {key for (key,) in still_rejected} == kept_back
        rejected = await ingest.get(f"/v1/schools/{run['school']}/runs/{run['run_id']}/report")
        lines = {row["line"] for row in rejected["rows"] if "users" in row["file"]}
        if not lines and number % 2:
            on_roll = {key for key, (state, _) in people.items() if state in {"on_roll", "left"}}
            here = {upn(serial) for serial in school.serials}
            gone = {key for key in on_roll - here if not key.endswith("/MLL")}
            assert all(people[key][0] == "left" for key in gone)
            assert here <= on_roll
    assert seen >= {"on_roll", "left", "missing", "replaced", "rejected"}
    assert set(classes) == {f"{small_school().school}/2021-22/{code}" for code in ("7A", "7B")}
