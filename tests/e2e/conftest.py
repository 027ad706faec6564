"""One tiny Wales's year, played once over separate processes, for every test of this folder."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hwb_rehearsal.broker import Broker
from hwb_rehearsal.demo.rehearse import Rehearsal, rehearsal
from hwb_rehearsal.demo.show import Silence
from hwb_rehearsal.demo.verdict import Verdict
from hwb_rehearsal.stack import Postgres, StackOptions
from hwb_rehearsal.story.spring import TINY_GROUPS
from hwb_rehearsal.story.year import tell
from hwb_rehearsal.world.schools import TINY
from hwb_rehearsal.world.wales import build_wales

TIME_SCALE = 120.0


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def playing(
    tmp_path_factory: pytest.TempPathFactory, broker: Broker, postgres: Postgres
) -> AsyncIterator[Rehearsal]:
    story = tell(build_wales(seed=2022, size=TINY), TINY_GROUPS)
    async with rehearsal(
        story,
        tmp_path_factory.mktemp("year"),
        show=Silence(),
        options=StackOptions(time_scale=TIME_SCALE, say=print, broker=broker, postgres=postgres),
    ) as playing:
        await playing.perform()
        yield playing


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def verdict(playing: Rehearsal) -> Verdict:
    """What the comparison said when the year was over."""
    return await playing.verdict()
