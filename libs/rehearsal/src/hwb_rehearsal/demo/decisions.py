"""What Digital Champions decide of their school's runs, and what must come of it."""

from typing import Any

from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.demo.commands import CommandError
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.uploads import EXPORT_TAKES, SETTLE_SECONDS, push
from hwb_rehearsal.story.acts import PushHeld, RollBack
from hwb_schemas.words import Role


async def push_held(reality: Reality, act: PushHeld) -> Row:
    """Of the held rows nothing but that they are held is said before the very list is approved."""
    school = act.upload.school
    run_id = await push(reality, act.upload)
    run = await _until(reality, school, run_id, "settled")
    faults = []
    said = run["counts"]["changes"] - run["counts"]["kept_back"]
    if (run["counts"]["held"], said) != (act.held, 0):
        faults.append(f"{school}: {run['counts']} with {act.held} to be held")
    answer = await _decide(reality, school, run_id, "approve", {"digest": run["digest"]})
    await _until(reality, school, answer["published_as"], "settled")
    if answer["changes"] != act.held:
        faults.append(f"{school}: {answer['changes']} of {act.held} published on approval")
    return row_of_faults(
        act.line,
        expected=f"{act.held} rows",
        actual=f"{run['counts']['held']} rows",
        faults=faults,
    )


async def roll_back(reality: Reality, act: RollBack) -> Row:
    """The mistake is undone once, and what comes next waits until it is approved."""
    school = act.mistake.school
    run_id = await push(reality, act.mistake)
    await _until(reality, school, run_id, "settled")
    first = await _decide(reality, school, run_id, "rollback", None)
    again = await _decide(reality, school, run_id, "rollback", None, attempt=2)
    await _until(reality, school, first["published_as"], "settled")
    later = act.corrected.snapshot.extracted_at + EXPORT_TAKES
    corrected = await push(reality, act.corrected, extracted_at=later)
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
