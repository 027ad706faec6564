"""To which office the mail about a case goes, and where that office reads its mail."""

from dataclasses import dataclass

from hwb_notifier.domain.kinds import Audience
from hwb_schemas.register import Authority, ClientManager, School

SERVICE_DESK = Audience.SERVICE_DESK.value
"""The Service Desk as an addressee; others are ``school/<number>`` and ``authority/<code>``."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address, and whose it is."""

    audience: Audience
    address: str


def addressee_of(audience: Audience, *, school: School | None, authority: Authority | None) -> str:
    """The office. Without a registered school or authority it is the Service Desk's to find."""
    if audience is Audience.CLIENT_MANAGER and school is not None:
        by_authority = school.client_managed_by is ClientManager.LOCAL_AUTHORITY
        audience = Audience.AUTHORITY if by_authority else Audience.SCHOOL
    if audience is Audience.SCHOOL and school is not None:
        return f"{audience.value}/{school.number}"
    if audience is Audience.AUTHORITY and authority is not None:
        return f"{audience.value}/{authority.code}"
    return SERVICE_DESK


def number_in(addressee: str) -> str:
    """The school's number or the authority's code; blank for the Service Desk."""
    return addressee.partition("/")[2]


def recipient_of(
    addressee: str, *, school: School | None, authority: Authority | None, service_desk: str
) -> Recipient:
    """Where to write to the office; what the register no longer has goes to the Service Desk."""
    audience = Audience(addressee.partition("/")[0])
    if audience is Audience.SCHOOL and school is not None:
        return Recipient(audience, school.email)
    if audience is Audience.AUTHORITY and authority is not None:
        return Recipient(audience, authority.email)
    return Recipient(Audience.SERVICE_DESK, service_desk)
