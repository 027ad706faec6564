"""The tutorial tells the truth: its commands are run again, and its output compared.

This file comes before the played year's: both make the contract's topics, and one broker that
``HWB_KAFKA`` names by its address can hold them once.
"""

import asyncio
import os
from pathlib import Path

import pytest
from docs.tools.console_blocks import differences, steps_of
from docs.tools.tutorial import PAGE, ROOT, tutorial_stack
from tests.support.personal_data import personal_data_in


@pytest.mark.timeout(600)
async def test_every_command_of_the_tutorial_prints_what_the_page_says(tmp_path: Path) -> None:
    page = PAGE.read_text()
    assert len(steps_of(page)) > 10
    async with tutorial_stack(tmp_path) as environment:
        found, _ = await asyncio.to_thread(
            differences,
            page,
            folder=ROOT,
            environment={**os.environ, "BASH_ENV": str(environment)},
        )
    assert not found, "\n\n".join(str(difference) for difference in found)

    logs = sorted((tmp_path / "logs").glob("*.log"))
    assert logs
    for log in logs:
        text = log.read_text()
        assert list(personal_data_in(text)) == [], log.name
        for name in ("Mali", "Lewis", "Osian", "Parry", "Gwen", "Hughes", "Siân"):
            assert name not in text, f"{log.name} names a person"
