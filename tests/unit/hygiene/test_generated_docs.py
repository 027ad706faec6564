"""The generated pages of the reference say what the code says today."""

import pytest
from docs.tools.generate import PAGES, REFERENCE, page
from docs.tools.reference_crash_points import declared_points
from docs.tools.reference_settings import SERVICES


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_what_the_code_gives_today(name: str) -> None:
    assert (REFERENCE / name).read_text() == page(name), "run make docs"


@pytest.mark.parametrize("service", SERVICES)
def test_every_crash_point_of_a_service_is_listed(service: str) -> None:
    listed = (REFERENCE / "crash-points.md").read_text()
    points = declared_points(service)
    assert points
    assert all(f"`{service}.{point['name']}`" in listed for point in points)


def test_every_setting_and_error_says_what_it_is_for() -> None:
    for name in ("settings.md", "errors.md"):
        rows = [line for line in page(name).splitlines() if line.startswith("| `")]
        assert rows
        assert [row for row in rows if row.rstrip(" |").endswith("`") or "|  |" in row[-6:]] == []
