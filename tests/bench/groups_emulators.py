"""The providers of ``groups_providers.Elsewhere``: a process and a clock of their own."""

import gc
from typing import Annotated

import typer
import uvicorn
from pydantic import BaseModel
from tests.bench.groups_providers import Way, changed_in, make_groups

from hwb_rehearsal.emulators import make_emulators


class GroupsWanted(BaseModel):
    """Body of ``POST /bench/groups``."""

    teams: int
    classrooms: int
    archived: bool


def serve(port: Annotated[int, typer.Option(help="on loopback")]) -> None:
    """Both emulators in real time and some way off, with what the benchmarks ask of them."""
    emulators = make_emulators()

    @emulators.app.post("/bench/groups")
    async def make(wanted: GroupsWanted) -> dict[str, list[str]]:
        made = make_groups(
            emulators,
            teams=wanted.teams,
            classrooms=wanted.classrooms,
            archived=wanted.archived,
        )
        gc.collect()
        gc.freeze()  # else the collector stops the providers now and then to look at all of them
        return made

    @emulators.app.get("/bench/changed")
    async def changed() -> dict[str, float]:
        return changed_in(emulators)

    uvicorn.run(
        Way(emulators.app), host="127.0.0.1", port=port, log_level="warning", access_log=False
    )


if __name__ == "__main__":
    typer.run(serve)
