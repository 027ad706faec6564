"""The issuer as one process: ``HWB_ENV=local python -m hwb_rehearsal.issuer --port N``.

The rehearsal's secret is read from ``HWB_ISSUER_SECRET``, never from the command line.
"""

import os
import sys
from typing import Annotated

import typer
import uvicorn

from hwb_rehearsal.issuer.application import IssuerRefusedError, make_issuer
from hwb_rehearsal.issuer.clients import LocalClients


def serve(
    *,
    port: Annotated[int, typer.Option(help="Port on loopback.")],
    lasts: Annotated[int, typer.Option(help="Seconds that a token lasts.", min=1)] = 300,
    log_level: Annotated[str, typer.Option(help="uvicorn's log level.")] = "warning",
) -> None:
    """Serve the discovery document, /jwks and /token until interrupted."""
    secret = os.environ.get("HWB_ISSUER_SECRET", "")
    try:
        app = make_issuer(
            f"http://127.0.0.1:{port}",
            LocalClients(secret.encode()),
            environment=os.environ,
            lasts=lasts,
        )
    except IssuerRefusedError as error:
        typer.echo(f"{error} See docs/reference/who-may-do-what.md.", err=True)
        sys.exit(2)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level=log_level, access_log=False)


if __name__ == "__main__":
    typer.run(serve)
