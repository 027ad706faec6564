"""The benchmarks' data and arithmetic."""

from datetime import UTC, datetime

import orjson
import pytest
from tests.support.repository import ROOT

from hwb_rehearsal.bench.changes import first_provisioning, rollover
from hwb_rehearsal.bench.largest import LEARNERS, largest_schools
from hwb_rehearsal.bench.report import compared, measured
from hwb_rehearsal.bench.selection import EVERY, UnknownRowError, selected
from hwb_rehearsal.world.schools import TINY
from hwb_rehearsal.world.wales import build_wales
from hwb_schemas.events import RecordChanged
from hwb_schemas.words import RecordState

WALES = build_wales(seed=1, size=TINY)
AT = datetime(2022, 8, 16, 8, tzinfo=UTC)


def test_a_first_provisioning_tells_of_everyone_once() -> None:
    events = first_provisioning(WALES, received_at=AT)
    people = sum(len(roll.learners) + len(roll.staff) for roll in WALES.rolls.values())
    assert len({event.key for event in events}) == len(events) == people


def test_the_rollover_changes_every_learner_and_moves_some_by_two_words() -> None:
    events = rollover(WALES, received_at=AT)
    told = {event.key for event in events}
    assert {row.upn for roll in WALES.rolls.values() for row in roll.learners} <= told
    words = [RecordChanged.model_validate_json(event.value or b"") for event in events]
    assert {word.run_seq for word in words} == {2}
    left = {word.record.upn for word in words if word.state is RecordState.LEFT}
    taken = {word.record.upn for word in words if word.state is RecordState.ON_ROLL}
    assert left & taken


def test_events_carry_the_contracts_type_in_their_headers() -> None:
    event = first_provisioning(WALES, received_at=AT)[0]
    assert event.headers["ce_type"] == b"wales.hwb.mis-ingest.record.changed.v1"
    assert orjson.loads(event.value or b"")["run_seq"] == 1


def test_a_comparison_is_the_ratio_of_medians_and_keeps_every_value() -> None:
    row = compared("identity_vs_plain", [90.0, 100.0, 500.0], [1.0, 10.0, 11.0], baseline_is="x")
    assert (row.value, row.baseline, row.ratio) == (100.0, 10.0, 10.0)
    assert len(row.rounds) == 3


def test_a_figure_stands_beside_what_is_wanted_of_it() -> None:
    row = measured("peak_memory_identity_worker", [100.0, 125.0, 110.0], "MB", target=250.0)
    assert (row.value, row.ratio, row.rounds) == (110.0, 0.44, (100.0, 125.0, 110.0))


def test_every_row_is_measured_unless_some_are_named() -> None:
    assert selected("") == frozenset(EVERY)
    assert selected("ingest_vs_floor, identity_workers_4") == {
        "ingest_vs_floor",
        "identity_workers_4",
    }


def test_a_row_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UnknownRowError, match=r"no row ingest_vs_flor.*ingest_vs_floor"):
        selected("ingest_vs_flor")


def test_the_reference_explains_every_row() -> None:
    page = (ROOT / "docs" / "reference" / "benchmarks.md").read_text()
    for name in EVERY:
        assert f"`{name}" in page


def test_the_largest_school_is_as_large_as_that_of_wales() -> None:
    rolls = largest_schools(2).rolls
    assert [len(roll.learners) for roll in rolls.values()] == [LEARNERS, LEARNERS]
    assert len({row.upn for roll in rolls.values() for row in roll.learners}) == 2 * LEARNERS
