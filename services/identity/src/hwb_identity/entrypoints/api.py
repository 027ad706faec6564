"""Identity's HTTP API: accounts, who waits for whom, and transfers of staff accounts."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Response

from hwb_identity.adapters.account_reader import AccountReader
from hwb_identity.application.staff_transfer import TransferRequest
from hwb_identity.bootstrap import identity_on
from hwb_identity.domain.person import Person
from hwb_identity.entrypoints.account_routes import READERS, add_accounts
from hwb_identity.entrypoints.by_hand_routes import add_decisions
from hwb_identity.entrypoints.deletion_routes import add_deletions
from hwb_identity.entrypoints.diagnosis_routes import add_diagnosis
from hwb_identity.entrypoints.doubt_routes import BothSeen, ServiceDesk, add_doubts
from hwb_identity.entrypoints.examples import show_examples
from hwb_identity.entrypoints.history_routes import add_history
from hwb_identity.entrypoints.manual_routes import add_manual_accounts
from hwb_identity.entrypoints.models import (
    PendingPage,
    PendingShown,
    TransferAsked,
    TransferDecided,
    TransferDecision,
    TransferShown,
    TransferWanted,
)
from hwb_identity.entrypoints.own_transfer_routes import add_own_transfer
from hwb_identity.entrypoints.password_routes import add_passwords
from hwb_identity.entrypoints.preview_routes import add_previews
from hwb_identity.entrypoints.rename_routes import add_renaming
from hwb_runtime.api import create_api
from hwb_runtime.auth import Caller, caller_with, ensure_school
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.platform import Platform
from hwb_runtime.problem_answers import also_answers
from hwb_runtime.texts import PlainText, SchoolNumber
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import Role

PendingReader = Annotated[Caller, caller_with(*READERS, Role.NETWORK_MANAGER)]
Asker = Annotated[
    Caller,
    caller_with(Role.SERVICE_DESK, Role.DIGITAL_CHAMPION, Role.SCHOOL_ADMINISTRATOR),
]


def make_api(platform: Platform) -> FastAPI:
    """The API on one platform."""
    api = create_api(
        platform,
        title="Hwb identity",
        description="Which account every learner and member of staff has, and why.",
    )
    add_accounts(api, platform)
    add_history(api, platform)
    _add_pending(api, platform)
    _add_transfers(api, platform)
    identity = identity_on(platform)
    add_own_transfer(api, platform, identity.staff_transfers)
    add_passwords(api, platform, identity.passwords)
    add_previews(api, platform, identity.preview)
    add_diagnosis(api, platform, identity.diagnose)
    add_doubts(api, platform, identity.doubts)
    add_deletions(api, platform, identity.deletions)
    add_decisions(api, platform, identity.by_hand)
    add_renaming(api, platform, identity.rename)
    add_manual_accounts(api, platform, identity.manual_accounts)
    show_examples(api)
    return api


def _add_pending(api: FastAPI, platform: Platform) -> None:
    @api.get("/v1/schools/{school}/pending", tags=["pending"])
    async def pending(school: SchoolNumber, caller: PendingReader) -> PendingPage:
        """Learners of this school's snapshot whom another school still claims."""
        ensure_school(caller, school)
        async with platform.database.transaction() as session:
            found = await AccountReader(session).pending_at(school)
        return PendingPage(
            items=[
                _pending_shown(person, key, since, refs=platform.person_refs, caller=caller)
                for person, key, since in found
            ]
        )


def _add_transfers(api: FastAPI, platform: Platform) -> None:
    transfers = identity_on(platform).staff_transfers

    @api.post(
        "/v1/staff-transfers",
        status_code=202,
        tags=["staff transfers"],
        responses=also_answers(404),
    )
    async def request(
        wanted: TransferWanted, caller: Asker, idempotency_key: IdempotencyKey
    ) -> TransferAsked:
        """Ask the Service Desk to keep the previous school's account; asking twice is once."""
        ensure_school(caller, wanted.school)

        async def effect(uow: UnitOfWork) -> Reply:
            case_key = await transfers.request(
                TransferRequest(**wanted.model_dump(), requested_by=caller.subject), uow
            )
            return Reply(202, {"case_key": case_key})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=b"request " + wanted.model_dump_json().encode(),
            effect=effect,
        )
        return TransferAsked(**reply.body)

    @api.get("/v1/staff-transfers/{case_key:path}", tags=["staff transfers"])
    async def look(case_key: PlainText, _caller: ServiceDesk, response: Response) -> TransferShown:
        """One request; its ETag is the versions of both accounts, on which a decision builds."""
        async with platform.units_of_work.begin() as uow:
            transfer, versions = await transfers.show(case_key, uow)
        response.headers["ETag"] = f'"{versions}"'
        return TransferShown.model_validate(
            {
                "case_key": transfer.case_key,
                "school": transfer.school,
                "previous_school": transfer.previous_school,
                "account_id": transfer.account_id,
                "previous_account_id": transfer.previous_account_id,
                "state": transfer.state,
                "etag": f'"{versions}"',
            }
        )

    @api.post("/v1/staff-transfers/{case_key:path}/decision", tags=["staff transfers"])
    async def decide(
        case_key: PlainText,
        decided: TransferDecision,
        caller: ServiceDesk,
        idempotency_key: IdempotencyKey,
        if_match: BothSeen,
    ) -> TransferDecided:
        """Approve (the old account stays, the new one is deactivated) or refuse."""
        seen = if_match.strip('"')

        async def effect(uow: UnitOfWork) -> Reply:
            if decided.decision == "approve":
                await transfers.approve(
                    case_key,
                    seen=seen,
                    previous_account_id=str(decided.previous_account_id)
                    if decided.previous_account_id
                    else None,
                    by=caller.subject,
                    reason=decided.reason,
                    uow=uow,
                )
                return Reply(200, {"case_key": case_key, "state": "approved"})
            await transfers.refuse(
                case_key, seen=seen, by=caller.subject, reason=decided.reason, uow=uow
            )
            return Reply(200, {"case_key": case_key, "state": "refused"})

        reply = await command_once(
            platform.units_of_work,
            key=idempotency_key,
            caller=caller,
            request=f"decide {case_key} {seen} {decided.model_dump_json()}".encode(),
            effect=effect,
        )
        return TransferDecided(**reply.body)


def _pending_shown(
    person: Person, key: str, since: date, *, refs: PersonRefs, caller: Caller
) -> PendingShown:
    holder = person.standing.home if person.standing else None
    told = caller.role in {Role.LOCAL_AUTHORITY, Role.SERVICE_DESK, Role.OPERATOR, Role.SERVICE}
    if told:
        says = f"School {holder} still has this learner on roll, without a leaving date in effect."
        says_cy = (
            f"Mae'r dysgwr hwn yn dal ar gofrestr ysgol {holder}, heb ddyddiad gadael mewn grym."
        )
    else:
        says = "Waiting for the previous school: contact your local authority."
        says_cy = "Yn aros am yr ysgol flaenorol: cysylltwch â'ch awdurdod lleol."
    return PendingShown(
        person_ref=refs.of(key),
        since=since,
        says=says,
        says_cy=says_cy,
        held_by=holder if told else None,
    )
