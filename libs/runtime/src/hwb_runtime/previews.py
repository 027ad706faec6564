"""What previews have in common, whichever service answers: who asks, how much, how patiently."""

from typing import Annotated

from hwb_runtime.auth import Caller, caller_with
from hwb_schemas.words import Role

PREVIEWERS = (
    Role.NETWORK_MANAGER,
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.LOCAL_AUTHORITY,
    Role.SERVICE_DESK,
    Role.OPERATOR,
    Role.SERVICE,
)
Previewer = Annotated[Caller, caller_with(*PREVIEWERS)]
MOST_EVENTS = 20_000
"""Of each kind, in one request: several times what the largest school says."""

LOCK_SECONDS = 5.0
"""How long a preview waits for a row that somebody changes."""
