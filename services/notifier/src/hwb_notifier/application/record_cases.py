"""Keeps the cases that services raise and resolve, and makes one mail of each opening."""

from collections.abc import Sequence
from typing import Any

import structlog

from hwb_notifier.application.mail_ports import MailRows, NewMail
from hwb_notifier.application.ports import CaseRows
from hwb_notifier.domain.case import Case, case_after, opens
from hwb_notifier.domain.kinds import RULES
from hwb_notifier.domain.message import message_id
from hwb_notifier.domain.recipients import addressee_of
from hwb_runtime.errors import PoisonError
from hwb_runtime.events import Received
from hwb_runtime.files import SchoolRegister
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import CaseChanged

log = structlog.get_logger("hwb_notifier.cases")


class RecordCases:
    """Handler of hwb.servicedesk.cases."""

    def __init__(
        self,
        rows: CaseRows,
        mails: MailRows,
        register: SchoolRegister,
        *,
        message_id_domain: str,
    ) -> None:
        self._rows = rows
        self._mails = mails
        self._register = register
        self._domain = message_id_domain

    async def __call__(self, events: Sequence[Received[Any]], uow: UnitOfWork) -> None:
        """Fold a slice into its cases; what changed is written as one set."""
        for event in events:
            _refuse_unprintable(event)
        changes = [event.payload for event in events if isinstance(event.payload, CaseChanged)]
        cases = await self._rows.known(uow.session, {change.case_key for change in changes})
        changed: set[str] = set()
        mails: list[NewMail] = []
        for change in changes:
            before = cases.get(change.case_key)
            after = case_after(before, change)
            if after is None or after is before:
                continue
            cases[change.case_key] = after
            changed.add(change.case_key)
            if opens(before, after):
                mails.append(mail_about(after, self._register, domain=self._domain))
        await self._rows.save(uow.session, [cases[key] for key in sorted(changed)])
        await self._mails.add_mails(uow.session, mails)
        if changed:
            log.info("cases_recorded", changed=len(changed), opened=len(mails))


def _refuse_unprintable(event: Received[Any]) -> None:
    """Key and school go into a mail's headers, where a line break would begin another header."""
    if isinstance(event.payload, CaseChanged):
        written = event.payload.case_key + (event.payload.school or "")
        if not written.isprintable():
            message = "the case key or the school holds a character that cannot be printed"
            raise PoisonError(message)


def mail_about(case: Case, register: SchoolRegister, *, domain: str) -> NewMail:
    """The mail about a case's last opening, to the office that its kind says."""
    code = register.authority_of(case.school) if case.school else ""
    return NewMail(
        case=case,
        message_id=message_id(case.case_key, case.opening, domain=domain),
        first_message_id=message_id(case.case_key, 1, domain=domain),
        addressee=addressee_of(
            RULES[case.kind].to,
            school=register.school(case.school) if case.school else None,
            authority=register.authority(code),
        ),
    )
