"""Which crash points are tried in one year, and what counts as good."""

from hwb_rehearsal.crash_points.points import Point, in_waves
from hwb_rehearsal.crash_points.trial import Result

POINTS = [
    Point("identity", "worker", "slice_received"),
    Point("identity", "worker", "slice_before_commit"),
    Point("identity", "api", "command_before_commit"),
    Point("groups", "worker", "slice_received"),
]


def test_a_process_dies_at_one_point_a_year() -> None:
    waves = in_waves(POINTS)
    for wave in waves:
        processes = [(point.service, point.process) for point in wave]
        assert len(set(processes)) == len(processes)


def test_every_point_is_tried_once() -> None:
    tried = [point for wave in in_waves(POINTS) for point in wave]
    assert sorted(tried, key=lambda point: point.armed_as) == sorted(
        POINTS, key=lambda point: point.armed_as
    )


def test_a_death_with_nothing_in_hand_proves_nothing() -> None:
    point = POINTS[0]
    assert Result(point, fired=True, in_hand=3, agree=True).is_good
    assert not Result(point, fired=True, in_hand=0, agree=True).is_good
    assert not Result(point, fired=False, in_hand=0, agree=True).is_good
    assert not Result(point, fired=True, in_hand=3, agree=False).is_good
