"""To which address the mail about a case goes."""

from dataclasses import dataclass

from hwb_notifier.domain.kinds import Audience
from hwb_schemas.register import Authority, School


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address, and whose it is."""

    audience: Audience
    address: str


def recipient_of(
    audience: Audience,
    *,
    school: School | None,
    authority: Authority | None,
    service_desk: str,
) -> Recipient:
    """Where to write. Without a registered school or authority it is the Service Desk's to find."""
    if audience is Audience.SCHOOL and school is not None:
        return Recipient(audience, school.email)
    if audience is Audience.AUTHORITY and authority is not None:
        return Recipient(audience, authority.email)
    return Recipient(Audience.SERVICE_DESK, service_desk)
