"""How long a restore will take: the wait for its turn, then what the provider takes."""

from dataclasses import dataclass

from hwb_groups.domain.quota import Kind, Share, rate_of
from hwb_schemas.words import Provider

LINE_SECONDS = 300.0
"""Provider seconds over which the pace of a line is counted, if it has stood as long."""
SAYING_SECONDS = 10.0
"""Provider seconds that a line has to have stood before its pace says something."""

USUAL_SECONDS = {Provider.TEAMS: 60.0, Provider.CLASSROOM: 10.0}
"""Provider seconds that a restore takes there, until some have been seen."""
USUAL_ARCHIVE_SECONDS = {Provider.TEAMS: 45.0, Provider.CLASSROOM: 5.0}
"""The same of an archive that the provider has in hand already, which has to end first."""

_CALLS = {
    Provider.TEAMS: {
        Kind.GRAPH_GET: 3,
        Kind.GRAPH_WRITE: 1,
        Kind.GRAPH_MEMBERS: 1,
        Kind.GRAPH_EDUCATION: 1,
    },
    Provider.CLASSROOM: {Kind.CLASSROOM_USER: 5, Kind.CLASSROOM_PROJECT: 5},
}
"""What one restore costs where nobody has left: state, restore, unlink, members, verification."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one restore stands, all times in real seconds.

    ``ahead`` restores of the provider have not begun and go before it; ``begun`` is whether it has
    begun itself, ``begun_for`` seconds ago. ``line_for`` is for how long restores before it have
    been waiting without a break, and ``left_line`` how many began in that time: the pace at which
    the line moves. ``blocked_for`` is how long the provider still wants to be left alone.
    ``seconds_each`` is the median that the latest took at the provider, ``archive_each`` the same
    of archives where one of this very group is under way, None where none was seen.
    """

    ahead: int
    begun: bool
    begun_for: float
    line_for: float
    left_line: int
    blocked_for: float
    seconds_each: float | None
    archive_under_way: bool
    archive_each: float | None


def place_of(standing: Standing) -> int:
    """1 is next, or begun."""
    return 1 if standing.begun else standing.ahead + 1


def seconds_until_done(provider: Provider, standing: Standing, *, time_scale: float) -> float:
    """An honest estimate in real seconds.

    The line's own pace counts while there is one; before, and where the provider has just begun to
    let nobody through, the provider's quota says how fast it can move.
    """
    takes = standing.seconds_each
    if takes is None:
        takes = USUAL_SECONDS[provider] / time_scale
    if standing.begun:
        return max(takes - standing.begun_for, standing.blocked_for)
    if standing.archive_under_way:
        archive = standing.archive_each
        takes += USUAL_ARCHIVE_SECONDS[provider] / time_scale if archive is None else archive
    return _wait(provider, standing, time_scale) + takes


def _wait(provider: Provider, standing: Standing, time_scale: float) -> float:
    rate = min(
        rate_of(kind, Share.WHOLE, time_scale=time_scale) / calls
        for kind, calls in _CALLS[provider].items()
    )
    if standing.line_for >= SAYING_SECONDS / time_scale and standing.left_line:
        rate = min(rate, standing.left_line / standing.line_for)
    return standing.blocked_for + standing.ahead / rate
