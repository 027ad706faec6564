"""What the notifier can be told from outside."""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hwb_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from ``HWB_NOTIFIER_…``."""

    model_config = SettingsConfigDict(env_prefix="HWB_NOTIFIER_", extra="ignore")

    smtp_host: str = "127.0.0.1"
    """The mail server."""

    smtp_port: int = 25
    """Its port."""

    smtp_encryption: Literal["none", "starttls", "tls"] = "none"
    """How the connection is kept private."""

    smtp_username: str | None = None
    """Who we are to the mail server; none means that it does not ask."""

    smtp_password: SecretStr | None = None
    """The password that goes with it."""

    smtp_timeout_seconds: Annotated[float, Field(gt=0)] = 20.0
    """The longest wait for one answer of the mail server."""

    retry_first_seconds: Annotated[float, Field(gt=0)] = 30.0
    """The wait after the first failure; it doubles, and is divided by the time scale."""

    retry_longest_seconds: Annotated[float, Field(gt=0)] = 3600.0
    """The longest wait between two tries, divided by the time scale."""

    mails_per_hour: Annotated[int, Field(ge=1)] = 20
    """Mails to one office in an hour of system time (divided by the time scale); when more wait,
    they become one mail."""

    quiet_from: time | None = None
    """From this time of day in Wales on nobody is mailed; none: there are no quiet hours."""

    quiet_until: time = time(7)
    """Until this time of day; earlier than ``quiet_from`` is the next morning."""

    quiet_for_service_desk: bool = False
    """Whether the quiet hours are the Service Desk's, too."""

    mail_from: str = "Hwb <no-reply@hwb.gov.wales>"
    """Sender of every mail."""

    message_id_domain: str = "rollover.hwb.gov.wales"
    """Right-hand side of every Message-ID. A change of it makes a repeat look like a new mail."""

    service_desk_mail: str = "hwb@gov.wales"
    """The Service Desk: told to readers, and written to."""

    service_desk_phone: str = "03000 25 25 25"
    """The Service Desk's telephone."""

    support_centre: str = "https://hwb.gov.wales/support-centre"
    """The support centre."""

    identity_url: str = ""
    """Address of identity's API, which carries out what is decided of staff transfers."""

    mis_ingest_url: str = ""
    """Address of mis-ingest's API, which carries out what is decided of held runs."""

    decide_seconds: Annotated[float, Field(gt=0)] = 20.0
    """The longest wait for the answer of either."""

    late_after_seconds: Annotated[float, Field(gt=0)] = 900.0
    """``reconcile`` reports a mail that has waited longer than this."""
