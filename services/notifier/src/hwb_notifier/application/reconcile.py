"""Finds cases that nobody was told of, and can put their mails on the way again."""

from hwb_notifier.application.mail_ports import MailRows
from hwb_notifier.application.record_cases import mail_about
from hwb_notifier.domain.pace import Awake
from hwb_runtime.files import SchoolRegister
from hwb_runtime.unit_of_work import UnitsOfWork


class Reconcile:
    """Compares cases with their mails."""

    def __init__(
        self,
        rows: MailRows,
        units_of_work: UnitsOfWork,
        register: SchoolRegister,
        *,
        message_id_domain: str,
        late_after: float,
    ) -> None:
        self._rows = rows
        self._units_of_work = units_of_work
        self._register = register
        self._domain = message_id_domain
        self._late_after = late_after

    async def findings(self, awake: Awake) -> list[str]:
        """One line for each thing that is not as it should be; who is not awake is not late."""
        async with self._units_of_work.begin() as uow:
            parked = await self._rows.parked_mails(uow.session)
            late = await self._rows.mails_due_longer_than(uow.session, self._late_after, awake)
            without = await self._rows.cases_without_mail(uow.session)
        return [
            *(f"parked: the mail about {key} was refused: {why}" for _, key, why in parked),
            *(
                f"late: the mail about {key} waits since long: {why or 'not tried'}"
                for key, why in late
            ),
            *(f"no mail: the case {case.case_key} has none" for case in without),
        ]

    async def mend(self) -> None:
        """Make parked mails due again, and missing ones anew."""
        async with self._units_of_work.begin() as uow:
            parked = await self._rows.parked_mails(uow.session)
            await self._rows.make_due(uow.session, [mail_id for mail_id, _, _ in parked])
            without = await self._rows.cases_without_mail(uow.session)
            await self._rows.add_mails(
                uow.session,
                [mail_about(case, self._register, domain=self._domain) for case in without],
            )
