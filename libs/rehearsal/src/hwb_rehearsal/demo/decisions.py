"""What people decide of a school's runs, or of the school, and what must come of it."""

from datetime import datetime
from typing import Any

from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.demo.commands import CommandError, decide_case
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.uploads import SETTLE_SECONDS, a_little_later, push
from hwb_rehearsal.story.acts import (
    ApproveClosing,
    Discard,
    PushClosing,
    PushHeld,
    RollBack,
    Upload,
)
from hwb_schemas.words import Role

AUTHORITY_DIGITS = 3


async def decide(reality: Reality, act: PushHeld | PushClosing | Discard | RollBack) -> Row:
    """A run, what somebody decides of it, and the row that says whether it went as it must."""
    match act:
        case PushHeld():
            return await push_held(reality, act)
        case PushClosing():
            return await push_closing(reality, act)
        case Discard():
            return await discard(reality, act)
        case RollBack():
            return await roll_back(reality, act)


async def push_held(reality: Reality, act: PushHeld) -> Row:
    """Of the held rows nothing but that they are held is said before the very list is approved."""
    school = act.upload.school
    run = await _settled(reality, act.upload)
    run_id = run["run_id"]
    faults = _differs(run, held=act.held, changes=act.changes)
    answer = await _decide(reality, school, run_id, "approve", {"digest": run["digest"]})
    await _until(reality, school, answer["published_as"], "settled")
    if answer["changes"] != act.held:
        faults.append(f"{school}: {answer['changes']} of {act.held} published on approval")
    return _row_of_held(act, run, faults)


async def discard(reality: Reality, act: Discard) -> Row:
    """Nothing of the held rows is published; the whole export finds nothing new.

    The school rings the Service Desk, which discards them at the notifier.
    """
    school = act.mistake.school
    run = await _settled(reality, act.mistake)
    faults = _differs(run, held=act.held, changes=0)
    case_key = f"mis-ingest/run_held/{school}"
    await decide_case(
        reality, case_key, "discard", seen=run["digest"], reason="Half of the export was missing"
    )
    corrected = await _settled(reality, act.corrected, exported_at=a_little_later(act.corrected))
    faults += _differs(corrected, held=0, changes=0)
    return _row_of_held(act, run, faults)


async def push_closing(reality: Reality, act: PushClosing) -> Row:
    """The same upload is held before the closing is approved and goes through after it."""
    held = await _settled(reality, act.upload)
    faults = _differs(held, held=act.held, changes=act.changes)
    await approve_closing(reality, ApproveClosing(act.upload.school))
    again = await _settled(reality, act.upload, exported_at=a_little_later(act.upload))
    faults += _differs(again, held=0, changes=act.held)
    return _row_of_held(act, held, faults)


async def approve_closing(reality: Reality, act: ApproveClosing) -> None:
    """Approve a closing once; told again, the service must know it already."""
    authority = reality.stack.client(
        "mis-ingest", Role.LOCAL_AUTHORITY, authority=act.school[:AUTHORITY_DIGITS]
    )
    newly = []
    async with authority as client:
        for attempt in (1, 2):
            answer = await client.post(
                f"/v1/schools/{act.school}/closing",
                json={"school": act.school},
                headers={"Idempotency-Key": f"demo {attempt} closing {act.school}"},
            )
            newly.append(answer.is_success and answer.json()["newly"])
    if newly != [True, False]:
        message = f"closing of school {act.school}: {answer.status_code} {answer.text}"
        raise CommandError(message)


async def roll_back(reality: Reality, act: RollBack) -> Row:
    """The mistake is undone once, and what comes next waits until it is approved."""
    school = act.mistake.school
    run_id = (await _settled(reality, act.mistake))["run_id"]
    first = await _decide(reality, school, run_id, "rollback", None)
    again = await _decide(reality, school, run_id, "rollback", None, attempt=2)
    await _until(reality, school, first["published_as"], "settled")
    corrected = await push(reality, act.corrected, extracted_at=a_little_later(act.corrected))
    waiting = await _until(reality, school, corrected, "waiting")
    await _decide(reality, school, corrected, "approve", {"digest": waiting["digest"]})
    settled = await _until(reality, school, corrected, "settled")
    faults = []
    if first["changes"] != act.changes:
        faults.append(f"{school}: {first['changes']} of {act.changes} brought back")
    if (again["published_as"], again["changes"]) != (first["published_as"], 0):
        faults.append(f"{school}: rolled back twice")
    if settled["counts"]["changes"]:
        faults.append(f"{school}: the corrected upload changed {settled['counts']['changes']}")
    return row_of_faults(
        act.line,
        expected=f"{act.changes} records",
        actual=f"{first['changes']} records",
        faults=faults,
    )


def _row_of_held(
    act: PushHeld | PushClosing | Discard, run: dict[str, Any], faults: list[str]
) -> Row:
    return row_of_faults(
        act.line,
        expected=f"{act.held} rows",
        actual=f"{run['counts']['held']} rows",
        faults=faults,
    )


async def _settled(
    reality: Reality, upload: Upload, *, exported_at: datetime | None = None
) -> dict[str, Any]:
    """Send an upload and wait until its run has settled."""
    run_id = await push(reality, upload, extracted_at=exported_at)
    return await _until(reality, upload.school, run_id, "settled")


def _differs(run: dict[str, Any], *, held: int, changes: int) -> list[str]:
    counts = run["counts"]
    if (counts["held"], counts["changes"] - counts["kept_back"]) == (held, changes):
        return []
    return [f"{run['school']}: {counts} with {held} to be held, {changes} to go through"]


async def _until(reality: Reality, school: str, run_id: str, status: str) -> dict[str, Any]:
    run: dict[str, Any] = {}

    async def reached() -> bool:
        nonlocal run
        run = await reality.run(school, run_id)
        return bool(run["status"] == status)

    await reality.stack.until(reached, f"a run of {school} is {status}", SETTLE_SECONDS)
    return run


async def _decide(
    reality: Reality,
    school: str,
    run_id: str,
    what: str,
    body: dict[str, str] | None,
    *,
    attempt: int = 1,
) -> dict[str, Any]:
    address = f"/v1/schools/{school}/runs/{run_id}/{what}"
    headers = {"Idempotency-Key": f"demo {attempt} {what} {run_id}"}
    champion = reality.stack.client("mis-ingest", Role.DIGITAL_CHAMPION, school=school)
    async with champion as client:
        answer = await client.post(address, json=body, headers=headers)
    if not answer.is_success:
        message = f"{what} of run {run_id}: {answer.status_code} {answer.text}"
        raise CommandError(message)
    found: dict[str, Any] = answer.json()
    return found
