"""What Digital Champions and School Administrators ask of the APIs during the year."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx

from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.show import Advance
from hwb_rehearsal.story.acts import RequestTransfer
from hwb_schemas.words import Role

AT_ONCE = 8
KNOWN_SECONDS = 30.0
NOT_FOUND = 404


class CommandError(Exception):
    """A service refused what the story asks of it: see its answer; the story cannot go on."""


async def create_groups(
    reality: Reality, wanted: Iterable[tuple[str, str]], advance: Advance
) -> None:
    """Ask for a group of each of these classes, a few at once.

    A class whose event the groups service has not read yet is asked for again.
    """
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def one(key: str, provider: str) -> None:
        nonlocal done
        school = key.split("/", 1)[0]
        body = {"class_key": key, "provider": provider}

        async def accepted() -> bool:
            answer = await _post(
                reality, "groups", Role.DIGITAL_CHAMPION, school, "/v1/groups", body
            )
            return answer.status_code != NOT_FOUND and _good(answer)

        async with room:
            await reality.stack.until(accepted, f"class {key} is known", KNOWN_SECONDS)
        done += 1
        advance(done)

    await asyncio.gather(*(one(key, provider) for key, provider in wanted))


async def restore_groups(reality: Reality, wanted: Iterable[tuple[str, str]]) -> None:
    """Ask for the restore of these archived groups."""
    listed = (await reality.groups()).listed
    for key, provider in wanted:
        group_id = listed[key, provider]["group_id"]
        address = f"/v1/groups/{group_id}/restore"
        school = key.split("/", 1)[0]
        _good(await _post(reality, "groups", Role.DIGITAL_CHAMPION, school, address, {}))


async def request_transfer(reality: Reality, act: RequestTransfer) -> None:
    """Ask twice for a staff member's old account: the second asking must be the first's case."""
    body = {
        "school": act.school,
        "staff_code": act.staff_code,
        "previous_school": act.previous_school,
        "previous_staff_code": act.previous_staff_code,
    }
    keys = []
    for attempt in (1, 2):
        answer = await _post(
            reality,
            "identity",
            Role.SCHOOL_ADMINISTRATOR,
            act.school,
            "/v1/staff-transfers",
            body,
            attempt=attempt,
        )
        _good(answer)
        keys.append(answer.json()["case_key"])
    if keys[0] != keys[1]:
        message = f"asking twice for one transfer made two cases: {keys}"
        raise CommandError(message)


async def decide_case(
    reality: Reality, case_key: str, decision: str, *, seen: str, reason: str
) -> None:
    """Have the Service Desk decide a case; one that the notifier has not read yet is waited for."""
    address = f"/v1/cases/{case_key}/decide"
    headers = {"Idempotency-Key": f"demo {decision} {seen}", "If-Match": f'"{seen}"'}
    body = {"decision": decision, "reason": reason}

    async def decided() -> bool:
        async with reality.stack.client("notifier", Role.SERVICE_DESK) as client:
            answer = await client.post(address, json=body, headers=headers)
        return answer.status_code != NOT_FOUND and _good(answer)

    await reality.stack.until(decided, f"case {case_key} is known", KNOWN_SECONDS)


async def _post(
    reality: Reality,
    service: str,
    role: Role,
    school: str,
    address: str,
    body: dict[str, Any],
    *,
    attempt: int = 1,
) -> httpx.Response:
    key = f"demo {attempt} {address} {sorted(body.items())}"[:200]
    async with reality.stack.client(service, role, school=school) as client:
        return await client.post(address, json=body, headers={"Idempotency-Key": key})


def _good(answer: httpx.Response) -> bool:
    if not answer.is_success:
        message = (
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
        )
        raise CommandError(message)
    return True
