"""Who asked for what about whom: passwords and diagnoses are audited by account and person_ref."""

from hwb_runtime.auth import Caller
from hwb_runtime.unit_of_work import UnitOfWork


class AccessLog:
    """The audit of one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def note(
        self,
        action: str,
        *,
        caller: Caller,
        school: str | None,
        account_id: str | None = None,
        person_ref: str | None = None,
    ) -> None:
        """Keep that this caller did this; it commits with what was done."""
        await self._uow.session.execute(
            """INSERT INTO access_log
                   (asked_at, action, subject, role, school, account_id, person_ref)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            (
                self._uow.now,
                action,
                caller.subject,
                caller.role.value,
                school,
                account_id,
                person_ref,
            ),
        )
