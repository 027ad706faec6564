"""The part of the API that shows how far every school's provisioning is."""

from typing import Annotated

from fastapi import FastAPI, Query

from hwb_mis_ingest.adapters.run_views import RunViews
from hwb_mis_ingest.entrypoints.decision_routes import READERS
from hwb_mis_ingest.entrypoints.replies import ProvisioningStatus
from hwb_runtime.auth import NATIONAL, Caller, caller_with, ensure_school
from hwb_runtime.platform import Platform

Reader = Annotated[Caller, caller_with(*READERS)]


def add_status_routes(app: FastAPI, platform: Platform, views: RunViews) -> None:
    """Add the routes to the application of ``make_api``."""

    @app.get("/v1/provisioning-status", summary="Last Run of schools")
    async def provisioning_status(
        caller: Reader,
        school: Annotated[str | None, Query(pattern=r"^\d{7}$")] = None,
        authority: Annotated[str | None, Query(pattern=r"^\d{3}$")] = None,
    ) -> ProvisioningStatus:
        """One school's, an authority's, or (without either) every school's that you may see."""
        schools = [
            one
            for number, one in sorted(platform.register.schools.items())
            if caller.may_see_school(number)
            and school in {None, number}
            and authority in {None, one.authority}
        ]
        if not schools and caller.role not in NATIONAL:
            ensure_school(caller, school or f"{authority or ''}")
        async with platform.database.transaction() as session:
            last = await views.last_runs(session, [one.number for one in schools])
        return ProvisioningStatus.model_validate(
            {
                "items": [
                    {
                        "school": one.number,
                        "name": one.name,
                        "name_cy": one.name_cy,
                        "authority": one.authority,
                        "client_managed_by": one.client_managed_by,
                        "last_run": last[one.number][0],
                        "newest_run": last[one.number][1],
                    }
                    for one in schools
                ]
            }
        )
