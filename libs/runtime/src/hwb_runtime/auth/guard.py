"""What stands before every operation: a caller with one of its roles."""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hwb_runtime.auth.caller import Caller, Callers
from hwb_runtime.auth.refusals import NotSignedInError
from hwb_runtime.problems import ProblemError
from hwb_schemas.words import Role

_bearer = HTTPBearer(
    auto_error=False,
    description="A bearer token that names role and school; see docs/reference/who-may-do-what.md.",
)


@dataclass(frozen=True)
class RoleGuard:
    """A dependency that gives the Caller; 401 without a known token, 403 for another role.

    The token is checked once, when the request begins: an upload may take longer than it lasts.
    """

    roles: frozenset[Role]

    async def __call__(
        self,
        request: Request,
        credentials: HTTPAuthorizationCredentials | None = Depends(_bearer),  # noqa: B008
    ) -> Caller:
        if credentials is None:
            raise NotSignedInError
        callers: Callers = request.app.state.callers
        caller = await callers.caller(credentials.credentials)
        if caller.role not in self.roles:
            wanted = ", ".join(sorted(self.roles))
            raise ProblemError(
                status=403,
                code="role_not_allowed",
                title="This is not for your role",
                detail=f"Your role is {caller.role}; this asks for: {wanted}.",
            )
        return caller


def caller_with(*roles: Role) -> Any:
    """The dependency of an operation that these roles may call."""
    return Depends(RoleGuard(frozenset(roles)))
