"""The whole service under the providers' published quotas, on a virtual clock."""

from typing import Any

from tests.bench.groups_quota import archive_virtually

POLL_AND_OPERATION_SECONDS = 31 + 2


def test_an_archive_run_uses_the_quota_and_never_meets_a_429(postgres: Any) -> None:
    figures = archive_virtually(postgres.create_database(), teams=60, classrooms=60)

    assert (figures["archived"], figures["throttled"]) == (120, 0)
    assert figures["ideal_seconds"] == 6.0
    assert figures["seconds"] <= 1.1 * figures["ideal_seconds"] + POLL_AND_OPERATION_SECONDS
