"""The one place where the notifier is wired."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hwb_notifier.adapters.owners import OwnersOverHttp
from hwb_notifier.adapters.postgres import PostgresCaseRows
from hwb_notifier.adapters.smtp import SmtpMailer
from hwb_notifier.adapters.wording import BilingualWording, Contact
from hwb_notifier.application.decide_case import DecideCase
from hwb_notifier.application.desk import Desk
from hwb_notifier.application.find_cases import FindCases
from hwb_notifier.application.ports import Owners
from hwb_notifier.application.reconcile import Reconcile
from hwb_notifier.application.record_cases import RecordCases
from hwb_notifier.application.send_mails import SendMails
from hwb_notifier.domain.decision import Owner
from hwb_notifier.domain.message import Backoff
from hwb_notifier.settings import Settings
from hwb_runtime.platform import Platform
from hwb_runtime.service import Service
from hwb_runtime.worker import WorkerParts


def record_cases(platform: Platform) -> RecordCases:
    """The handler of the cases' topic."""
    settings: Settings = platform.settings
    return RecordCases(PostgresCaseRows(), message_id_domain=settings.message_id_domain)


def send_mails(platform: Platform) -> SendMails:
    """The job that sends."""
    settings: Settings = platform.settings
    password = settings.smtp_password
    mailer = SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        encryption=settings.smtp_encryption,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
        timeout=settings.smtp_timeout_seconds,
    )
    contact = Contact(
        settings.service_desk_mail, settings.service_desk_phone, settings.support_centre
    )
    return SendMails(
        PostgresCaseRows(),
        platform.units_of_work,
        mailer,
        BilingualWording(platform.register, contact=contact, sender=settings.mail_from),
        platform.register,
        service_desk=settings.service_desk_mail,
        backoff=Backoff(
            first=settings.retry_first_seconds / settings.time_scale,
            longest=settings.retry_longest_seconds / settings.time_scale,
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
    )


@asynccontextmanager
async def make_worker(platform: Platform) -> AsyncIterator[WorkerParts]:
    """The worker process."""
    from hwb_notifier.entrypoints.worker import worker_parts

    yield worker_parts(record_cases(platform), send_mails(platform))


async def reconcile(platform: Platform, fix: bool) -> list[str]:  # noqa: FBT001 - the verb's flag
    """What ``hwb-notifier reconcile`` prints."""
    settings: Settings = platform.settings
    compare = Reconcile(
        PostgresCaseRows(),
        platform.units_of_work,
        message_id_domain=settings.message_id_domain,
        late_after=settings.late_after_seconds,
    )
    findings = await compare.findings()
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
