"""Who calls, and what he or she may see: the one place that decides it.

Tokens are kept as SHA-256 in a file: ``token_sha256, subject, role, school, authority``.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from hwb_runtime.errors import SettingsError
from hwb_runtime.files import read_yaml
from hwb_runtime.problems import ProblemError
from hwb_schemas.words import Role

NATIONAL = frozenset({Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a token. ``subject`` is an account id or the name of a service."""

    subject: str
    role: Role
    school: str | None = None
    authority: str | None = None

    def may_see_school(self, school: str) -> bool:
        """Own school; the schools of the own authority; every school for national roles."""
        if self.role in NATIONAL:
            return True
        if self.role is Role.LOCAL_AUTHORITY:
            return self.authority is not None and school.startswith(self.authority)
        return self.school == school


class _Token(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token_sha256: str
    subject: str
    role: Role
    school: str | None = None
    authority: str | None = None


class Callers:
    """The callers that the tokens file knows."""

    def __init__(self, by_digest: Mapping[str, Caller]) -> None:
        self._by_digest = by_digest

    def caller(self, token: str) -> Caller | None:
        """Who holds this token, None where nobody does."""
        return self._by_digest.get(hashlib.sha256(token.encode()).hexdigest())


def load_callers(path: Path) -> Callers:
    """Read the tokens file. Raises SettingsError."""
    try:
        tokens = TypeAdapter(list[_Token]).validate_python(read_yaml(path, "tokens file"))
    except ValidationError as error:
        message = f"The tokens file {path} is not valid: {error}"
        raise SettingsError(message) from error
    return Callers(
        {
            token.token_sha256: Caller(token.subject, token.role, token.school, token.authority)
            for token in tokens
        }
    )


_bearer = HTTPBearer(auto_error=False, description="A bearer token that names role and school.")


def caller_with(*roles: Role) -> Any:
    """A dependency that gives the Caller; 401 without a known token, 403 for another role."""

    async def dependency(
        request: Request,
        credentials: HTTPAuthorizationCredentials | None = Depends(_bearer),  # noqa: B008
    ) -> Caller:
        callers: Callers = request.app.state.platform.callers
        caller = callers.caller(credentials.credentials) if credentials else None
        if caller is None:
            raise ProblemError(
                status=401,
                code="not_signed_in",
                title="Who are you?",
                detail="Send a valid bearer token in the Authorization header.",
            )
        if caller.role not in roles:
            raise ProblemError(
                status=403,
                code="role_not_allowed",
                title="This is not for your role",
                detail=f"Your role is {caller.role}; this asks for: {', '.join(sorted(roles))}.",
            )
        return caller

    checked: Callable[..., Awaitable[Caller]] = dependency
    return Depends(checked)


def ensure_school(caller: Caller, school: str) -> None:
    """Raise a 403 problem where the caller may not see this school."""
    if not caller.may_see_school(school):
        raise ProblemError(
            status=403,
            code="school_not_yours",
            title="This school is not yours",
            detail="Your token does not cover this school. Ask your Digital Champion or the Service"
            " Desk if it should.",
        )
