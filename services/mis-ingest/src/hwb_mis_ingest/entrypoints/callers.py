"""Who may do what here, and that the school it is about is theirs and one of the register's."""

from typing import Annotated, Any

from fastapi import Depends, Request

from hwb_mis_ingest.errors import UnknownSchoolError
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.platform import Platform
from hwb_runtime.texts import SchoolNumber
from hwb_schemas.words import Role

SENDERS = (Role.NETWORK_MANAGER, Role.LOCAL_AUTHORITY, Role.SERVICE, Role.OPERATOR)
DECIDERS = (
    Role.DIGITAL_CHAMPION,
    Role.SCHOOL_ADMINISTRATOR,
    Role.LOCAL_AUTHORITY,
    Role.SERVICE_DESK,
    Role.OPERATOR,
)
CLOSERS = (Role.LOCAL_AUTHORITY, Role.SERVICE_DESK, Role.OPERATOR)
READERS = (*DECIDERS, Role.NETWORK_MANAGER, Role.SERVICE)


def _at_school(*roles: Role) -> Any:
    """The dependency of an operation whose path names a school; only the role is judged before.

    Raises a 403 problem where it is not the caller's, and UnknownSchoolError.
    """

    async def at_school(
        request: Request, school: SchoolNumber, caller: Annotated[Caller, caller_with(*roles)]
    ) -> Caller:
        ensure_school(caller, school)
        platform: Platform = request.app.state.platform
        if platform.register.school(school) is None:
            raise UnknownSchoolError(school)
        return caller

    return Depends(at_school)


Sender = Annotated[Caller, _at_school(*SENDERS)]
Decider = Annotated[Caller, _at_school(*DECIDERS)]
Closer = Annotated[Caller, _at_school(*CLOSERS)]
Reader = Annotated[Caller, _at_school(*READERS)]
Operator = Annotated[Caller, _at_school(Role.OPERATOR)]
CredentialsReader = Annotated[Caller, _at_school(Role.OPERATOR, Role.SERVICE_DESK)]
ReaderOfAny = Annotated[Caller, caller_with(*READERS)]
"""Of an operation that shows what its caller may see, whichever schools these are."""
