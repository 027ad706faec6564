"""What an operator of Hwb asks about credentials of schools' clients: made, listed, changed, ended.

A secret is shown once, so it goes straight into the file that the school's client reads: it is on
no command line, in no terminal and in no other file.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from hwb_provisioning_client.errors import RefusedError, UsageError
from hwb_provisioning_client.exchange import Patience, answered

FOR_THE_OWNER_ALONE = 0o600


async def issue(client: httpx.AsyncClient, *, school: str, file: Path) -> dict[str, Any]:
    """Make credentials and write them to a new file. Raises as ``push_upload``."""
    return await _made(client, f"/v1/schools/{school}/clients", {}, file)


async def rotate(
    client: httpx.AsyncClient, *, school: str, client_id: str, overlap_hours: int, file: Path
) -> dict[str, Any]:
    """Make another secret and write both to a new file; the secret so far goes on for a while."""
    address = f"/v1/schools/{school}/clients/{client_id}/rotate"
    return await _made(client, address, {"overlap_hours": overlap_hours}, file)


async def revoke(client: httpx.AsyncClient, *, school: str, client_id: str) -> dict[str, Any]:
    """End a client's access at once."""
    return await _asked(client, f"/v1/schools/{school}/clients/{client_id}/revoke", {})


async def listed(client: httpx.AsyncClient, *, school: str) -> list[dict[str, Any]]:
    """The school's credentials without their secrets, oldest first."""
    address = f"/v1/schools/{school}/clients"
    found: list[dict[str, Any]] = (
        await answered(lambda: client.get(address), Patience(), lambda _: None)
    ).json()["items"]
    return found


async def _made(
    client: httpx.AsyncClient, address: str, wanted: dict[str, Any], file: Path
) -> dict[str, Any]:
    """What was made, with its secret only in the file."""
    with _new_file(file) as written:
        told = await _asked(client, address, wanted)
        secret = told.pop("client_secret")
        if secret is None:
            raise RefusedError(
                "secret_not_shown",
                "The secret was made, but its answer was lost on the way",
                f"It is not shown again. Run: credentials rotate {told['client_id']}.",
            )
        held = {"client_id": told["client_id"], "client_secret": secret}
        os.write(written, json.dumps(held).encode() + b"\n")
    return told | {"file": str(file)}


async def _asked(client: httpx.AsyncClient, address: str, wanted: dict[str, Any]) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(uuid4())}

    async def send() -> httpx.Response:
        return await client.post(address, json=wanted or None, headers=headers)

    told: dict[str, Any] = (await answered(send, Patience(), lambda _: None)).json()
    return told


@contextmanager
def _new_file(path: Path) -> Iterator[int]:
    """An empty file for its owner alone, there before anything is asked; gone if that fails."""
    try:
        written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FOR_THE_OWNER_ALONE)
    except OSError as error:
        raise UsageError(
            "credentials_not_writable",
            "The credentials cannot be written there",
            f"{path}: {error.strerror}. Nothing was made. Name a file that does not exist yet, in "
            "a folder that you may write to.",
        ) from error
    try:
        yield written
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(written)
