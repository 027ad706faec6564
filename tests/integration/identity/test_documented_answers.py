"""Identity's API answers every role, on seeded data, as its OpenAPI document says.

It is 18 July 2023, because deletions come twelve months after somebody left.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.access import everybody
from tests.support.documented import DocumentedApi, Reach
from tests.support.identity_world import CALENDAR, ELSEWHERE, PRIMARY, SECONDARY, World
from tests.support.who_may import OF_IDENTITY

from hwb_identity.bootstrap import SERVICE, identity_on
from hwb_runtime.auth import Caller
from hwb_runtime.testing import KnownTokens
from hwb_schemas.calendar import GuardLimit
from hwb_schemas.words import RecordState, Role

OF_2025 = CALENDAR.model_copy(
    update={
        "deletions": GuardLimit(share=0.01, at_least=1),
        "staff_transfer": "self_service",
    }
)
DECIDED = {"reason": "the school says so"}
HELPER = {
    "role": "non_mis",
    "forename": "Siân",
    "surname": "Tâl-y-bont",
    "owner": "Office",
    "reason": "supply cover",
}
CHAMPION, DESK = Role.DIGITAL_CHAMPION.value, Role.SERVICE_DESK.value


def upn(number: int) -> str:
    return f"R2011000{number:05}"


@pytest.fixture
async def api(world: World) -> AsyncIterator[DocumentedApi]:
    world.platform = replace(world.platform, calendar=OF_2025)
    world.identity = identity_on(world.platform)
    assert isinstance(world.platform.callers, KnownTokens)
    world.platform.callers.by_token |= everybody(here=PRIMARY, elsewhere=ELSEWHERE)
    api = DocumentedApi(SERVICE.api(world.platform), OF_IDENTITY)
    yield api
    await api.aclose()


async def asked(
    world: World, token: str, path: str, body: Any = None, *, etag: str | None = None
) -> Any:
    """The answer of an operation that has to succeed while the data are seeded."""
    async with world.api(token) as client:
        headers = {"Idempotency-Key": f"seed {path}"} | ({"If-Match": etag} if etag else {})
        answer = await client.request(
            "POST" if body is not None else "GET", path, json=body, headers=headers
        )
    assert answer.is_success, answer.text
    return answer.json()


async def learner(world: World, number: int) -> str:
    """A learner of the primary school: the account's id."""
    await world.hear(world.word(PRIMARY, upn(number)))
    return (await world.published())[-1].key


async def deletions_held(world: World) -> str:
    """More are due to be deleted than the calendar lets go on: the list's entity tag."""
    for number in (1, 2, 3):
        await world.hear(world.word(PRIMARY, upn(number)))
        left = RecordState.LEFT
        await world.hear(world.word(PRIMARY, upn(number), left, leaving=date(2022, 7, 1)))
    for day in (date(2023, 6, 18), date(2023, 7, 18)):
        world.move_to(day)
        await world.identity.take_up_due()
        await world.identity.deletions()
    held = await asked(world, DESK, "/v1/deletions")
    return str(held["etag"])


async def doubt(world: World) -> dict[str, Any]:
    """Two accounts that a school then says are one learner."""
    left = RecordState.LEFT
    await world.hear(world.word(PRIMARY, upn(11)))
    await world.hear(world.word(PRIMARY, upn(11), left, leaving=date(2023, 7, 1)))
    await world.hear(world.word(SECONDARY, upn(12), year="7"))
    await world.hear(world.word(SECONDARY, upn(12), former=upn(11), year="7"))
    (item,) = (await asked(world, DESK, "/v1/doubts"))["items"]
    return dict(await asked(world, DESK, f"/v1/doubts/{item['case_key']}"))


async def moved(world: World, code: str) -> str:
    """A member of staff who left the secondary school for the primary one: the new account."""
    await world.hear(world.staff(SECONDARY, code))
    left = RecordState.LEFT
    await world.hear(world.staff(SECONDARY, code, left, leaving=date(2023, 7, 1)))
    await world.hear(world.staff(PRIMARY, code, start=date(2023, 7, 11)))
    return (await world.published())[-1].key


def transfer_of(code: str) -> dict[str, str]:
    return {
        "school": PRIMARY,
        "staff_code": code,
        "previous_school": SECONDARY,
        "previous_staff_code": code,
    }


async def transfer(world: World) -> dict[str, Any]:
    """A request that the Service Desk has not decided yet."""
    await moved(world, "AB")
    request = await asked(world, CHAMPION, "/v1/staff-transfers", transfer_of("AB"))
    return dict(await asked(world, DESK, f"/v1/staff-transfers/{request['case_key']}"))


async def reaches_of(world: World) -> Mapping[str, Reach]:
    """How each operation succeeds, each command with somebody of its own."""
    list_held = await deletions_held(world)
    in_doubt, requested = await doubt(world), await transfer(world)
    await moved(world, "CD")
    owner = await moved(world, "EF")
    assert isinstance(world.platform.callers, KnownTokens)
    world.platform.callers.by_token["owner"] = Caller(owner, Role.TEACHER, school=PRIMARY)
    by_hand = await asked(world, CHAMPION, f"/v1/schools/{PRIMARY}/manual-accounts", HELPER)
    people = [await learner(world, number) for number in range(21, 27)]
    seen, shown, reset, off, on, named = people
    question = f"/v1/accounts/{off}/deactivate"
    sure = (await asked(world, CHAMPION, question, DECIDED, etag='"1"'))["confirm"]
    question = f"/v1/accounts/{on}/deactivate"
    confirmed = await asked(world, CHAMPION, question, DECIDED, etag='"1"')
    yes = {**DECIDED, "confirm": confirmed["confirm"]}
    async with world.api(CHAMPION) as client:
        await client.post(
            question, json=yes, headers={"Idempotency-Key": "seed off", "If-Match": '"1"'}
        )
    word = world.word(PRIMARY, upn(31))[1].model_dump(mode="json")
    here, at_hand = {"school": PRIMARY}, {"account_id": by_hand["account_id"]}
    return {
        "GET /v1/accounts": Reach(CHAMPION, query=here),
        "POST /v1/accounts/search": Reach(CHAMPION, body=here),
        "GET /v1/accounts/{account_id}": Reach(CHAMPION, path={"account_id": seen}),
        "GET /v1/accounts/{account_id}/history": Reach(DESK, path={"account_id": seen}),
        "GET /v1/schools/{school}/pending": Reach(CHAMPION, path=here),
        "GET /v1/schools/{school}/deletions": Reach(CHAMPION, path=here),
        "GET /v1/deletions": Reach(DESK),
        "GET /v1/schools/{school}/manual-accounts": Reach(
            CHAMPION, path=here, query={"role": "non_mis"}
        ),
        "GET /v1/doubts": Reach(DESK),
        "GET /v1/doubts/{case_key:path}": Reach(DESK, path={"case_key": in_doubt["case_key"]}),
        "GET /v1/staff-transfers/{case_key:path}": Reach(
            DESK, path={"case_key": requested["case_key"]}
        ),
        "POST /v1/previews": Reach(CHAMPION, body={**here, "words": [word]}),
        "POST /v1/diagnosis": Reach(
            CHAMPION, body={**here, "symptom": "learner_missing", "upn": upn(21)}
        ),
        "POST /v1/password-checks": Reach(
            Role.SERVICE.value, body={"sign_in_name": "nobody", "password": "a guess"}
        ),
        "POST /v1/accounts/{account_id}/password": Reach(CHAMPION, path={"account_id": shown}),
        "POST /v1/accounts/{account_id}/password/reset": Reach(
            CHAMPION, path={"account_id": reset}
        ),
        "POST /v1/schools/{school}/manual-accounts": Reach(CHAMPION, path=here, body=HELPER),
        "POST /v1/accounts/{account_id}/review": Reach(
            CHAMPION, path=at_hand, headers={"If-Match": '"1"'}, body={}
        ),
        "POST /v1/accounts/{account_id}/extend": Reach(
            CHAMPION, path=at_hand, headers={"If-Match": '"1"'}, body={"ends_on": "2024-08-31"}
        ),
        "POST /v1/accounts/{account_id}/deactivate": Reach(
            CHAMPION,
            path={"account_id": off},
            headers={"If-Match": '"1"'},
            body={**DECIDED, "confirm": sure},
        ),
        "POST /v1/accounts/{account_id}/reactivate": Reach(
            CHAMPION, path={"account_id": on}, headers={"If-Match": '"2"'}, body=DECIDED
        ),
        "POST /v1/accounts/{account_id}/rename": Reach(
            CHAMPION,
            path={"account_id": named},
            headers={"If-Match": '"1"'},
            body={**DECIDED, "forename": "Gwen", "surname": "Evans", "sign_in_name": "new"},
        ),
        "POST /v1/accounts/{account_id}/transfer": Reach(
            "owner", path={"account_id": owner}, body={"previous_school": SECONDARY}
        ),
        "POST /v1/staff-transfers": Reach(CHAMPION, body=transfer_of("CD")),
        "POST /v1/staff-transfers/{case_key:path}/decision": Reach(
            DESK,
            path={"case_key": requested["case_key"]},
            headers={"If-Match": requested["etag"]},
            body={**DECIDED, "decision": "approve"},
        ),
        "POST /v1/doubts/{case_key:path}/decision": Reach(
            DESK,
            path={"case_key": in_doubt["case_key"]},
            headers={"If-Match": in_doubt["etag"]},
            body={**DECIDED, "decision": "same_person"},
        ),
        "POST /v1/deletions/approval": Reach(DESK, headers={"If-Match": list_held}, body=DECIDED),
    }


async def test_every_operation_succeeds_for_those_who_may(world: World, api: DocumentedApi) -> None:
    unreached = await api.unreached(await reaches_of(world))
    assert not unreached, "\n".join(unreached)


async def test_whatever_is_sent_the_answer_is_documented(world: World, api: DocumentedApi) -> None:
    faults = await api.faults(await reaches_of(world))
    assert not faults, "\n\n".join(faults)
