"""What is tried again, after how long, and what waits for a person."""

import pytest

from hwb_groups.domain.failure import (
    LONGEST_BACKOFF_SECONDS,
    MOST_ATTEMPTS,
    FailureCode,
    Park,
    TryAgain,
    after_failure,
    after_not_found,
)
from hwb_groups.entrypoints.wording import reason_words


def test_an_outage_is_tried_again_with_growing_pauses() -> None:
    pauses = []
    for attempts in range(1, MOST_ATTEMPTS):
        verdict = after_failure(FailureCode.UNAVAILABLE, attempts=attempts, jitter=0.999)
        assert isinstance(verdict, TryAgain)
        pauses.append(verdict.after)
    assert pauses == sorted(pauses)
    assert pauses[-1] <= LONGEST_BACKOFF_SECONDS


def test_after_six_failures_it_is_parked() -> None:
    verdict = after_failure(FailureCode.UNAVAILABLE, attempts=MOST_ATTEMPTS, jitter=0)
    assert verdict == Park(FailureCode.UNAVAILABLE)


def test_what_is_forbidden_is_parked_at_once() -> None:
    assert after_failure(FailureCode.FORBIDDEN, attempts=1, jitter=0) == Park(FailureCode.FORBIDDEN)


def test_a_new_team_that_answers_404_is_only_new() -> None:
    assert after_not_found(age=60, attempts=0, jitter=0) == TryAgain(after=10, attempts=0)


def test_an_old_team_that_answers_404_again_and_again_is_gone() -> None:
    assert isinstance(after_not_found(age=1e6, attempts=0, jitter=0), TryAgain)
    assert after_not_found(age=1e6, attempts=2, jitter=0) == Park(FailureCode.NOT_FOUND)


@pytest.mark.parametrize("code", FailureCode)
def test_every_reason_is_explained_in_both_languages(code: FailureCode) -> None:
    english, welsh = reason_words(code)
    assert english
    assert welsh
    assert english != welsh
