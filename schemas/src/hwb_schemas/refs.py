"""person_ref: how a person is named outside the services that may know a UPN or staff code."""

from base64 import urlsafe_b64encode
from hashlib import sha256

_BLOCK_BYTES = 64


class PersonRefs:
    """Makes person_refs under one deployment secret; ``key_id`` says which secret it was.

    HMAC by its definition (RFC 2104), with the secret's two blocks hashed once: one is made for
    every event of the nation, and ``hmac.digest`` takes twice as long.
    """

    def __init__(self, secret: bytes, key_id: str = "k1") -> None:
        self.secret = secret
        self.key_id = key_id
        block = sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret
        block = block.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def of(self, person_key: str) -> str:
        """``<key id>.<22 characters>``, an HMAC-SHA256 of a UPN or ``<school>/<staff code>``."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(person_key.encode())
        outer.update(inner.digest())
        return f"{self.key_id}.{urlsafe_b64encode(outer.digest()[:16])[:22].decode()}"


def staff_key(school: str, staff_code: str) -> str:
    """The key of a staff member: a staff code is unique within one school only."""
    return f"{school}/{staff_code}"


def class_key(school: str, academic_year: str, class_code: str) -> str:
    """The key of a class; it contains the academic year because schools use class codes again."""
    return f"{school}/{academic_year}/{class_code}"
