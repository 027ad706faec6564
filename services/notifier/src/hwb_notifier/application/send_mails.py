"""Sends what is due, one mail a transaction: sent is what the server's answer and COMMIT agree on.

A crash between the two repeats the mail with the same Message-ID, and nothing else can. When more
waits for an office than it may get in an hour, all that waits becomes one mail: which cases are in
it is committed before it is sent, so that a repeat says what the first one said.
"""

import random
from dataclasses import dataclass

import structlog

from hwb_notifier.application.mail_ports import (
    DueMail,
    Letter,
    MailDelayedError,
    Mailer,
    MailRefusedError,
    MailRows,
    MailServerAwayError,
    MailServerError,
    SenderRefusedError,
    Wording,
)
from hwb_notifier.domain.message import Backoff
from hwb_notifier.domain.pace import MOST_IN_A_DIGEST, Awake, QuietHours, Turn, turn
from hwb_notifier.domain.recipients import Recipient, number_in, recipient_of
from hwb_notifier.metrics import MAILS
from hwb_runtime.clock import LONDON
from hwb_runtime.crash import crash_point, declare_crash_point
from hwb_runtime.files import SchoolRegister
from hwb_runtime.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger("hwb_notifier.mails")

BEFORE_SEND = declare_crash_point("smtp_before_send", "a mail is claimed, the server has no word")
AFTER_SEND = declare_crash_point("smtp_after_send", "the server took a mail, nothing is stored")
BEFORE_COMMIT = declare_crash_point("mail_before_commit", "a mail is marked sent, not committed")
AFTER_COMMIT = declare_crash_point("mail_after_commit", "a sent mail is committed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """``limit`` mails to one office in an ``hour`` (seconds of system time), and quiet hours."""

    limit: int
    hour: float
    quiet: QuietHours | None
    message_id_domain: str


class SendMails:
    """One mail per call."""

    def __init__(
        self,
        rows: MailRows,
        units_of_work: UnitsOfWork,
        mailer: Mailer,
        wording: Wording,
        register: SchoolRegister,
        *,
        service_desk: str,
        backoff: Backoff,
        pace: Pace,
        spread: random.Random,
    ) -> None:
        self._rows = rows
        self._units_of_work = units_of_work
        self._mailer = mailer
        self._wording = wording
        self._register = register
        self._service_desk = service_desk
        self._backoff = backoff
        self._pace = pace
        self._spread = spread

    async def run_once(self) -> bool:
        """Send what is due the longest. True if the next one should be tried at once."""
        async with self._units_of_work.begin() as uow:
            awake = self._awake(uow)
            if awake is Awake.NOBODY:
                return False
            letter = await self._rows.claim_digest(uow.session, awake)
            if letter is None:
                mail = await self._rows.claim_mail(uow.session, awake)
                if mail is None:
                    return False
                letter = await self._its_turn(mail, uow)
                if letter is None:
                    return True
            uow.in_hand += 1
            go_on = await self._attempt(letter, uow)
            crash_point(BEFORE_COMMIT, in_hand=1)
        crash_point(AFTER_COMMIT, in_hand=1)
        return go_on

    def _awake(self, uow: UnitOfWork) -> Awake:
        quiet = self._pace.quiet
        return Awake.ALL if quiet is None else quiet.awake(uow.now.astimezone(LONDON).time())

    async def _its_turn(self, mail: DueMail, uow: UnitOfWork) -> Letter | None:
        """The mail by itself; None where it goes with others, or later."""
        taken = await self._rows.taken(uow.session, mail.addressee, within=self._pace.hour)
        waiting = await self._rows.waiting(uow.session, mail.addressee, limit=MOST_IN_A_DIGEST)
        match turn(waiting=len(waiting), taken=taken, limit=self._pace.limit):
            case Turn.ONE:
                return Letter(mail.message_id, mail.addressee, (mail,), mail.failures)
            case Turn.DIGEST:
                digest_id = await self._rows.gather(
                    uow.session, mail.addressee, waiting, domain=self._pace.message_id_domain
                )
                log.info("digest_gathered", digest_id=digest_id, cases=len(waiting))
            case Turn.LATER:
                await self._rows.postpone(uow.session, mail.addressee, hour=self._pace.hour)
        return None

    async def _attempt(self, letter: Letter, uow: UnitOfWork) -> bool:
        recipient = self._recipient(letter.addressee)
        try:
            message = self._wording.compose(letter, recipient, at=uow.now)
        except ValueError as error:  # an address or a date that cannot be written
            await self._note(MailRefusedError(f"not composed: {type(error).__name__}"), letter, uow)
            return True
        crash_point(BEFORE_SEND, in_hand=1)
        try:
            await self._mailer.send(message)
        except MailServerError as error:
            await self._note(error, letter, uow)
            return not isinstance(error, MailServerAwayError)
        crash_point(AFTER_SEND, in_hand=1)
        await self._rows.mark_sent(uow.session, letter, at=uow.now)
        MAILS.labels("sent").inc()
        log.info(
            "mail_sent", mail_ids=letter.mail_ids, digest_id=letter.digest_id, to=recipient.audience
        )
        return True

    async def _note(self, error: MailServerError, letter: Letter, uow: UnitOfWork) -> None:
        told = {"mail_ids": letter.mail_ids, "digest_id": letter.digest_id, "reason": error.reason}
        if isinstance(error, SenderRefusedError):
            await self._rows.mark_parked(uow.session, letter, reason=error.reason)
            MAILS.labels("parked").inc()
            log.error("mail_parked", **told)
            return
        if isinstance(error, MailRefusedError):
            await self._rows.mark_undeliverable(uow.session, letter.mail_ids, reason=error.reason)
            await self._rows.dissolve(uow.session, letter.digest_id)
            MAILS.labels("undeliverable").inc()
            log.error("mail_undeliverable", **told)
            return
        wait = self._backoff.wait(letter.failures + 1, self._spread)
        await self._rows.mark_failed(uow.session, letter, reason=error.reason, wait=wait)
        outcome = "delayed" if isinstance(error, MailDelayedError) else "server_away"
        MAILS.labels(outcome).inc()
        log.warning("mail_not_sent", outcome=outcome, **told)

    def _recipient(self, addressee: str) -> Recipient:
        number = number_in(addressee)
        return recipient_of(
            addressee,
            school=self._register.school(number),
            authority=self._register.authority(number),
            service_desk=self._service_desk,
        )
