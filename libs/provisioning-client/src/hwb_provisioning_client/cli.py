"""hwb-provision: what a Network Manager runs, by hand or from a schedule."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from hwb_provisioning_client import credentials_cli
from hwb_provisioning_client.ask import preview_upload, school_status
from hwb_provisioning_client.asking import (
    Address,
    AsJson,
    CredentialsFile,
    School,
    TokenFile,
    errors_told,
    require_address,
    told,
)
from hwb_provisioning_client.connection import connection
from hwb_provisioning_client.errors import UsageError
from hwb_provisioning_client.exchange import Patience
from hwb_provisioning_client.push import (
    IN_PARTS_ABOVE,
    PushResult,
    push_upload,
    wait_until_settled,
)
from hwb_provisioning_client.report import result_as_json, show_result
from hwb_provisioning_client.schedule import Schedule, SignIn, System, printed
from hwb_provisioning_client.sign_in import read_sign_in, require_one_file
from hwb_provisioning_client.standing import show_preview, show_status
from hwb_provisioning_client.template import Format, write_template
from hwb_provisioning_client.upload import Upload, read_upload

ROWS_REJECTED = 1
EXIT_CODES = """Exit codes: 0 done; 1 done, but rows were rejected; 2 the command or file is wrong;
3 Hwb refused the file; 4 Hwb cannot be reached; 5 not allowed; 6 taken, but not settled in time.

Proxies: HTTPS_PROXY=http://proxy:8080 (HTTP_PROXY, ALL_PROXY, NO_PROXY) is followed;
SSL_CERT_FILE names the certificates to trust, where a proxy looks into TLS."""

app = typer.Typer(
    name="hwb-provision",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Send a school's MIS export to Hwb.",
    epilog=EXIT_CODES,
)
app.add_typer(credentials_cli.app, name="credentials", epilog=EXIT_CODES)

Mapping = Annotated[
    Path | None,
    typer.Option(
        help="the school's mapping file: which column holds what", envvar="HWB_PROVISION_MAPPING"
    ),
]


@app.command(epilog=EXIT_CODES)
def push(
    file: Annotated[Path, typer.Argument(help="zip, .jsonl, .xml (CTF), or the MIS's folder")],
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    mapping: Mapping = None,
    extracted_at: Annotated[
        datetime | None,
        typer.Option(help="when the MIS wrote it, in UTC; default: the file's time of change"),
    ] = None,
    wait: Annotated[bool, typer.Option(help="wait until Hwb has applied it all")] = False,  # noqa: FBT002
    timeout: Annotated[float, typer.Option(help="seconds to wait at most", min=1)] = 600.0,
    tries: Annotated[int, typer.Option(help="tries of each request", min=1, max=20)] = 6,
    in_parts_above: Annotated[
        int,
        typer.Option(
            help="larger files (bytes) are sent in parts, and go on where they stopped",
            envvar="HWB_PROVISION_IN_PARTS_ABOVE",
            min=0,
        ),
    ] = IN_PARTS_ABOVE,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """Send an export. Sending the same one again is safe: it is not taken twice."""
    console = Console(stderr=True, quiet=as_json)
    with errors_told(as_json=as_json):
        require_address(url)
        upload = read_upload(file, extracted_at=_in_utc(extracted_at), mapping=mapping)
        sign_in = read_sign_in(url, token_file=token_file, credentials_file=credentials_file)
        patience = Patience(tries=tries, settle_seconds=timeout)
        client = connection(url, sign_in)
        result = asyncio.run(
            _push(console, client, upload, school, patience, parts_above=in_parts_above, waits=wait)
        )
    exit_code = ROWS_REJECTED if result.rejected else 0
    if as_json:
        typer.echo(result_as_json(result, exit_code=exit_code))
    else:
        show_result(Console(), result)
    raise typer.Exit(exit_code)


@app.command(epilog=EXIT_CODES)
def preview(
    file: Annotated[Path, typer.Argument(help="zip, .jsonl, .xml (CTF), or the MIS's folder")],
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    mapping: Mapping = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """See what a push of this export would do now, without doing it."""

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        upload = read_upload(file, mapping=mapping)
        return await preview_upload(client, upload, school=school, patience=Patience())

    found = told(ask, url, credentials_file, token_file, as_json=as_json)
    exit_code = ROWS_REJECTED if found["counts"]["rejected"] else 0
    if as_json:
        typer.echo(json.dumps({"ok": exit_code == 0, "exit_code": exit_code, **found}))
    else:
        show_preview(Console(), found)
    raise typer.Exit(exit_code)


@app.command(epilog=EXIT_CODES)
def status(
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """Show the school's Last Run, its result, and what to do."""

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        return await school_status(client, school=school, patience=Patience())

    found = told(ask, url, credentials_file, token_file, as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"ok": True, "exit_code": 0, **found}))
    else:
        show_status(Console(), found)


@app.command()
def schedule(
    file: Annotated[Path, typer.Argument(help="where the MIS writes its export")],
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    at: Annotated[str, typer.Option(help="time of day, HH:MM")] = "05:30",
    system: Annotated[System, typer.Option(help="where the client runs")] = (
        System.WINDOWS if sys.platform == "win32" else System.SYSTEMD
    ),
) -> None:
    """Print a systemd timer or a Windows task that pushes every day; it installs nothing."""
    with errors_told():
        require_address(url)
        _require_time(at)
        require_one_file(token_file, credentials_file)
    program = str(Path(sys.argv[0]).resolve())
    signs_in = SignIn(credentials_file=credentials_file, token_file=token_file)
    what = Schedule(program, file.resolve(), school, url, signs_in, at)
    typer.echo(printed(what, system), nl=False)


@app.command()
def template(
    folder: Annotated[Path, typer.Argument(help="an empty or new folder")],
    format_: Annotated[
        Format, typer.Option("--format", help="what the MIS writes")
    ] = Format.ONEROSTER_1_1,
) -> None:
    """Write an example of every file, to compare an export with."""
    with errors_told():
        written = write_template(folder, format_=format_)
    for path in written:
        typer.echo(str(path))


async def _push(
    console: Console,
    client: httpx.AsyncClient,
    upload: Upload,
    school: str,
    patience: Patience,
    *,
    parts_above: int,
    waits: bool,
) -> PushResult:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
    )
    async with client:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("sending", total=len(upload.data))
            result = await push_upload(
                client,
                upload,
                school=school,
                patience=patience,
                in_parts_above=parts_above,
                on_sent=lambda sent: progress.update(task, completed=sent),
                on_pause=progress.console.print,
            )
            if not waits:
                return result
            progress.update(task, description="received")
            return await wait_until_settled(
                client,
                result,
                patience=patience,
                on_status=lambda status: progress.update(task, description=status),
                on_pause=progress.console.print,
            )


def _in_utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant and instant.tzinfo is None else instant


def _require_time(at: str) -> None:
    try:
        datetime.strptime(at, "%H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(
            "time_not_valid", "The time of day is not valid", f"{at} must be written as 05:30."
        ) from error


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
