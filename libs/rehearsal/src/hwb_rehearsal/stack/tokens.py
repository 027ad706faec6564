"""Bearer tokens of everybody who may call, by role and school, made before the services start."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from hwb_schemas.register import Register
from hwb_schemas.words import Role

OF_A_SCHOOL = (
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.TEACHER,
    Role.NETWORK_MANAGER,
)
OF_THE_NATION = (Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens derived from one secret, so that all of Wales needs no list in memory."""

    secret: bytes

    def of(self, role: Role, *, school: str | None = None, authority: str | None = None) -> str:
        """The bearer token of this role at this school or authority."""
        subject = subject_of(role, school=school, authority=authority)
        return hmac.digest(self.secret, subject.encode(), hashlib.sha256).hex()

    def write(self, path: Path, register: Register) -> None:
        """Write the file that the services read: digests only, with who it is."""
        entries = [
            {
                "token_sha256": hashlib.sha256(
                    self.of(role, school=school, authority=authority).encode()
                ).hexdigest(),
                "subject": subject_of(role, school=school, authority=authority),
                "role": role.value,
                "school": school,
                "authority": authority,
            }
            for role, school, authority in _everybody(register)
        ]
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
        path.write_text(yaml.dump(entries, Dumper=dumper, sort_keys=False))
        path.chmod(0o600)


def subject_of(role: Role, *, school: str | None, authority: str | None) -> str:
    """Who the caller is, for the audit: the role and where."""
    return "-".join(part for part in (role.value, school or authority) if part)


def _everybody(register: Register) -> Iterator[tuple[Role, str | None, str | None]]:
    for role in OF_THE_NATION:
        yield role, None, None
    for authority in register.authorities:
        yield Role.LOCAL_AUTHORITY, None, authority.code
    for school in register.schools:
        for role in OF_A_SCHOOL:
            yield role, school.number, None
