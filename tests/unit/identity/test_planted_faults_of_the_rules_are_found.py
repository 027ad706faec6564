"""A search that finds nothing proves little until it is seen to find what is there to be found."""

import pytest
from tests.support.identity_histories import History, drawn
from tests.support.identity_mutants import MUTANTS, Plant
from tests.support.identity_orders import check

WITHIN_HISTORIES = 500


@pytest.fixture(scope="module")
def families() -> list[History]:
    """Short ones first: most faults need no long story."""
    return sorted(drawn(WITHIN_HISTORIES, seed=1), key=lambda one: len(list(one.words())))


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found_within_five_hundred_histories(
    plant: Plant, families: list[History], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    for history in families:
        try:
            check(history)
        except AssertionError:
            return
    pytest.fail(f"not found within {len(families)} histories")
