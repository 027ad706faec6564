"""A caller with role and scope, and which schools that covers."""

from dataclasses import dataclass
from typing import Protocol

from hwb_runtime.problems import ProblemError
from hwb_schemas.words import Role

NATIONAL = frozenset({Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE})
OF_A_SCHOOL = frozenset(
    {Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR, Role.TEACHER, Role.NETWORK_MANAGER}
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds a token. ``subject`` is an account id, or the name of a service or client."""

    subject: str
    role: Role
    school: str | None = None
    authority: str | None = None

    def may_see_school(self, school: str) -> bool:
        """Own school; the schools of the own authority; every school for national roles."""
        if self.role in NATIONAL:
            return True
        if self.role is Role.LOCAL_AUTHORITY:
            return bool(self.authority) and school.startswith(self.authority or "")
        return self.school == school


class Callers(Protocol):
    """Knows who holds a token."""

    async def caller(self, token: str) -> Caller:
        """Raises one of ``hwb_runtime.auth.refusals`` where the token does not say who."""
        ...


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
