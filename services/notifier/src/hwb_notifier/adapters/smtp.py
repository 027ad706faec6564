"""The mail server over SMTP: what it answers decides whether a mail is tried again."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

import aiosmtplib

from hwb_notifier.application.mail_ports import (
    MailDelayedError,
    MailRefusedError,
    MailServerAwayError,
    MailServerError,
    SenderRefusedError,
)

Encryption = Literal["none", "starttls", "tls"]
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """One connection a mail: cases are few, and a connection kept is a connection that breaks."""

    host: str
    port: int
    encryption: Encryption
    username: str | None
    password: str | None
    timeout: float

    async def send(self, message: EmailMessage) -> None:
        """Hand a mail over. Raises MailServerError."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                use_tls=self.encryption == "tls",
                start_tls=self.encryption == "starttls",
                username=self.username,
                password=self.password,
                timeout=self.timeout,
            )
        except (
            aiosmtplib.SMTPConnectError,
            aiosmtplib.SMTPHeloError,
            aiosmtplib.SMTPAuthenticationError,
        ) as error:
            raise MailServerAwayError(type(error).__name__) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _answered(min(refusal.code for refusal in error.recipients)) from error
        except aiosmtplib.SMTPSenderRefused as error:
            answered = _answered(error.code)
            if isinstance(answered, MailRefusedError):
                raise SenderRefusedError(answered.reason) from error
            raise answered from error
        except aiosmtplib.SMTPResponseException as error:
            raise _answered(error.code) from error
        except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
            raise MailServerAwayError(type(error).__name__) from error


def _answered(code: int) -> MailServerError:
    """Only the code is kept: the text of an answer often repeats an address."""
    if code >= _PERMANENT:
        return MailRefusedError(f"the mail server answered {code}")
    return MailDelayedError(f"the mail server answered {code}")
