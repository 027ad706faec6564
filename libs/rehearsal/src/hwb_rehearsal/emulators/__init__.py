"""Microsoft Graph (Teams) and Google Classroom as far as the groups service calls them.

State is in memory. Time runs ``time_scale`` times as fast as the clock: delays get shorter, quotas
higher; ``Retry-After`` stays in the provider's own seconds, so a client divides it by the scale.

What a name does to a Team or Classroom (the markers of ``faults.py``) can be written into its
display name or set by id at ``/inspect/faults``.
"""

from hwb_rehearsal.emulators.application import Emulators, make_emulators

__all__ = ["Emulators", "make_emulators"]
