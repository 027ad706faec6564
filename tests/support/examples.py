"""The contract's example messages, as tests read them."""

import json
from typing import Any

from schemas.tools.topics import SCHEMAS


def example_of(event_type: str) -> dict[str, Any]:
    """Topic, key, headers and value of the example of this CloudEvents type."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"examples/{event_type}.json").read_text())
    return found
