"""Archive runs over HTTP: what operators look at, confirm, pause, resume and cancel."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from hwb_groups.adapters.archive_store import PostgresArchiveRuns
from hwb_groups.application.archive_runs import (
    ArchiveRun,
    ArchiveRuns,
    DryRun,
    Progress,
    SchoolProgress,
)
from hwb_groups.domain.archive_run import Hours
from hwb_runtime.auth import Caller, caller_with
from hwb_runtime.commands import IdempotencyKey, Reply, command_once
from hwb_runtime.files import SchoolRegister
from hwb_runtime.platform import Platform
from hwb_runtime.texts import A_NUMBER, PlainText
from hwb_runtime.unit_of_work import UnitOfWork
from hwb_schemas.words import Role

Reader = Annotated[Caller, caller_with(Role.OPERATOR, Role.SERVICE_DESK)]
Operator = Annotated[Caller, caller_with(Role.OPERATOR)]
DryRunSeen = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=r'^"[0-9a-f]{64}"$',
        description="The ETag of the dry run that was looked at: the digest of its groups.",
        examples=[f'"{"0" * 64}"'],
    ),
]
CivilTime = Annotated[
    str,
    Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="Hours and minutes in Wales.",
        examples=["20:00"],
    ),
]


class HoursOfDay(BaseModel):
    """Archives are begun within these hours only.

    ``end`` may be on the next morning; the same hour twice means the whole day.
    """

    model_config = ConfigDict(extra="forbid")

    begin: CivilTime
    end: CivilTime


class SchoolCounted(BaseModel):
    """What would be archived of one school.

    ``without_owner``: all their teachers have left; ``being_created``: not at the provider yet.
    """

    school: str
    teams: int
    classrooms: int
    without_owner: int
    being_created: int


class AuthorityCounted(BaseModel):
    """The same of one local authority."""

    authority: str
    schools: int
    teams: int
    classrooms: int
    without_owner: int
    being_created: int


class GroupWithoutOwner(BaseModel):
    """A group whose teachers have all left: the technical owner is added before it is archived."""

    group_id: str
    provider: Literal["teams", "classroom"]
    school: str
    class_key: str
    title: str


class DryRunShown(BaseModel):
    """What an archive run would archive now; to begin it, type its year and number of groups."""

    academic_year: str
    groups: int
    etag: str
    authorities: list[AuthorityCounted]
    schools: list[SchoolCounted]
    without_owner: list[GroupWithoutOwner]


class RunConfirmed(BaseModel):
    """What the operator typed, from the dry run: academic year and number of groups."""

    model_config = ConfigDict(extra="forbid")

    academic_year: Annotated[PlainText, Field(examples=["2021-22"])]
    groups: Annotated[int, Field(ge=0, le=10_000_000), A_NUMBER]
    hours: HoursOfDay | None = None


class RunShown(BaseModel):
    """An archive run. ``open``: running and within its hours, so archives are begun now."""

    run_id: UUID
    academic_year: str
    state: Literal["running", "paused", "cancelled", "done"]
    open: bool
    hours: HoursOfDay | None
    groups: int
    begun_at: datetime
    ended_at: datetime | None


class RunsShown(BaseModel):
    """Newest first."""

    items: list[RunShown]


class Part(BaseModel):
    """How far it is. ``restored`` were asked back since; ``failed`` wait for a person."""

    groups: int
    archived: int
    restored: int
    failed: int
    left: int


class SchoolPart(Part):
    """At one school."""

    school: str


class AuthorityPart(Part):
    """At one local authority's schools."""

    authority: str


class DecisionShown(BaseModel):
    """Who began, paused, resumed or cancelled it."""

    decision: str
    decided_by: str
    decided_at: datetime


class RunProgress(RunShown):
    """A run and how far it is.

    ``expected_end`` rests on what was archived in the last minutes (``measured``), or on the
    providers' quotas while that is too little (``quota``); it is null where it would be a guess.
    """

    progress: Part
    authorities: list[AuthorityPart]
    schools: list[SchoolPart]
    decisions: list[DecisionShown]
    expected_end: datetime | None
    estimate_rests_on: Literal["measured", "quota", "none"]


def add_archive_runs(app: FastAPI, platform: Platform, archive_runs: ArchiveRuns) -> None:
    """Add the operations to the API."""

    @app.get("/v1/archive-runs/dry-run")
    async def dry_run(_caller: Reader, response: Response) -> DryRunShown:
        """What an archive run would archive now, and which groups have lost their owners."""
        async with platform.database.transaction() as session:
            shown = _dry_run(await archive_runs.dry_run(session), platform.register)
        response.headers["ETag"] = shown.etag
        return shown

    @app.post("/v1/archive-runs", status_code=202)
    async def begin_archive_run(
        confirmed: RunConfirmed,
        caller: Operator,
        idempotency_key: IdempotencyKey,
        if_match: DryRunSeen,
    ) -> RunShown:
        """Archive the groups of the dry run that was looked at, its year and number typed."""
        seen = if_match.strip('"')

        async def effect(uow: UnitOfWork) -> ArchiveRun:
            return await archive_runs.begin(
                uow,
                academic_year=confirmed.academic_year,
                groups=confirmed.groups,
                digest=seen,
                hours=_hours(confirmed.hours),
                by=caller.subject,
            )

        asked = f"begin archive run {seen} {confirmed.model_dump_json()}"
        return await _command(platform, idempotency_key, caller, asked, effect)

    @app.get("/v1/archive-runs")
    async def list_archive_runs(_caller: Reader) -> RunsShown:
        """All archive runs."""
        async with platform.database.transaction() as session:
            runs = await PostgresArchiveRuns(session).runs()
        return RunsShown(items=[_run(run) for run in runs])

    @app.get("/v1/archive-runs/{run_id}")
    async def show_archive_run(run_id: UUID, _caller: Reader) -> RunProgress:
        """How far a run is, by authority and school, and when it will have ended."""
        async with platform.units_of_work.begin() as uow:
            return _progress(await archive_runs.show(uow, str(run_id)), platform.register)

    _add_decisions(app, platform, archive_runs)


def _add_decisions(app: FastAPI, platform: Platform, archive_runs: ArchiveRuns) -> None:
    @app.post("/v1/archive-runs/{run_id}/pause")
    async def pause_archive_run(
        run_id: UUID, caller: Operator, idempotency_key: IdempotencyKey
    ) -> RunShown:
        """Begin no more archives for now; what the provider has in hand ends."""

        async def effect(uow: UnitOfWork) -> ArchiveRun:
            return await archive_runs.pause(uow, str(run_id), by=caller.subject)

        return await _command(platform, idempotency_key, caller, f"pause {run_id}", effect)

    @app.post("/v1/archive-runs/{run_id}/resume")
    async def resume_archive_run(
        run_id: UUID, caller: Operator, idempotency_key: IdempotencyKey
    ) -> RunShown:
        """Go on with a run that was paused, within its hours."""

        async def effect(uow: UnitOfWork) -> ArchiveRun:
            return await archive_runs.resume(uow, str(run_id), by=caller.subject)

        return await _command(platform, idempotency_key, caller, f"resume {run_id}", effect)

    @app.post("/v1/archive-runs/{run_id}/cancel")
    async def cancel_archive_run(
        run_id: UUID, caller: Operator, idempotency_key: IdempotencyKey
    ) -> RunShown:
        """Archive nothing more; what is archived stays so, and can be restored by its school."""

        async def effect(uow: UnitOfWork) -> ArchiveRun:
            return await archive_runs.cancel(uow, str(run_id), by=caller.subject)

        return await _command(platform, idempotency_key, caller, f"cancel {run_id}", effect)


async def _command(
    platform: Platform,
    key: str,
    caller: Caller,
    asked: str,
    effect: Callable[[UnitOfWork], Awaitable[ArchiveRun]],
) -> RunShown:
    async def run(uow: UnitOfWork) -> Reply:
        return Reply(200, _run(await effect(uow)).model_dump(mode="json"))

    reply = await command_once(
        platform.units_of_work, key=key, caller=caller, request=asked.encode(), effect=run
    )
    return RunShown.model_validate(reply.body)


def _hours(hours: HoursOfDay | None) -> Hours | None:
    if hours is None or hours.begin == hours.end:
        return None
    return Hours(time.fromisoformat(hours.begin), time.fromisoformat(hours.end))


def _run(run: ArchiveRun) -> RunShown:
    hours = run.hours
    return RunShown(
        run_id=UUID(run.run_id),
        academic_year=run.academic_year,
        state=run.state.value,
        open=run.open,
        hours=None
        if hours is None
        else HoursOfDay(begin=f"{hours.begin:%H:%M}", end=f"{hours.end:%H:%M}"),
        groups=run.groups,
        begun_at=run.begun_at,
        ended_at=run.ended_at,
    )


def _dry_run(found: DryRun, register: SchoolRegister) -> DryRunShown:
    schools = [
        SchoolCounted(
            school=one.school,
            teams=one.teams,
            classrooms=one.classrooms,
            without_owner=one.without_owner,
            being_created=one.being_created,
        )
        for one in found.schools
    ]
    sums: dict[str, Counter[str]] = {}
    for one in schools:
        numbers = one.model_dump(exclude={"school"})
        sums.setdefault(register.authority_of(one.school), Counter()).update(
            {**numbers, "schools": 1}
        )
    return DryRunShown(
        academic_year=found.academic_year,
        groups=found.groups,
        etag=f'"{found.digest}"',
        authorities=[AuthorityCounted(authority=code, **sums[code]) for code in sorted(sums)],
        schools=schools,
        without_owner=[
            GroupWithoutOwner.model_validate(
                {
                    "group_id": one.group_id,
                    "provider": one.provider.value,
                    "school": one.school,
                    "class_key": one.class_key,
                    "title": one.title,
                }
            )
            for one in found.without_owner
        ],
    )


def _progress(found: Progress, register: SchoolRegister) -> RunProgress:
    by_authority: dict[str, list[SchoolProgress]] = {}
    for one in found.schools:
        by_authority.setdefault(register.authority_of(one.school), []).append(one)
    return RunProgress(
        **_run(found.run).model_dump(),
        progress=Part(**_sum(found.schools)),
        authorities=[
            AuthorityPart(authority=code, **_sum(by_authority[code])) for code in by_authority
        ],
        schools=[SchoolPart(school=one.school, **_sum([one])) for one in found.schools],
        decisions=[
            DecisionShown(
                decision=one.decision, decided_by=one.decided_by, decided_at=one.decided_at
            )
            for one in found.decisions
        ],
        expected_end=found.estimate.ends_at,
        estimate_rests_on=found.estimate.basis.value,
    )


def _sum(parts: Sequence[SchoolProgress]) -> dict[str, int]:
    return {
        name: sum(getattr(part, name) for part in parts)
        for name in ("groups", "archived", "restored", "failed", "left")
    }
