"""person_ref: how a person is named outside the services that may know a UPN or staff code."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonRefs:
    """Makes person_refs under one deployment secret; ``key_id`` says which secret it was."""

    secret: bytes
    key_id: str = "k1"

    def of(self, person_key: str) -> str:
        """``<key id>.<22 characters>``, an HMAC-SHA256 of a UPN or ``<school>/<staff code>``."""
        digest = hmac.digest(self.secret, person_key.encode(), hashlib.sha256)
        return f"{self.key_id}.{urlsafe_b64encode(digest[:16]).decode().rstrip('=')}"


def staff_key(school: str, staff_code: str) -> str:
    """The key of a staff member: a staff code is unique within one school only."""
    return f"{school}/{staff_code}"


def class_key(school: str, academic_year: str, class_code: str) -> str:
    """The key of a class; it contains the academic year because schools use class codes again."""
    return f"{school}/{academic_year}/{class_code}"
