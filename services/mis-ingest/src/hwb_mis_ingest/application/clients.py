"""Credentials of schools' Provisioning Clients: made, rotated, revoked, and changed for tokens."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from hwb_mis_ingest.client_errors import ClientRevokedError, ClientUnknownError
from hwb_runtime.database import Session
from hwb_runtime.unit_of_work import UnitOfWork

TOKEN_BEGINS = "hwbpc_"  # noqa: S105 - how our own tokens are told from the provider's
SECRET_BYTES = 32
ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """When a secret was made, by whom, and when it ends: None until a newer one is made."""

    made_at: datetime
    made_by: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Client:
    """A school's credentials without what is secret of them."""

    client_id: str
    school: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    secrets: tuple[ClientSecret, ...]


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret, said once; ``previous_ends_at`` is when the one before it ends."""

    client_id: str
    client_secret: str
    previous_ends_at: datetime | None = None


class Clients(Protocol):
    """Where credentials are kept; see ``adapters.client_table``."""

    async def add(self, client_id: str, *, school: str, by: str) -> None: ...
    async def of_school(self, school: str, client_id: str | None = None) -> Sequence[Client]: ...
    async def lock(self, client_id: str, *, school: str) -> Client | None: ...
    async def add_secret(self, client_id: str, secret: str, *, by: str) -> None: ...
    async def end_secrets(self, client_id: str, *, overlap_hours: int) -> datetime | None: ...
    async def revoke(self, client_id: str, *, by: str) -> None: ...
    async def knows(self, client_id: str) -> bool: ...
    async def has_secret(self, client_id: str, secret: str) -> bool: ...
    async def add_token(self, client_id: str, token: str, *, seconds: int) -> None: ...


@dataclass(frozen=True)
class ClientDesk:
    """What an operator decides about credentials, and what a client gets for them."""

    clients_on: Callable[[Session], Clients]
    token_seconds: int

    async def make(self, uow: UnitOfWork, school: str, *, by: str) -> NewSecret:
        """New credentials of a school; others that it has go on."""
        clients = self.clients_on(uow.session)
        client_id = f"hwb-{school}-{secrets.token_hex(ID_BYTES)}"
        await clients.add(client_id, school=school, by=by)
        return await self._new_secret(clients, client_id, by=by)

    async def rotate(
        self, uow: UnitOfWork, school: str, client_id: str, *, overlap_hours: int, by: str
    ) -> NewSecret:
        """A new secret; the one before it goes on for the overlap, so that nobody is cut off.

        At most two are good at once: one that was in its overlap already ends now. Raises
        ClientUnknownError or ClientRevokedError.
        """
        clients = self.clients_on(uow.session)
        found = await self._there(clients, school, client_id)
        if found.revoked_at is not None:
            raise ClientRevokedError(client_id)
        ends_at = await clients.end_secrets(client_id, overlap_hours=overlap_hours)
        return await self._new_secret(clients, client_id, by=by, previous_ends_at=ends_at)

    async def revoke(self, uow: UnitOfWork, school: str, client_id: str, *, by: str) -> None:
        """From now on nothing of it is good. Twice is once. Raises ClientUnknownError."""
        clients = self.clients_on(uow.session)
        if (await self._there(clients, school, client_id)).revoked_at is None:
            await clients.revoke(client_id, by=by)

    async def sign_in(self, session: Session, client_id: str, client_secret: str) -> str | None:
        """A token for the right secret, else None."""
        clients = self.clients_on(session)
        if not await clients.has_secret(client_id, client_secret):
            return None
        token = TOKEN_BEGINS + secrets.token_urlsafe(SECRET_BYTES)
        await clients.add_token(client_id, token, seconds=self.token_seconds)
        return token

    async def _there(self, clients: Clients, school: str, client_id: str) -> Client:
        found = await clients.lock(client_id, school=school)
        if found is None:
            raise ClientUnknownError(client_id)
        return found

    async def _new_secret(
        self, clients: Clients, client_id: str, *, by: str, previous_ends_at: datetime | None = None
    ) -> NewSecret:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        await clients.add_secret(client_id, secret, by=by)
        return NewSecret(client_id, secret, previous_ends_at)
