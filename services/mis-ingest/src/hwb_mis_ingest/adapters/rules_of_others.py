"""Asks identity and groups over HTTP what would become of accounts and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from hwb_mis_ingest.application.clients import TOKEN_BEGINS
from hwb_mis_ingest.application.preview_run import (
    AccountChange,
    AccountsWouldBe,
    GroupChange,
    ServiceAwayError,
)

ADDRESS = "/v1/previews"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How mis-ingest itself signs in: at the provider's token endpoint, with role service."""

    token_url: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Other:
    """A service of ours.

    ``base_url`` is blank where the deployment does not say. Provisioning Clients have tokens that
    only mis-ingest knows: for them it asks by its own ``sign_in``, with which no other school is
    named. ``http`` is for tests, which answer in the process.
    """

    name: str
    base_url: str
    seconds: float
    http: httpx.AsyncBaseTransport | None = None
    sign_in: SignIn | None = None

    async def ask(self, body: bytes, *, caller: str) -> dict[str, Any]:
        """The answer. Raises ServiceAwayError for any other than a good one, and for none."""
        if not self.base_url:
            raise ServiceAwayError(self.name, "its address is not in the settings")
        try:
            if caller.startswith(f"Bearer {TOKEN_BEGINS}"):
                caller = await self._own_token()
            headers = {"Authorization": caller, "Content-Type": "application/json"}
            async with httpx.AsyncClient(
                base_url=self.base_url, timeout=self.seconds, transport=self.http, trust_env=False
            ) as client:
                answer = await client.post(ADDRESS, content=body, headers=headers)
            if answer.status_code != httpx.codes.OK:
                raise ServiceAwayError(self.name, f"it answered {answer.status_code}")
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ServiceAwayError(self.name, type(error).__name__) from error
        return found

    async def _own_token(self) -> str:
        """The Authorization header of this service itself, fetched anew: previews are rare."""
        if self.sign_in is None:
            raise ServiceAwayError(self.name, "this service has no sign-in in the settings")
        form = {
            "grant_type": "client_credentials",
            "client_id": self.sign_in.client_id,
            "client_secret": self.sign_in.client_secret,
        }
        async with httpx.AsyncClient(timeout=self.seconds, transport=self.http) as client:
            answer = await client.post(self.sign_in.token_url, data=form)
        return f"Bearer {answer.raise_for_status().json()['access_token']}"


class IdentityRules:
    """Implements ``AccountRules``."""

    def __init__(self, identity: Other) -> None:
        self._identity = identity

    async def would_be(
        self, school: str, words: Sequence[bytes], *, caller: str
    ) -> AccountsWouldBe:
        body = b'{"school":"%b","words":[%b]}' % (school.encode(), b",".join(words))
        found = await self._identity.ask(body, caller=caller)
        return AccountsWouldBe(
            changes=[
                AccountChange(one["number"], one["change"], one["is_new"], one["account"])
                for one in found["changes"]
            ],
            pending=found["pending"],
            doubtful=found["doubtful"],
        )


class RulesOfGroups:
    """Implements ``GroupRules``."""

    def __init__(self, groups: Other) -> None:
        self._groups = groups

    async def would_be(
        self, school: str, classes: Sequence[bytes], accounts: Sequence[bytes], *, caller: str
    ) -> list[GroupChange]:
        body = b'{"school":"%b","classes":[%b],"accounts":[%b]}' % (
            school.encode(),
            b",".join(classes),
            b",".join(accounts),
        )
        found = await self._groups.ask(body, caller=caller)
        return [
            GroupChange(
                one["group_id"],
                one["provider"],
                one["class_key"],
                one["title"],
                {member["account_id"]: member["role"] for member in one["members"]},
            )
            for one in found["groups"]
        ]
