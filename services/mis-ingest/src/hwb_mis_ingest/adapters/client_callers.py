"""Knows the holders of the tokens that Provisioning Clients get here; the others OIDC knows."""

from dataclasses import dataclass

from hwb_mis_ingest.adapters.client_table import ClientTable
from hwb_mis_ingest.application.clients import TOKEN_BEGINS
from hwb_runtime.auth import Caller, Callers, TokenExpiredError, TokenNotValidError
from hwb_runtime.database import Database
from hwb_schemas.words import Role


@dataclass(frozen=True)
class ClientCallers:
    """``hwb_runtime.auth.Callers`` of mis-ingest: a client acts as its school's Network Manager."""

    database: Database
    others: Callers

    async def caller(self, token: str) -> Caller:
        """Raises as every ``Callers`` does."""
        if not token.startswith(TOKEN_BEGINS):
            return await self.others.caller(token)
        async with self.database.transaction() as session:
            found = await ClientTable(session).holder(token)
        if found is None:
            raise TokenNotValidError
        client_id, school, is_good = found
        if not is_good:
            raise TokenExpiredError
        return Caller(client_id, Role.NETWORK_MANAGER, school=school)
