"""Preview an upload: exactly what its run would do, down to accounts and groups; nothing is done.

What it means for accounts and groups is for their services to say, by their own rules, and in the
caller's own name: nobody learns by a preview what he or she could not read there.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import orjson

from hwb_mis_ingest.application.plan_run import RunPlan, RunPlanner
from hwb_mis_ingest.application.ports import ClaimedRun, Runs
from hwb_mis_ingest.application.wording import RecordWording, class_value
from hwb_runtime.platform import Platform

NO_RUN = "00000000-0000-0000-0000-000000000000"


class ServiceAwayError(Exception):
    """A service did not say what would become of its things: ``service`` is which.

    Look whether it runs and whether its address is in this service's settings. The rest of the
    preview is shown without it.
    """

    def __init__(self, service: str, why: str) -> None:
        super().__init__(f"{service}: {why}")
        self.service = service


class AccountChange(NamedTuple):
    """What the word with this number would do to an account; ``account`` is as identity says it."""

    number: int
    change: str
    is_new: bool
    account: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AccountsWouldBe:
    """In the order of the words; ``pending`` and ``doubtful`` are numbers of words."""

    changes: Sequence[AccountChange] = ()
    pending: Sequence[int] = ()
    doubtful: Sequence[int] = ()


class GroupChange(NamedTuple):
    """A group and its members who would change: role by account id, None for who leaves."""

    group_id: str
    provider: str
    class_key: str
    title: str
    members: Mapping[str, str | None]


class AccountRules(Protocol):
    """identity, asked about words that nobody has said."""

    async def would_be(
        self, school: str, words: Sequence[bytes], *, caller: str
    ) -> AccountsWouldBe:
        """``words`` are JSON, ``caller`` is the Authorization header. Raises ServiceAwayError."""
        ...


class GroupRules(Protocol):
    """groups, asked about classes and accounts that nobody has changed."""

    async def would_be(
        self, school: str, classes: Sequence[bytes], accounts: Sequence[bytes], *, caller: str
    ) -> Sequence[GroupChange]:
        """``classes`` and ``accounts`` are events as JSON. Raises ServiceAwayError."""
        ...


@dataclass(frozen=True, slots=True)
class Preview:
    """``accounts`` and ``groups`` are None where it is not known; ``away`` is whose fault it is."""

    plan: RunPlan
    accounts: AccountsWouldBe | None
    groups: Sequence[GroupChange] | None
    away: Sequence[str] = field(default=())


class PreviewDesk:
    """Plans runs that are never carried out; so many at once that memory stays bounded."""

    def __init__(
        self,
        platform: Platform,
        planner: RunPlanner,
        runs: Runs,
        accounts: AccountRules,
        groups: GroupRules,
        *,
        at_once: int,
    ) -> None:
        self._platform = platform
        self._planner = planner
        self._runs = runs
        self._accounts = accounts
        self._groups = groups
        self._room = asyncio.Semaphore(at_once)

    async def preview(self, school: str, data: bytes, *, caller: str) -> Preview:
        """What this upload would do, were it worked on now. Raises UploadRefusedError.

        ``caller`` is the Authorization header of whoever asks.
        """
        async with self._room:
            async with self._platform.units_of_work.begin() as uow:
                plan = await self._planner.plan(
                    uow.session, school=school, data=data, today=uow.today
                )
                run_seq = await self._runs.coming_run_seq(uow.session, school)
                run = ClaimedRun(NO_RUN, school, run_seq, uow.now, "")
            return await self._with_effects(run, plan, caller)

    async def _with_effects(self, run: ClaimedRun, plan: RunPlan, caller: str) -> Preview:
        wording, publication = RecordWording(run), plan.publication
        words = [wording.value(one.record, one.changed) for one in publication.sayings]
        accounts = AccountsWouldBe()
        try:
            if words:
                accounts = await self._accounts.would_be(run.school, words, caller=caller)
        except ServiceAwayError as error:
            return Preview(plan, None, None, [error.service])
        classes = [class_value(run, one) for one in publication.classes]
        told = [_account_event(one, run.received_at) for one in accounts.changes]
        groups: Sequence[GroupChange] = ()
        try:
            if classes or told:
                groups = await self._groups.would_be(run.school, classes, told, caller=caller)
        except ServiceAwayError as error:
            return Preview(plan, accounts, None, [error.service])
        return Preview(plan, accounts, groups)


def _account_event(one: AccountChange, at: datetime) -> bytes:
    """As identity would publish it; nobody's name is needed for it."""
    return orjson.dumps(
        {
            "change": one.change,
            "version": one.account["version"],
            "account": {"display_name": "", **one.account},
            "changed_at": at,
        }
    )
