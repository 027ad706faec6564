"""Emulators whose clock stands still until a test moves it."""

import pytest

from hwb_rehearsal.emulators import Emulators, make_emulators
from hwb_rehearsal.emulators.time import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def emulators(clock: VirtualClock) -> Emulators:
    return make_emulators(clock=clock)
