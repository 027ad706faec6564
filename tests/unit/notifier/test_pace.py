"""Who is mailed at which hour, and when many cases become one mail."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwb_notifier.domain.message import digest_message_id, message_id
from hwb_notifier.domain.pace import Awake, QuietHours, Turn, turn

NIGHT = QuietHours(time(19), time(7), service_desk_too=False)
NOON = QuietHours(time(12), time(13), service_desk_too=True)


@pytest.mark.parametrize(
    ("hours", "civil", "awake"),
    [
        (NIGHT, time(18, 59, 59), Awake.ALL),
        (NIGHT, time(19), Awake.SERVICE_DESK),
        (NIGHT, time(0), Awake.SERVICE_DESK),
        (NIGHT, time(6, 59, 59), Awake.SERVICE_DESK),
        (NIGHT, time(7), Awake.ALL),
        (NOON, time(11, 59), Awake.ALL),
        (NOON, time(12), Awake.NOBODY),
        (NOON, time(13), Awake.ALL),
        (QuietHours(time(7), time(7), service_desk_too=True), time(7), Awake.ALL),
    ],
)
def test_quiet_hours_begin_and_end_on_the_dot_over_midnight_too(
    hours: QuietHours, civil: time, awake: Awake
) -> None:
    assert hours.awake(civil) is awake


@pytest.mark.parametrize(
    ("waiting", "taken", "expected"),
    [
        (1, 0, Turn.ONE),
        (3, 0, Turn.ONE),
        (4, 0, Turn.DIGEST),
        (1, 2, Turn.ONE),
        (2, 2, Turn.DIGEST),
        (1, 3, Turn.LATER),
        (500, 3, Turn.LATER),
        (1, 7, Turn.LATER),
    ],
)
def test_what_fits_into_the_hour_goes_singly_and_what_does_not_is_one_mail(
    waiting: int, taken: int, expected: Turn
) -> None:
    assert turn(waiting=waiting, taken=taken, limit=3) is expected


@given(st.integers(1, 50), st.lists(st.integers(1, 300), max_size=30))
def test_no_office_gets_more_than_its_limit_in_an_hour_however_the_cases_come(
    limit: int, arrivals: list[int]
) -> None:
    taken, waiting = 0, 0
    for arriving in arrivals:
        waiting += arriving
        while (
            waiting and (now := turn(waiting=waiting, taken=taken, limit=limit)) is not Turn.LATER
        ):
            waiting = 0 if now is Turn.DIGEST else waiting - 1
            taken += 1
    assert taken <= limit


def test_a_digests_message_id_is_its_own_and_always_the_same() -> None:
    first = digest_message_id("school/6781234", 1, domain="hwb.example")

    assert first == digest_message_id("school/6781234", 1, domain="hwb.example")
    assert first != digest_message_id("school/6781234", 2, domain="hwb.example")
    assert first != digest_message_id("school/6781235", 1, domain="hwb.example")
    assert first != message_id("school/6781234", 1, domain="hwb.example")
    assert first.endswith(".d1@hwb.example>")
