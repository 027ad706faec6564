"""How every verb of the command line asks Hwb: its options, and where there is no answer, why."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from hwb_provisioning_client.connection import connection
from hwb_provisioning_client.errors import ProvisioningError, UsageError
from hwb_provisioning_client.report import error_as_json, show_error
from hwb_provisioning_client.sign_in import read_sign_in

School = Annotated[
    str, typer.Option(help="seven-digit school number", envvar="HWB_PROVISION_SCHOOL")
]
Address = Annotated[str, typer.Option(help="address of Hwb", envvar="HWB_PROVISION_URL")]
CredentialsFile = Annotated[
    Path | None,
    typer.Option(
        help="file with client_id and client_secret, as Hwb gave it to the school",
        envvar="HWB_PROVISION_CREDENTIALS_FILE",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(help="instead: file with a token alone in it", envvar="HWB_PROVISION_TOKEN_FILE"),
]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


def told(
    ask: Callable[[httpx.AsyncClient], Awaitable[dict[str, Any]]],
    url: str,
    credentials_file: Path | None,
    token_file: Path | None,
    *,
    as_json: bool,
) -> dict[str, Any]:
    """The answer to a question; where there is none, says why and ends."""

    async def asked() -> dict[str, Any]:
        sign_in = read_sign_in(url, token_file=token_file, credentials_file=credentials_file)
        async with connection(url, sign_in) as client:
            return await ask(client)

    with errors_told(as_json=as_json):
        require_address(url)
        return asyncio.run(asked())


@contextmanager
def errors_told(*, as_json: bool = False) -> Iterator[None]:
    """Says what goes wrong within, and ends with its exit code."""
    try:
        yield
    except ProvisioningError as error:
        if as_json:
            typer.echo(error_as_json(error))
        else:
            show_error(Console(stderr=True), error)
        raise typer.Exit(error.exit_code) from error


def require_address(url: str) -> None:
    """Raises UsageError where the address is not one of the web."""
    if not url.startswith(("https://", "http://")):
        raise UsageError(
            "address_not_http",
            "The address is not one of the web",
            f"{url} must begin with https://. Ask the Service Desk for Hwb's address.",
        )
