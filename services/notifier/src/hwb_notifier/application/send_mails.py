"""Sends what is due, one mail a transaction: sent is what the server's answer and COMMIT agree on.

A crash between the two repeats the mail with the same Message-ID, and nothing else can.
"""

import random

import structlog

from hwb_notifier.application.ports import (
    CaseRows,
    DueMail,
    MailDelayedError,
    Mailer,
    MailRefusedError,
    MailServerAwayError,
    MailServerError,
    Wording,
)
from hwb_notifier.domain.kinds import RULES
from hwb_notifier.domain.message import Backoff
from hwb_notifier.domain.recipients import Recipient, recipient_of
from hwb_notifier.metrics import MAILS
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.files import SchoolRegister
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger("hwb_notifier.mails")

BEFORE_SEND = declare_crash_point("smtp_before_send", "a mail is claimed, the server has no word")
AFTER_SEND = declare_crash_point("smtp_after_send", "the server took a mail, nothing is stored")
BEFORE_COMMIT = declare_crash_point("mail_before_commit", "a mail is marked sent, not committed")
AFTER_COMMIT = declare_crash_point("mail_after_commit", "a sent mail is committed")


class SendMails:
    """One mail per call."""

    def __init__(
        self,
        rows: CaseRows,
        units_of_work: UnitsOfWork,
        mailer: Mailer,
        wording: Wording,
        register: SchoolRegister,
        *,
        service_desk: str,
        backoff: Backoff,
        spread: random.Random,
    ) -> None:
        self._rows = rows
        self._units_of_work = units_of_work
        self._mailer = mailer
        self._wording = wording
        self._register = register
        self._service_desk = service_desk
        self._backoff = backoff
        self._spread = spread

    async def run_once(self) -> bool:
        """Send the mail that is due the longest. True if the next one should be tried at once."""
        async with self._units_of_work.begin() as uow:
            mail = await self._rows.claim_mail(uow.session)
            if mail is None:
                return False
            uow.in_hand += 1
            go_on = await self._attempt(mail, uow)
            crash_point(BEFORE_COMMIT, in_hand=1)
        crash_point(AFTER_COMMIT, in_hand=1)
        return go_on

    async def _attempt(self, mail: DueMail, uow: UnitOfWork) -> bool:
        recipient = self._recipient(mail)
        try:
            message = self._wording.compose(mail, recipient, at=uow.now)
        except ValueError as error:  # an address or a date that cannot be written
            await self._note(MailRefusedError(f"not composed: {type(error).__name__}"), mail, uow)
            return True
        crash_point(BEFORE_SEND, in_hand=1)
        try:
            await self._mailer.send(message)
        except MailServerError as error:
            await self._note(error, mail, uow)
            return not isinstance(error, MailServerAwayError)
        crash_point(AFTER_SEND, in_hand=1)
        await self._rows.mark_sent(uow.session, mail.mail_id, at=uow.now)
        MAILS.labels("sent").inc()
        log.info("mail_sent", mail_id=mail.mail_id, kind=mail.kind, to=recipient.audience)
        return True

    async def _note(self, error: MailServerError, mail: DueMail, uow: UnitOfWork) -> None:
        if isinstance(error, MailRefusedError):
            await self._rows.mark_parked(uow.session, mail.mail_id, reason=error.reason)
            MAILS.labels("parked").inc()
            log.error("mail_parked", mail_id=mail.mail_id, reason=error.reason)
            return
        wait = self._backoff.wait(mail.failures + 1, self._spread)
        await self._rows.mark_failed(uow.session, mail.mail_id, reason=error.reason, wait=wait)
        outcome = "delayed" if isinstance(error, MailDelayedError) else "server_away"
        MAILS.labels(outcome).inc()
        log.warning("mail_not_sent", mail_id=mail.mail_id, outcome=outcome, reason=error.reason)

    def _recipient(self, mail: DueMail) -> Recipient:
        school = self._register.school(mail.school) if mail.school else None
        code = self._register.authority_of(mail.school) if mail.school else ""
        return recipient_of(
            RULES[mail.kind].to,
            school=school,
            authority=self._register.authority(code),
            service_desk=self._service_desk,
        )
