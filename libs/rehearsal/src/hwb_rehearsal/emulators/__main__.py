"""The emulators as one process: ``python -m hwb_rehearsal.emulators --port N --time-scale S``."""

from typing import Annotated

import typer
import uvicorn

from hwb_rehearsal.emulators.application import make_emulators


def serve(
    *,
    port: Annotated[int, typer.Option(help="Port on loopback.")],
    time_scale: Annotated[float, typer.Option(help="How many times faster than real.")] = 1.0,
    log_level: Annotated[str, typer.Option(help="uvicorn's log level.")] = "warning",
) -> None:
    """Serve /graph/v1.0, /classroom and /inspect until interrupted."""
    app = make_emulators(time_scale=time_scale).app
    uvicorn.run(app, host="127.0.0.1", port=port, log_level=log_level, access_log=False)


if __name__ == "__main__":
    typer.run(serve)
