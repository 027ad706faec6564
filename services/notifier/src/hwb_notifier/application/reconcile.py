"""Finds cases that nobody was told of, and can put their mails on the way again."""

from hwb_notifier.application.ports import CaseRows
from hwb_notifier.application.record_cases import message_ids
from hwb_runtime.unit_of_work import UnitsOfWork


class Reconcile:
    """Compares cases with their mails."""

    def __init__(
        self,
        rows: CaseRows,
        units_of_work: UnitsOfWork,
        *,
        message_id_domain: str,
        late_after: float,
    ) -> None:
        self._rows = rows
        self._units_of_work = units_of_work
        self._domain = message_id_domain
        self._late_after = late_after

    async def findings(self) -> list[str]:
        """One line for each thing that is not as it should be."""
        async with self._units_of_work.begin() as uow:
            parked = await self._rows.parked_mails(uow.session)
            late = await self._rows.mails_due_longer_than(uow.session, self._late_after)
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
                uow.session, [(case, *message_ids(case, self._domain)) for case in without]
            )
