"""Performs the acts of the story on a running stack, and gives the rows of the table."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import assert_never

from hwb_rehearsal.compare.rows import Row
from hwb_rehearsal.demo import commands, decisions, faults, uploads
from hwb_rehearsal.demo.kill import Fault, kill_in_hand
from hwb_rehearsal.demo.reach import Watch, waiting_row
from hwb_rehearsal.demo.reality import Reality
from hwb_rehearsal.demo.show import Advance, Show
from hwb_rehearsal.story.acts import (
    Act,
    ApproveClosing,
    CreateGroups,
    Discard,
    FailOnPurpose,
    MoveClock,
    Push,
    PushAgain,
    PushBroken,
    PushClosing,
    PushHeld,
    Reach,
    RequestTransfer,
    RestoreGroups,
    RollBack,
    SeeCases,
    SeeFaults,
    SeeWaiting,
    Stage,
)

KILL_SECONDS = 20.0


@dataclass
class Play:
    """One performance: the rows that its checkpoints gave, and the faults that it made."""

    reality: Reality
    show: Show
    watch: Watch
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    still_to_kill: str | None = None
    """A service whose worker had nothing in hand whenever one looked: it is tried again."""

    async def perform(self, stage: Stage) -> None:
        """All acts of a stage, in order."""
        with self.show.stage(stage.title):
            for act in stage.acts:
                await self.do(act)

    async def do(self, act: Act) -> None:  # noqa: C901, PLR0912 - one case an act
        """One act."""
        match act:
            case MoveClock():
                self.reality.stack.clock.move_to(act.to)
            case Push():
                await self._push(act)
            case PushAgain():
                self.rows.append(await uploads.push_again(self.reality, act))
            case PushBroken():
                self.rows.append(await uploads.push_broken(self.reality, act))
            case PushHeld() | PushClosing() | Discard() | RollBack():
                self.rows.append(await decisions.decide(self.reality, act))
            case ApproveClosing():
                await decisions.approve_closing(self.reality, act)
            case Reach():
                self.rows += await self.watch.reach(act.checkpoint)
            case SeeWaiting():
                await self._see_waiting(act)
            case SeeCases():
                self.rows.append(await self.watch.see_cases(act))
            case CreateGroups():
                with self.show.bar("groups asked for", len(act.wanted)) as advance:
                    await commands.create_groups(self.reality, act.wanted, advance)
            case RestoreGroups():
                await commands.restore_groups(self.reality, act.wanted)
            case FailOnPurpose():
                await faults.fail_on_purpose(self.reality, act)
            case SeeFaults():
                self.rows.append(await faults.see_faults(self.reality, act))
            case RequestTransfer():
                await commands.request_transfer(self.reality, act)
            case _:
                assert_never(act)

    async def _see_waiting(self, act: SeeWaiting) -> None:
        seen, wanted = {}, {}
        for school, upns in act.waiting.items():
            wanted[school] = {self.reality.accounts.ref(upn) for upn in upns}
            seen[school] = await self.watch.waiting(school, wanted[school])
        self.rows.append(waiting_row(act.line, wanted, seen))

    async def _push(self, act: Push) -> None:
        with self.show.bar("runs settled", len(act.uploads)) as advance:
            if (service := act.kill or self.still_to_kill) is None:
                await uploads.push_all(self.reality, act.uploads, advance)
            else:
                await self._push_and_kill(act, service, advance)

    async def _push_and_kill(self, act: Push, service: str, advance: Advance) -> None:
        worker = self.reality.stack.process(service, "worker")
        killing = asyncio.create_task(
            kill_in_hand(
                service=service,
                pid=lambda: worker.pid,
                kill=worker.kill,
                log=worker.log,
                ends=self.reality.ends_of_changes,
            )
        )
        self.still_to_kill = service
        try:
            await uploads.push_all(self.reality, act.uploads, advance)
            async with asyncio.timeout(KILL_SECONDS):
                fault = await killing
        except TimeoutError:
            self.show.say(f"    the {service} worker was too quick; it is killed another day")
            return
        finally:
            killing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killing
        self.still_to_kill = None
        self.faults.append(fault)
        self.show.say(
            f"    {service} worker killed with -9 (pid {fault.pid}): {fault.in_flight} records in"
            f" hand, {fault.lag} to go; {fault.redelivered} came again"
        )
