"""Keeps the cases that services raise and resolve, and makes one mail of each opening."""

from collections.abc import Sequence
from typing import Any

import structlog

from hwb_notifier.application.ports import CaseRows
from hwb_notifier.domain.case import Case, case_after, opens
from hwb_notifier.domain.message import message_id
from hwb_runtime.errors import PoisonError
from hwb_runtime.events import Received
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.events import CaseChanged

log = structlog.get_logger("hwb_notifier.cases")


class RecordCases:
    """Handler of hwb.servicedesk.cases."""

    def __init__(self, rows: CaseRows, *, message_id_domain: str) -> None:
        self._rows = rows
        self._domain = message_id_domain

    async def __call__(self, events: Sequence[Received[Any]], uow: UnitOfWork) -> None:
        """Fold a slice into its cases; what changed is written as one set."""
        for event in events:
            _refuse_unprintable(event)
        changes = [event.payload for event in events if isinstance(event.payload, CaseChanged)]
        cases = await self._rows.known(uow.session, {change.case_key for change in changes})
        changed: set[str] = set()
        mails: list[tuple[Case, str, str]] = []
        for change in changes:
            before = cases.get(change.case_key)
            after = case_after(before, change)
            if after is None or after is before:
                continue
            cases[change.case_key] = after
            changed.add(change.case_key)
            if opens(before, after):
                mails.append((after, *message_ids(after, self._domain)))
        await self._rows.save(uow.session, [cases[key] for key in sorted(changed)])
        await self._rows.add_mails(uow.session, mails)
        if changed:
            log.info("cases_recorded", changed=len(changed), opened=len(mails))


def _refuse_unprintable(event: Received[Any]) -> None:
    """Key and school go into a mail's headers, where a line break would begin another header."""
    if isinstance(event.payload, CaseChanged):
        written = event.payload.case_key + (event.payload.school or "")
        if not written.isprintable():
            message = "the case key or the school holds a character that cannot be printed"
            raise PoisonError(message)


def message_ids(case: Case, domain: str) -> tuple[str, str]:
    """The Message-ID of this opening, and of the case's first."""
    first = message_id(case.case_key, 1, domain=domain)
    return message_id(case.case_key, case.opening, domain=domain), first
