"""The part of the API that shows how far every school's provisioning is."""

import csv
import io
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Response

from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.adapters.standing_table import StandingTable
from hwb_mis_ingest.domain.season_guard import rollover_of
from hwb_mis_ingest.domain.standing import EndOfYearWork as Work
from hwb_mis_ingest.entrypoints.callers import ReaderOfAny
from hwb_mis_ingest.entrypoints.replies import (
    EndOfYearWork,
    ProvisioningStatus,
    Result,
    SchoolStatus,
)
from hwb_runtime.auth import NATIONAL, ensure_school
from hwb_runtime.clock import civil_date
from hwb_runtime.platform import Platform
from hwb_runtime.texts import AuthorityCode, SchoolNumber
from hwb_schemas.calendar import RolloverCalendar
from hwb_schemas.register import ClientManager, School

SECONDS_OF_AN_HOUR = 3600
_CSV_COLUMNS = (
    "school",
    "name",
    "name_cy",
    "authority",
    "client_managed_by",
    "result",
    "last_run",
    "age_hours",
    "in_run_week",
    "end_of_year_work_looks_done",
    "learners_moved_up",
    "top_year_without_leaving_date",
    "rejected",
    "held",
    "pending",
)


def add_status_routes(
    app: FastAPI, platform: Platform, views: RunViews, standings: StandingTable
) -> None:
    """Add the routes to the application of ``make_api``."""

    @app.get(
        "/v1/provisioning-status",
        response_model=ProvisioningStatus,
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        },
        summary="Last Run of schools",
    )
    async def provisioning_status(
        caller: ReaderOfAny,
        school: SchoolNumber | None = None,
        authority: AuthorityCode | None = None,
        result: Annotated[Result | None, Query()] = None,
        client_managed_by: Annotated[ClientManager | None, Query()] = None,
        in_run_week: Annotated[bool | None, Query()] = None,
        end_of_year_work_looks_done: Annotated[bool | None, Query()] = None,
        format_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> Any:
        """One school's, an authority's, or (without either) every school's that you may see.

        A filter keeps the schools for which it holds; a school of which it is not known is not one
        for which it holds.
        """
        schools = [
            one
            for number, one in sorted(platform.register.schools.items())
            if caller.may_see_school(number)
            and school in {None, number}
            and authority in {None, one.authority}
            and client_managed_by in {None, one.client_managed_by}
        ]
        if not schools and client_managed_by is None and caller.role not in NATIONAL:
            ensure_school(caller, school or f"{authority or ''}")
        numbers = [one.number for one in schools]
        async with platform.database.transaction() as session:
            last = await views.last_runs(session, numbers)
            standing = await standings.standings(session, numbers, rollover_of(platform.calendar))
        now = platform.clock.now()
        items = [
            _status(
                one,
                last[one.number],
                standing[one.number].work,
                now=now,
                calendar=platform.calendar,
            )
            for one in schools
        ]
        found = [
            one
            for one in items
            if result in {None, one.result}
            and in_run_week in {None, one.in_run_week}
            and end_of_year_work_looks_done
            in {None, one.end_of_year_work.looks_done if one.end_of_year_work else None}
        ]
        if format_ == "csv":
            return Response(_csv(found), media_type="text/csv; charset=utf-8")
        return ProvisioningStatus(items=found)


def _status(
    school: School,
    runs: tuple[dict[str, Any] | None, dict[str, Any] | None],
    work: Work | None,
    *,
    now: datetime,
    calendar: RolloverCalendar,
) -> SchoolStatus:
    last, newest = runs
    received = datetime.fromisoformat(last["received_at"]) if last else None
    return SchoolStatus.model_validate(
        {
            "school": school.number,
            "name": school.name,
            "name_cy": school.name_cy,
            "authority": school.authority,
            "client_managed_by": school.client_managed_by,
            "result": _result(newest),
            "age_hours": round((now - received).total_seconds() / SECONDS_OF_AN_HOUR, 1)
            if received
            else None,
            "in_run_week": civil_date(received) in calendar.run_week if received else None,
            "end_of_year_work": None if work is None else _end_of_year(work),
            "last_run": last,
            "newest_run": newest,
        }
    )


def _end_of_year(work: Work) -> EndOfYearWork:
    return EndOfYearWork(
        looks_done=work.looks_done,
        learners_below_top=work.below_top,
        learners_moved_up=work.moved_up,
        top_year_without_leaving_date=work.top_still_there,
    )


def _result(newest: dict[str, Any] | None) -> Result:
    if newest is None:
        return Result.NEVER_RUN
    if newest["rolled_back_by"]:
        return Result.ROLLED_BACK
    if newest["status"] in {"waiting", "refused", "discarded"}:
        return Result(newest["status"])
    if newest["hold"] == "open":
        return Result.HELD
    if newest["status"] != "settled":
        return Result.IN_PROGRESS
    return Result.ROWS_REJECTED if newest["counts"]["rejected"] else Result.DONE


def _csv(items: list[SchoolStatus]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for one in items:
        last, work = one.last_run, one.end_of_year_work
        writer.writerow(
            [
                one.school,
                one.name,
                one.name_cy,
                one.authority,
                one.client_managed_by.value,
                one.result.value,
                last.received_at.isoformat() if last else "",
                _blank(one.age_hours),
                _blank(one.in_run_week),
                _blank(work.looks_done if work else None),
                _blank(work.learners_moved_up if work else None),
                _blank(work.top_year_without_leaving_date if work else None),
                _blank(last.counts.rejected if last else None),
                _blank(last.counts.held if last else None),
                _blank(last.settled.pending if last and last.settled else None),
            ]
        )
    return text.getvalue()


def _blank(value: float | bool | None) -> str:  # noqa: FBT001 - a value to write, not a switch
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
