"""Bearer tokens: fixed ones for the emulators, msal for Graph, google-auth for Classroom."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hwb_groups.adapters.transport import Tokens
from hwb_groups.application.errors import UnavailableError
from hwb_groups.settings import Settings
from hwb_runtime.errors import SettingsError

GRAPH_SCOPE = "https://graph.microsoft.com/.default"
CLASSROOM_SCOPES = (
    "https://www.googleapis.com/auth/classroom.courses",
    "https://www.googleapis.com/auth/classroom.rosters",
    "https://www.googleapis.com/auth/classroom.profile.emails",
)


@dataclass(frozen=True)
class FixedToken:
    """A token that never ends: for emulators only."""

    value: str

    async def token(self) -> str:
        return self.value

    def forget(self) -> None:
        """There is no other."""


@dataclass
class GraphTokens:
    """Client credentials; msal keeps the token until shortly before it ends."""

    app: Any

    async def token(self) -> str:
        answer = await asyncio.to_thread(self.app.acquire_token_for_client, scopes=[GRAPH_SCOPE])
        if "access_token" not in answer:
            raise UnavailableError(str(answer.get("error", "no_token")))
        return str(answer["access_token"])

    def forget(self) -> None:
        self.app.remove_tokens_for_client()


@dataclass
class ClassroomTokens:
    """A service account that acts for an administrator; refreshed when it is no longer valid."""

    credentials: Any
    refresh: Callable[[], None]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self) -> str:
        from google.auth.exceptions import GoogleAuthError

        async with self._lock:
            if not self.credentials.valid:
                try:
                    await asyncio.to_thread(self.refresh)
                except GoogleAuthError as error:
                    raise UnavailableError("no_token") from error
        return str(self.credentials.token)

    def forget(self) -> None:
        self.credentials.token = None


def graph_tokens(settings: Settings) -> Tokens:
    """The fixed token where one is set, else client credentials. Raises SettingsError."""
    if settings.graph_token is not None:
        return FixedToken(settings.graph_token.get_secret_value())
    if settings.graph_client_secret is None or not settings.graph_client_id:
        raise SettingsError(
            "HWB_GROUPS_GRAPH_TENANT, _GRAPH_CLIENT_ID and _GRAPH_CLIENT_SECRET are needed"
            " to reach Microsoft Graph (or HWB_GROUPS_GRAPH_TOKEN for the emulator)."
        )
    import msal

    return GraphTokens(
        msal.ConfidentialClientApplication(
            settings.graph_client_id,
            authority=f"https://login.microsoftonline.com/{settings.graph_tenant}",
            client_credential=settings.graph_client_secret.get_secret_value(),
        )
    )


def classroom_tokens(settings: Settings) -> Tokens:
    """The fixed token where one is set, else a delegated service account. Raises SettingsError."""
    if settings.classroom_token is not None:
        return FixedToken(settings.classroom_token.get_secret_value())
    if settings.classroom_key_file is None or not settings.classroom_admin:
        raise SettingsError(
            "HWB_GROUPS_CLASSROOM_KEY_FILE and _CLASSROOM_ADMIN are needed to reach Google"
            " Classroom (or HWB_GROUPS_CLASSROOM_TOKEN for the emulator)."
        )
    return _service_account(settings.classroom_key_file, settings.classroom_admin)


def _service_account(key_file: Path, admin: str) -> ClassroomTokens:
    from google.auth.transport.requests import Request
    from google.oauth2.service_account import Credentials

    credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        str(key_file), scopes=CLASSROOM_SCOPES
    ).with_subject(admin)
    return ClassroomTokens(credentials, lambda: credentials.refresh(Request()))
