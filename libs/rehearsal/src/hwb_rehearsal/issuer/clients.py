"""Everybody who may sign in on this machine: a client for each role, at each school or authority.

A client id says it all (``teacher-6604027``, ``local_authority-660``, ``operator``), optionally
with the account id of the person (``teacher-6604027-01a2…``). Its secret is made from the id and
one secret of the rehearsal, so that all of Wales needs no list.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from hwb_schemas.words import Role

OF_A_SCHOOL = (
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.TEACHER,
    Role.NETWORK_MANAGER,
)
OF_THE_NATION = (Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE)
_SCHOOL, _AUTHORITY = r"\d{7}", r"\d{3}"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token says of its holder."""

    subject: str
    role: Role
    school: str | None = None
    authority: str | None = None

    @property
    def claims(self) -> dict[str, str]:
        """The claims that the services read."""
        told = {
            "sub": self.subject,
            "hwb_role": self.role.value,
            "hwb_school": self.school,
            "hwb_authority": self.authority,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LocalClients:
    """The clients of one rehearsal."""

    secret: bytes = field(repr=False)

    def secret_of(self, client_id: str) -> str:
        """What this client proves itself with."""
        return hmac.digest(self.secret, client_id.encode(), hashlib.sha256).hex()

    def knows(self, client_id: str, client_secret: str) -> bool:
        """Whether the secret is this client's."""
        return hmac.compare_digest(self.secret_of(client_id).encode(), client_secret.encode())


def client_id_of(
    role: Role,
    *,
    school: str | None = None,
    authority: str | None = None,
    subject: str | None = None,
) -> str:
    """The id of whoever has this role there; ``subject`` is the account id where one matters."""
    return "-".join(part for part in (role.value, school or authority, subject) if part)


def identity_of(client_id: str) -> Identity | None:
    """Who signs in with this id; None where it is nobody's."""
    role_name, *rest = client_id.split("-", 2)
    if role_name not in {role.value for role in Role}:
        return None
    role = Role(role_name)
    if role in OF_THE_NATION:
        return None if rest else Identity(client_id, role)
    if not rest:
        return None
    scope, subject = rest[0], rest[1] if len(rest) > 1 else client_id
    if not subject or not re.fullmatch(_SCHOOL if role in OF_A_SCHOOL else _AUTHORITY, scope):
        return None
    if role in OF_A_SCHOOL:
        return Identity(subject, role, school=scope)
    return Identity(subject, role, authority=scope)
