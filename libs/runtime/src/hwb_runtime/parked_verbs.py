"""What ``parked list|show|replay`` do."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import typer

from hwb_runtime.errors import LossError, TransientError
from hwb_runtime.parked_case import tell_of_emptied
from hwb_runtime.parking import Parked, parked_events, unpark
from hwb_runtime.platform import Platform
from hwb_runtime.positions import lock_positions
from hwb_runtime.slices import SliceProcessor
from hwb_runtime.worker import WorkerParts


async def list_parked(platform: Platform) -> None:
    """Print one line per parked event: number, position, since when, reason. No keys."""
    found = await _all(platform)
    for one in found:
        where = f"{one.record.topic}[{one.record.partition}]@{one.record.offset}"
        typer.echo(f"{one.id}  {where}  {one.parked_at:%Y-%m-%d %H:%M:%S}Z  {one.reason}")
    typer.echo(f"{len(found)} events are parked")


async def show_parked(platform: Platform, number: int) -> None:
    """Print one parked event as JSON."""
    for one in await _all(platform):
        if one.id == number:
            record = one.record
            shown = {
                "id": one.id,
                "topic": record.topic,
                "partition": record.partition,
                "offset": record.offset,
                "key": one.key,
                "headers": {name: value.decode(errors="replace") for name, value in record.headers},
                "value": record.value.decode(errors="replace") if record.value else None,
                "reason": one.reason,
                "parked_at": one.parked_at.isoformat(),
            }
            typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
            return
    typer.echo(f"No event is parked under {number}; `parked list` shows what is.", err=True)
    raise typer.Exit(1)


async def replay_parked(
    platform: Platform,
    worker: Callable[[Platform], AbstractAsyncContextManager[WorkerParts]],
    key: str | None,
) -> None:
    """Apply parked events again; a key stops at its first failure.

    Each is applied under its partition's lock, so that nothing is parked behind a key that is
    being emptied.
    """
    applied, failed = 0, set[tuple[str, str]]()
    async with worker(platform) as parts:
        processors = {
            subscription.topic: SliceProcessor(
                platform.units_of_work, subscription, service=platform.name, compacted=True
            )
            for subscription in parts.subscriptions
        }
        for one in await _all(platform):
            whose = (one.record.topic, one.key)
            if whose in failed or (key is not None and one.key != key):
                continue
            try:
                await _replay_one(platform, processors[one.record.topic], one)
                applied += 1
            except (LossError, TransientError):
                raise
            except Exception as error:  # noqa: BLE001 - it stays parked, and the operator sees why
                failed.add(whose)
                typer.echo(f"{one.id}  still cannot be applied: {type(error).__name__}", err=True)
    typer.echo(f"{applied} applied, {len(failed)} keys still blocked")
    if failed:
        raise typer.Exit(1)


async def _replay_one(platform: Platform, processor: SliceProcessor, one: Parked) -> None:
    async with platform.units_of_work.begin() as uow:
        await lock_positions(uow.session, one.record.topic, [one.record.partition])
        await processor.replay(one.record, uow)
        await unpark(uow.session, one.id)
        await tell_of_emptied(uow, service=platform.name, topic=one.record.topic)


async def _all(platform: Platform) -> list[Parked]:
    async with platform.database.transaction() as session:
        return await parked_events(session, limit=1_000_000)
