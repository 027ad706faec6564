"""Schools' uploads, sent as their Provisioning Clients send them."""

import asyncio
from datetime import datetime, timedelta

from hwb_provisioning_client.errors import RefusedError
from hwb_provisioning_client.push import push_upload
from hwb_provisioning_client.upload import Upload as ClientUpload
from hwb_rehearsal.compare.rows import Row, row_of_faults
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.show import Advance
from hwb_rehearsal.story.acts import PushAgain, PushBroken, Upload
from hwb_schemas.words import Role

AT_ONCE = 6
SETTLE_SECONDS = 120.0
EXPORT_TAKES = timedelta(minutes=5)
IN_PARTS_ABOVE = 32 * 1024
"""Less than a school's client takes, so that a small Wales has uploads of both kinds."""


async def push(
    reality: Reality,
    upload: Upload,
    *,
    extracted_at: datetime | None = None,
    body: bytes | None = None,
) -> str:
    """Send one upload and give its run id; raises what the Provisioning Client raises."""
    data = upload.body() if body is None else body
    exported = extracted_at or upload.snapshot.extracted_at - EXPORT_TAKES
    sender = reality.stack.client("mis-ingest", Role.NETWORK_MANAGER, school=upload.school)
    async with sender as client:
        pushed = await push_upload(
            client,
            ClientUpload(data, exported),
            school=upload.school,
            in_parts_above=IN_PARTS_ABOVE,
        )
    return pushed.run_id


def a_little_later(upload: Upload) -> datetime:
    """When a second export of a school's day was made."""
    return upload.snapshot.extracted_at + EXPORT_TAKES


async def push_all(reality: Reality, uploads: tuple[Upload, ...], advance: Advance) -> None:
    """Send them, a few at once, and wait until every run has settled."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(upload: Upload) -> tuple[str, str]:
        async with room:
            return upload.school, await push(reality, upload)

    waiting = dict(await asyncio.gather(*(one(upload) for upload in uploads)))

    async def settled() -> bool:
        for school, run_id in list(waiting.items()):
            run = await reality.run(school, run_id)
            if run["status"] not in {"settled", "refused"}:
                break
            del waiting[school]
            advance(len(uploads) - len(waiting))
        return not waiting

    await reality.stack.until(settled, f"all of {len(uploads)} runs settle", SETTLE_SECONDS)


async def push_again(reality: Reality, act: PushAgain) -> Row:
    """The same snapshot once more, exported a little later: nothing may be published."""
    school = act.upload.school
    run_id = await push(reality, act.upload, extracted_at=a_little_later(act.upload))

    async def settled() -> bool:
        return bool((await reality.run(school, run_id))["status"] == "settled")

    await reality.stack.until(settled, f"the repeated run of {school} settles", SETTLE_SECONDS)
    counts = (await reality.run(school, run_id))["counts"]
    published = counts["changes"] + counts["class_changes"]
    return row_of_faults(
        act.line,
        expected="0 changes",
        actual=f"{published} changes",
        faults=[f"{school} published something"] if published else [],
    )


async def push_broken(reality: Reality, act: PushBroken) -> Row:
    """Half a file: it must be refused at once, and leave no trace in runs or accounts."""
    school = act.upload.school
    await reality.read_everything()
    before = (await reality.runs([school]), reality.accounts.changes)
    body = act.upload.body()
    faults = []
    try:
        await push(reality, act.upload, body=body[: len(body) // 2])
    except RefusedError as refusal:
        actual = f"refused: {refusal.code}"
    else:
        actual = "accepted"
        faults.append(f"the file of {school} was accepted")
    await reality.read_everything()
    if before != (await reality.runs([school]), reality.accounts.changes):
        faults.append("it changed something")
    return row_of_faults(act.line, expected="refused", actual=actual, faults=faults)
