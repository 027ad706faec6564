"""Asks Hwb what an upload would do, and how a school's provisioning stands; changes nothing."""

from typing import Any

import httpx

from hwb_provisioning_client.exchange import Patience, answered
from hwb_provisioning_client.upload import Upload


async def preview_upload(
    client: httpx.AsyncClient, upload: Upload, *, school: str, patience: Patience
) -> dict[str, Any]:
    """What a run of this upload would do now, as the API says it. Raises as ``push_upload``."""
    address = f"/v1/schools/{school}/preview"
    headers = {"Content-Type": "application/octet-stream"}

    async def send() -> httpx.Response:
        return await client.post(address, content=upload.data, headers=headers)

    found: dict[str, Any] = (await answered(send, patience, lambda _: None)).json()
    return found


async def school_status(
    client: httpx.AsyncClient, *, school: str, patience: Patience
) -> dict[str, Any]:
    """The school's provisioning status, as the API says it."""

    async def send() -> httpx.Response:
        return await client.get("/v1/provisioning-status", params={"school": school})

    items = (await answered(send, patience, lambda _: None)).json()["items"]
    found: dict[str, Any] = items[0] if items else {"school": school, "result": "unknown"}
    return found
