"""The worker's parts: cases come in from Kafka, mails go out by a job."""

from hwb_notifier.application.record_cases import RecordCases
from hwb_notifier.application.send_mails import SendMails
from hwb_runtime.slices import Subscription
from hwb_runtime.worker import Job, WorkerParts
from hwb_schemas.events import CaseChanged

CASES = "hwb.servicedesk.cases"
LOOK_EVERY_SECONDS = 1.0


def cases_subscription(record: RecordCases) -> Subscription:
    """Cases, each event once by its id."""
    return Subscription(topic=CASES, payload=CaseChanged, handle=record, drops_applied="by_id")


def worker_parts(record: RecordCases, send: SendMails) -> WorkerParts:
    """What the worker consists of; only the leader sends, so that a mail has one sender."""
    return WorkerParts(
        subscriptions=(cases_subscription(record),),
        jobs=(Job(name="send_mails", run_once=send.run_once, every=LOOK_EVERY_SECONDS),),
    )
