"""``hwb-provision credentials``: for operators of Hwb, who give schools' clients their secrets."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from hwb_provisioning_client import credentials
from hwb_provisioning_client.asking import Address, AsJson, CredentialsFile, School, TokenFile, told

app = typer.Typer(
    no_args_is_help=True,
    help="For operators of Hwb: credentials of schools' clients, signed in with --token-file.",
)

ClientId = Annotated[str, typer.Argument(help="as hwb-6604027-1a2b3c4d; list shows it")]
File = Annotated[Path, typer.Argument(help="where to write the credentials file; must be new")]


@app.command()
def issue(
    file: File,
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """Make credentials for one more computer of a school; others that it has go on."""

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        return await credentials.issue(client, school=school, file=file)

    _show_made(told(ask, url, credentials_file, token_file, as_json=as_json), as_json=as_json)


@app.command()
def rotate(
    client_id: ClientId,
    file: File,
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    overlap_hours: Annotated[
        int, typer.Option(help="for how long the secret so far goes on", min=0, max=2160)
    ] = 24 * 14,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """Make a new secret; the school changes it in its own time, while both are good."""

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        return await credentials.rotate(
            client, school=school, client_id=client_id, overlap_hours=overlap_hours, file=file
        )

    _show_made(told(ask, url, credentials_file, token_file, as_json=as_json), as_json=as_json)


@app.command()
def revoke(
    client_id: ClientId,
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """End a client's access at once, its tokens included. It stays ended."""
    if not yes:
        typer.confirm(f"{client_id} of school {school} will send nothing more. Revoke?", abort=True)

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        return await credentials.revoke(client, school=school, client_id=client_id)

    found = told(ask, url, credentials_file, token_file, as_json=as_json)
    _show(found, as_json=as_json)
    if not as_json:
        typer.echo(f"{client_id} is revoked.")


@app.command("list")
def list_(
    school: School,
    url: Address,
    credentials_file: CredentialsFile = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag, by Typer's way
) -> None:
    """Show which credentials a school's clients have, and how old the secrets are."""

    async def ask(client: httpx.AsyncClient) -> dict[str, Any]:
        return {"items": await credentials.listed(client, school=school)}

    found = told(ask, url, credentials_file, token_file, as_json=as_json)
    _show(found, as_json=as_json)
    if not as_json:
        Console().print(_table(found["items"]) if found["items"] else "The school has none.")


def _show_made(made: dict[str, Any], *, as_json: bool) -> None:
    _show(made, as_json=as_json)
    if as_json:
        return
    typer.echo(f"{made['file']} holds credentials {made['client_id']} of school {made['school']}.")
    if made["previous_ends_at"]:
        typer.echo(f"The secret so far ends at {made['previous_ends_at']}.")
    typer.echo("Bring it to the computer that runs the school's client, and delete it here.")


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"ok": True, "exit_code": 0, **found}))


def _table(items: list[dict[str, Any]]) -> Table:
    table = Table("client_id", "made", "by", "secrets", "revoked")
    for one in items:
        secrets = [
            f"of {secret['made_at']}" + (f", ends {secret['ends_at']}" if secret["ends_at"] else "")
            for secret in one["secrets"]
        ]
        row = one["client_id"], one["made_at"], one["made_by"], "\n".join(secrets)
        table.add_row(*row, one["revoked_at"] or "")
    return table
