"""How a password is kept: an argon2id digest to sign in with, an AES-GCM seal to show it again."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
# One digest takes 32 ms of a core and 64 MiB: more at once would only take memory.
_AT_ONCE = 2


class SecretKeeping:
    """Digests and seals under one deployment secret; a seal opens for its account alone."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"hwb identity passwords").derive(secret)
        self._cipher = AESGCM(key)
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def digest(self, password: str) -> str:
        """The argon2id digest, made off the event loop."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def agrees(self, password: str, digest: str) -> bool:
        """Whether this is the password of the digest, found off the event loop."""
        async with self._slots:
            return await asyncio.to_thread(self._verify, password, digest)

    def _verify(self, password: str, digest: str) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except VerificationError:
            return False

    def seal(self, password: str, account_id: str) -> bytes:
        """The password as only this deployment can read it again, for this account."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, password.encode(), account_id.encode())

    def unseal(self, sealed: bytes, account_id: str) -> str | None:
        """The password, None where it was sealed under another secret or for another account."""
        nonce, box = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, box, account_id.encode()).decode()
        except InvalidTag:
            return None
