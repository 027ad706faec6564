"""The one place where the notifier is wired."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hwb_notifier.adapters.mail_table import PostgresMailRows
from hwb_notifier.adapters.owners import OwnersOverHttp
from hwb_notifier.adapters.postgres import PostgresCaseRows
from hwb_notifier.adapters.smtp import SmtpMailer
from hwb_notifier.adapters.wording import BilingualWording, Contact
from hwb_notifier.application.decide_case import DecideCase
from hwb_notifier.application.desk import Desk
from hwb_notifier.application.find_cases import FindCases
from hwb_notifier.application.mail_ports import Mailer
from hwb_notifier.application.ports import Owners
from hwb_notifier.application.reconcile import Reconcile
from hwb_notifier.application.record_cases import RecordCases
from hwb_notifier.application.send_mails import Pace, SendMails
from hwb_notifier.application.take_bounces import TakeBounces
from hwb_notifier.domain.decision import Owner
from hwb_notifier.domain.message import Backoff
from hwb_notifier.domain.pace import Awake, QuietHours
from hwb_notifier.settings import Settings
from hwb_runtime.clock import LONDON
from hwb_runtime.platform import Platform
from hwb_runtime.service import Service
from hwb_runtime.worker import WorkerParts

SECONDS_OF_AN_HOUR = 3600.0


def record_cases(platform: Platform) -> RecordCases:
    """The handler of the cases' topic."""
    settings: Settings = platform.settings
    return RecordCases(
        PostgresCaseRows(),
        PostgresMailRows(),
        platform.register,
        message_id_domain=settings.message_id_domain,
    )


def wording(platform: Platform) -> BilingualWording:
    """Who writes the mails."""
    settings: Settings = platform.settings
    contact = Contact(
        settings.service_desk_mail, settings.service_desk_phone, settings.support_centre
    )
    return BilingualWording(platform.register, contact=contact, sender=settings.mail_from)


def _smtp(settings: Settings) -> SmtpMailer:
    password = settings.smtp_password
    return SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        encryption=settings.smtp_encryption,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        timeout=settings.smtp_timeout_seconds,
    )


def _quiet_hours(settings: Settings) -> QuietHours | None:
    if settings.quiet_from is None:
        return None
    return QuietHours(settings.quiet_from, settings.quiet_until, settings.quiet_for_service_desk)


def send_mails(platform: Platform, mailer: Mailer | None = None) -> SendMails:
    """The job that sends, by SMTP or as a test says."""
    settings: Settings = platform.settings
    return SendMails(
        PostgresMailRows(),
        platform.units_of_work,
        mailer or _smtp(settings),
        wording(platform),
        platform.register,
        service_desk=settings.service_desk_mail,
        backoff=Backoff(
            first=settings.retry_first_seconds / settings.time_scale,
            longest=settings.retry_longest_seconds / settings.time_scale,
        ),
        pace=Pace(
            limit=settings.mails_per_hour,
            hour=SECONDS_OF_AN_HOUR / settings.time_scale,
            quiet=_quiet_hours(settings),
            message_id_domain=settings.message_id_domain,
        ),
        spread=random.Random(),
    )


def make_api(platform: Platform) -> Any:
    """The API process, a FastAPI application; only entrypoints know FastAPI."""
    settings: Settings = platform.settings
    addresses: dict[Owner, str] = {
        "identity": settings.identity_url,
        "mis-ingest": settings.mis_ingest_url,
    }
    return api_beside(platform, OwnersOverHttp(addresses, settings.decide_seconds))


def api_beside(platform: Platform, owners: Owners) -> Any:
    """The API; ``owners`` carry out what is decided."""
    from hwb_notifier.entrypoints.api import create_case_api

    rows = PostgresCaseRows()
    return create_case_api(
        platform,
        FindCases(rows, platform.units_of_work),
        Desk(rows),
        DecideCase(rows, platform.units_of_work, owners),
        TakeBounces(PostgresMailRows()),
    )


@asynccontextmanager
async def make_worker(platform: Platform) -> AsyncIterator[WorkerParts]:
    """The worker process."""
    from hwb_notifier.entrypoints.worker import worker_parts

    yield worker_parts(record_cases(platform), send_mails(platform))


async def reconcile(platform: Platform, fix: bool) -> list[str]:  # noqa: FBT001 - the verb's flag
    """What ``hwb-notifier reconcile`` prints."""
    settings: Settings = platform.settings
    quiet = _quiet_hours(settings)
    civil = platform.clock.now().astimezone(LONDON).time()
    compare = Reconcile(
        PostgresMailRows(),
        platform.units_of_work,
        platform.register,
        message_id_domain=settings.message_id_domain,
        late_after=settings.late_after_seconds,
    )
    findings = await compare.findings(quiet.awake(civil) if quiet else Awake.ALL)
    if fix:
        await compare.mend()
    return findings


SERVICE = Service(
    name="notifier",
    settings=Settings,
    migrations=Path(__file__).parent / "migrations",
    api=make_api,
    worker=make_worker,
    reconcile=reconcile,
)
