"""How many mails an office gets in an hour, and when none: a storm becomes one mail."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

MOST_IN_A_DIGEST = 200
"""Cases in one mail: what is beyond goes in the next one."""


class Awake(StrEnum):
    """Who is written to at this hour."""

    ALL = "all"
    SERVICE_DESK = "service_desk"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begins`` to before ``ends``, civil times in Wales; over midnight where it is earlier.

    The same time twice is no quiet hour at all.
    """

    begins: time
    ends: time
    service_desk_too: bool

    def awake(self, civil: time) -> Awake:
        """Who is written to at this time of day."""
        if self.begins <= self.ends:
            quiet = self.begins <= civil < self.ends
        else:
            quiet = civil >= self.begins or civil < self.ends
        if not quiet:
            return Awake.ALL
        return Awake.NOBODY if self.service_desk_too else Awake.SERVICE_DESK


class Turn(StrEnum):
    """What becomes of what waits for one office."""

    ONE = "one"
    """The oldest goes by itself."""

    DIGEST = "digest"
    """All become one mail."""

    LATER = "later"
    """The office has had its mails of this hour."""


def turn(*, waiting: int, taken: int, limit: int) -> Turn:
    """Whose turn it is, of ``waiting`` mails to an office that had ``taken`` within the hour.

    As long as all that wait fit into the hour they go singly; when more wait, they are one mail.
    """
    room = limit - taken
    if room <= 0:
        return Turn.LATER
    return Turn.ONE if waiting <= room else Turn.DIGEST
