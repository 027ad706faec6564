"""Mails that came back after the server had taken them: the case goes to the Service Desk, once."""

import structlog

from hwb_notifier.application.mail_ports import MailRows
from hwb_notifier.errors import MailUnknownError
from hwb_notifier.metrics import MAILS
from hwb_runtime.unit_of_work import UnitOfWork

log = structlog.get_logger("hwb_notifier.mails")


class TakeBounces:
    """Told by whatever reads the mailbox that bounces come to."""

    def __init__(self, rows: MailRows) -> None:
        self._rows = rows

    async def __call__(self, uow: UnitOfWork, message_id: str, *, status: str) -> int:
        """Put the cases of this mail on the way to the Service Desk; how many.

        None for a bounce that was told before. Raises MailUnknownError.
        """
        mails = await self._rows.sent_as(uow.session, message_id)
        if mails is None:
            raise MailUnknownError
        reason = f"it came back: {status}"
        await self._rows.mark_undeliverable(uow.session, mails, reason=reason)
        if mails:
            MAILS.labels("bounced").inc()
            log.error("mail_bounced", mail_ids=mails, reason=reason)
        return len(mails)
