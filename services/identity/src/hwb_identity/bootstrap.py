"""The one place where identity's parts are wired together."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwb_identity.adapters.access_log import AccessLog
from hwb_identity.adapters.account_log import AccountLog
from hwb_identity.adapters.deletion_store import DeletionStore
from hwb_identity.adapters.diagnosis_reader import DiagnosisReader
from hwb_identity.adapters.doubt_store import DoubtStore
from hwb_identity.adapters.manual_store import ManualStore
from hwb_identity.adapters.notice_store import NoticeStore
from hwb_identity.adapters.password_store import PasswordStore
from hwb_identity.adapters.people_store import PeopleStore
from hwb_identity.adapters.run_store import RunStore
from hwb_identity.adapters.secret_keeping import SecretKeeping
from hwb_identity.adapters.transfer_store import TransferStore
from hwb_identity.application.account_ids import new_account_id
from hwb_identity.application.by_hand import DecideByHand
from hwb_identity.application.compare_log import CompareLog
from hwb_identity.application.deletions import Deletions
from hwb_identity.application.diagnose import Diagnose
from hwb_identity.application.doubts import Doubts
from hwb_identity.application.manual_accounts import ManualAccounts
from hwb_identity.application.notices import RaiseNotices
from hwb_identity.application.passwords import Passwords
from hwb_identity.application.ports import OpenPeople
from hwb_identity.application.preview import PreviewWords
from hwb_identity.application.publish_anew import PublishAnew
from hwb_identity.application.reconcile import Reconcile
from hwb_identity.application.rename import RenameAccounts
from hwb_identity.application.settle_runs import RememberRuns, SettleRuns
from hwb_identity.application.staff_transfer import StaffTransfers
from hwb_identity.application.take_changes import TakeChanges
from hwb_identity.application.take_up_due import TakeUpDue
from hwb_identity.settings import Settings
from hwb_runtime.platform import Platform
from hwb_runtime.service import Service
from hwb_runtime.topic_log import TopicLog
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_runtime.worker import WorkerParts

MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True)
class Identity:
    """The use cases of identity on one platform."""

    take_changes: TakeChanges
    preview: PreviewWords
    remember_runs: RememberRuns
    settle_runs: SettleRuns
    take_up_due: TakeUpDue
    reconcile: Reconcile
    compare_log: CompareLog
    publish_anew: PublishAnew
    staff_transfers: StaffTransfers
    doubts: Doubts
    deletions: Deletions
    notices: RaiseNotices
    passwords: Passwords
    diagnose: Diagnose
    by_hand: DecideByHand
    rename: RenameAccounts
    manual_accounts: ManualAccounts


def people_opener(platform: Platform) -> OpenPeople:
    """Gives the store of persons within a unit of work."""

    def open_people(uow: UnitOfWork) -> PeopleStore:
        return PeopleStore(
            uow.session,
            calendar=platform.calendar,
            today=uow.today,
            new_account_id=new_account_id,
        )

    return open_people


def _open_runs(uow: UnitOfWork) -> RunStore:
    return RunStore(uow.session)


def _open_transfers(uow: UnitOfWork) -> TransferStore:
    return TransferStore(uow.session)


def _open_doubts(uow: UnitOfWork) -> DoubtStore:
    return DoubtStore(uow.session)


def _open_deletions(uow: UnitOfWork) -> DeletionStore:
    return DeletionStore(uow.session)


def _open_notices(uow: UnitOfWork) -> NoticeStore:
    return NoticeStore(uow.session)


def _open_passwords(uow: UnitOfWork) -> PasswordStore:
    return PasswordStore(uow.session)


def _open_diagnosis(uow: UnitOfWork) -> DiagnosisReader:
    return DiagnosisReader(uow.session)


def _open_manual(uow: UnitOfWork) -> ManualStore:
    return ManualStore(uow.session)


def identity_on(platform: Platform) -> Identity:
    """Wire the use cases."""
    settings: Settings = platform.settings
    units, refs = platform.units_of_work, platform.person_refs
    open_people = people_opener(platform)
    secret = settings.password_secret
    keeping = SecretKeeping(secret.get_secret_value().encode()) if secret else None
    publish_anew = PublishAnew(
        units, open_people, refs, outbox_max_events=settings.outbox_max_events
    )
    account_log = AccountLog(TopicLog(settings.kafka))
    calendar = platform.calendar
    doubts = Doubts(open_people, _open_doubts, refs)
    deletions = Deletions(
        units, open_people, _open_deletions, refs, calendar, batch=settings.due_batch
    )
    return Identity(
        take_changes=TakeChanges(open_people, _open_runs, doubts, refs),
        preview=PreviewWords(open_people),
        remember_runs=RememberRuns(_open_runs),
        settle_runs=SettleRuns(units, _open_runs),
        take_up_due=TakeUpDue(units, open_people, refs, batch=settings.due_batch),
        reconcile=Reconcile(units, open_people, _open_runs, refs),
        compare_log=CompareLog(units, open_people, account_log, publish_anew, refs),
        publish_anew=publish_anew,
        staff_transfers=StaffTransfers(
            open_people,
            _open_transfers,
            refs,
            calendar=calendar,
            contact=f"{settings.service_desk_mail} / {settings.service_desk_phone}",
        ),
        doubts=doubts,
        deletions=deletions,
        notices=RaiseNotices(units, _open_notices, deletions, calendar),
        passwords=Passwords(open_people, _open_passwords, AccessLog, keeping),
        manual_accounts=ManualAccounts(open_people, _open_manual, AccessLog, refs),
        by_hand=DecideByHand(open_people, AccessLog, refs),
        rename=RenameAccounts(open_people, _open_passwords, AccessLog, refs),
        diagnose=Diagnose(_open_diagnosis, AccessLog, refs, calendar),
    )


async def reconcile(platform: Platform, fix: bool) -> list[str]:  # noqa: FBT001 - the runtime's verb
    """Findings, one line each: accounts against enrolments, then the log against accounts."""
    identity = identity_on(platform)
    if fix:
        return [*await identity.reconcile.mend(), *await identity.compare_log.mend()]
    return [*await identity.reconcile.find(), *await identity.compare_log.find()]


async def republish(platform: Platform) -> int:
    """Publish every account anew; gives how many."""
    return await identity_on(platform).publish_anew()


def _api(platform: Platform) -> Any:
    from hwb_identity.entrypoints.api import make_api

    return make_api(platform)


def _worker(platform: Platform) -> AbstractAsyncContextManager[WorkerParts]:
    from hwb_identity.entrypoints.worker import worker_parts

    return worker_parts(platform)


SERVICE = Service(
    name="identity",
    settings=Settings,
    migrations=MIGRATIONS,
    api=_api,
    worker=_worker,
    reconcile=reconcile,
    republish=republish,
    never_crosses=frozenset({"job"}),
)
