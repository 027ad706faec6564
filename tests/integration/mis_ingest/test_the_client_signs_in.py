"""Provisioning Clients' credentials: made, rotated with an overlap, revoked, used at a pace."""

import asyncio
import re
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from tests.support.school_export import SCHOOL, small_school

from hwb_provisioning_client import credentials
from hwb_provisioning_client.errors import NotAllowedError
from hwb_provisioning_client.push import Patience, push_upload
from hwb_provisioning_client.sign_in import (
    ClientCredentials,
    Credentials,
    GivenToken,
    read_credentials,
)
from hwb_provisioning_client.upload import Upload

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

CLIENTS = f"/v1/schools/{SCHOOL}/clients"


async def as_operator(
    ingest: "Ingest", path: str, *, key: str | None = None, **body: Any
) -> httpx.Response:
    headers = {"Authorization": "Bearer operator", "Idempotency-Key": key or str(uuid4())}
    return await ingest.http.post(path, headers=headers, json=body or None)


async def made(ingest: "Ingest") -> dict[str, Any]:
    answer = await as_operator(ingest, CLIENTS)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def rotated(ingest: "Ingest", client_id: str, **body: Any) -> dict[str, Any]:
    answer = await as_operator(
        ingest, f"{CLIENTS}/{client_id}/rotate", **(body or {"overlap_hours": 1})
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sign_in(ingest: "Ingest", client_id: str, client_secret: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return await ingest.http.post("/v1/tokens", data=form)


async def is_good(ingest: "Ingest", client_id: str, client_secret: str) -> bool:
    return (await sign_in(ingest, client_id, client_secret)).is_success


async def sees_runs(ingest: "Ingest", token: str, school: str = SCHOOL) -> int:
    answer = await ingest.http.get(
        f"/v1/schools/{school}/runs", headers={"Authorization": f"Bearer {token}"}
    )
    return answer.status_code


def signed_in(ingest: "Ingest", client: dict[str, Any]) -> httpx.AsyncClient:
    """As the Provisioning Client does it with its credentials file."""
    mine = Credentials(client["client_id"], client["client_secret"], "http://hwb/v1/tokens")
    return httpx.AsyncClient(
        transport=ingest.http._transport, base_url="http://hwb", auth=ClientCredentials(mine)
    )


async def test_a_school_gets_credentials_and_its_client_pushes_with_them(ingest: "Ingest") -> None:
    client = await made(ingest)
    assert client["school"] == SCHOOL
    async with signed_in(ingest, client) as http:
        pushed = await push_upload(http, Upload(small_school().zip()), school=SCHOOL)
        assert pushed.status == "received"
        with pytest.raises(NotAllowedError) as refused:
            await push_upload(http, Upload(small_school().zip()), school="6604028")
    assert refused.value.code == "school_not_yours"


async def test_a_token_is_given_in_form_and_header_and_is_good_for_its_school_alone(
    ingest: "Ingest",
) -> None:
    client = await made(ingest)
    pair = f"{client['client_id']}:{client['client_secret']}"
    in_header = await ingest.http.post(
        "/v1/tokens",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {b64encode(pair.encode()).decode()}"},
    )
    in_form = await sign_in(ingest, client["client_id"], client["client_secret"])
    for answer in (in_header, in_form):
        assert answer.headers["cache-control"] == "no-store"
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
        assert await sees_runs(ingest, told["access_token"]) == 200
        assert await sees_runs(ingest, told["access_token"], "6604028") == 403


async def test_nothing_secret_is_kept_in_clear(ingest: "Ingest") -> None:
    client = await made(ingest)
    token = (await sign_in(ingest, client["client_id"], client["client_secret"])).json()
    async with ingest.platform.database.transaction() as session:
        kept = [
            str(row)
            for table in ("client", "client_secret", "client_token", "idempotency", "pace")
            for row in await session.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own tables
        ]
    assert len(kept) == 4
    assert not [row for row in kept if client["client_secret"] in row]
    assert not [row for row in kept if token["access_token"] in row]


async def test_a_repeated_command_makes_nothing_and_does_not_show_the_secret_again(
    ingest: "Ingest",
) -> None:
    first = (await as_operator(ingest, CLIENTS, key="the-same-key")).json()
    again = (await as_operator(ingest, CLIENTS, key="the-same-key")).json()
    assert again["client_id"] == first["client_id"]
    assert again["client_secret"] is None
    assert len((await ingest.get(CLIENTS, token="operator"))["items"]) == 1


async def test_two_secrets_are_good_for_the_overlap_and_a_third_ends_the_first(
    ingest: "Ingest",
) -> None:
    client = await made(ingest)
    client_id, first = client["client_id"], client["client_secret"]
    answer = await rotated(ingest, client_id, overlap_hours=48)
    second = answer["client_secret"]
    assert [await is_good(ingest, client_id, one) for one in (first, second)] == [True, True]
    (shown,) = (await ingest.get(CLIENTS, token="desk"))["items"]
    assert [one["ends_at"] for one in shown["secrets"]] == [answer["previous_ends_at"], None]

    third = (await rotated(ingest, client_id, overlap_hours=48))["client_secret"]
    good = [await is_good(ingest, client_id, one) for one in (first, second, third)]
    assert good == [False, True, True]
    fourth = (await rotated(ingest, client_id, overlap_hours=0))["client_secret"]
    good = [await is_good(ingest, client_id, one) for one in (second, third, fourth)]
    assert good == [False, False, True]


async def test_the_overlap_ends_by_itself(ingest: "Ingest") -> None:
    client = await made(ingest)
    second = (await rotated(ingest, client["client_id"], overlap_hours=1))["client_secret"]
    async with ingest.platform.database.transaction() as session:
        await session.execute(
            "UPDATE client_secret SET ends_at = ends_at - %s", (timedelta(hours=1),)
        )
    assert not await is_good(ingest, client["client_id"], client["client_secret"])
    assert await is_good(ingest, client["client_id"], second)


async def test_a_token_runs_out_and_the_client_gets_another_by_itself(ingest: "Ingest") -> None:
    client = await made(ingest)
    async with signed_in(ingest, client) as http:
        assert (await http.get(f"/v1/schools/{SCHOOL}/runs")).status_code == 200
        used = http.auth._token  # type: ignore[union-attr]
        async with ingest.platform.database.transaction() as session:
            await session.execute("UPDATE client_token SET ends_at = now()")
        refused = await ingest.http.get(
            f"/v1/schools/{SCHOOL}/runs", headers={"Authorization": f"Bearer {used}"}
        )
        assert refused.json()["code"] == "token_expired"
        pushed = await push_upload(http, Upload(small_school().zip()), school=SCHOOL)
        assert pushed.status == "received"


async def test_revoked_credentials_and_their_tokens_end_at_once_and_for_good(
    ingest: "Ingest",
) -> None:
    client, other = await made(ingest), await made(ingest)
    token = (await sign_in(ingest, client["client_id"], client["client_secret"])).json()
    for _ in range(2):
        answer = await as_operator(ingest, f"{CLIENTS}/{client['client_id']}/revoke")
        assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert await sees_runs(ingest, token["access_token"]) == 401
    assert not await is_good(ingest, client["client_id"], client["client_secret"])
    assert await is_good(ingest, other["client_id"], other["client_secret"])
    again = await as_operator(ingest, f"{CLIENTS}/{client['client_id']}/rotate", overlap_hours=1)
    assert (again.status_code, again.json()["code"]) == (409, "client_revoked")
    shown = (await ingest.get(CLIENTS, token="operator"))["items"][0]
    assert (shown["revoked_by"], shown["secrets"]) == ("op-1", [])


async def test_credentials_of_another_school_are_not_found_at_this_one(ingest: "Ingest") -> None:
    client = await made(ingest)
    elsewhere = f"/v1/schools/6604028/clients/{client['client_id']}/revoke"
    assert (await as_operator(ingest, elsewhere)).json()["code"] == "client_unknown"
    assert await is_good(ingest, client["client_id"], client["client_secret"])


async def test_wrong_secrets_are_slowed_down_and_the_right_one_never(ingest: "Ingest") -> None:
    client, other = await made(ingest), await made(ingest)
    answers = [await sign_in(ingest, client["client_id"], f"guess {n}") for n in range(12)]
    assert [one.status_code for one in answers] == [401] * 10 + [429] * 2
    assert answers[0].json()["error"] == "invalid_client"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 120
    assert answers[-1].json()["code"] == "too_many_sign_ins"
    assert await is_good(ingest, client["client_id"], client["client_secret"])
    assert (await sign_in(ingest, other["client_id"], "guess")).status_code == 401


async def test_made_up_clients_are_counted_together_and_leave_nothing_behind(
    ingest: "Ingest",
) -> None:
    names = ["nobody", "\0", "é" * 100, *(f"hwb-6604027-{n:08x}" for n in range(9))]
    answers = [await sign_in(ingest, name, "guess") for name in names]
    assert [one.status_code for one in answers] == [401] * 10 + [429] * 2
    async with ingest.platform.database.transaction() as session:
        assert await session.fetch("SELECT count(*) FROM pace") == [(1,)]


async def test_uploads_of_one_credential_are_slowed_down_and_others_are_not(
    ingest: "Ingest",
) -> None:
    client, other = await made(ingest), await made(ingest)
    data = small_school().zip()
    token, others = [
        (await sign_in(ingest, one["client_id"], one["client_secret"])).json()["access_token"]
        for one in (client, other)
    ]
    answers = [await ingest.upload(data, token=token) for _ in range(22)]
    assert [one.status_code for one in answers] == [202] * 20 + [429] * 2
    last = answers[-1]
    assert last.json()["code"] == "too_many_uploads"
    assert 0 < int(last.headers["Retry-After"]) <= 60
    assert last.headers["content-type"] == "application/problem+json"
    assert (await ingest.upload(data, token=others)).status_code == 202
    assert (await ingest.upload(data)).status_code == 202

    async with ingest.platform.database.transaction() as session:
        await session.execute("UPDATE pace SET at = at - interval '61 seconds'")
    answers = [await ingest.upload(data, token=token) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 429], "one more a minute"


async def test_an_operators_command_makes_changes_and_ends_what_a_client_signs_in_with(
    ingest: "Ingest", tmp_path: Path
) -> None:
    given = GivenToken("operator")
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    async def good(file: Path) -> bool:
        mine = read_credentials(file, "http://hwb")
        return await is_good(ingest, mine.client_id, mine.client_secret)

    async with httpx.AsyncClient(
        transport=ingest.http._transport, base_url="http://hwb", auth=given
    ) as http:
        client_id = (await credentials.issue(http, school=SCHOOL, file=first))["client_id"]
        assert await good(first)
        of_client = {"school": SCHOOL, "client_id": client_id}
        await credentials.rotate(http, **of_client, overlap_hours=1, file=second)
        assert [await good(file) for file in (first, second)] == [True, True]
        (shown,) = await credentials.listed(http, school=SCHOOL)
        assert len(shown["secrets"]) == 2
        await credentials.revoke(http, **of_client)
        assert [await good(file) for file in (first, second)] == [False, False]


async def test_previews_of_one_credential_are_slowed_down_and_its_uploads_are_not(
    ingest: "Ingest",
) -> None:
    client = await made(ingest)
    data, path = small_school().zip(), f"/v1/schools/{SCHOOL}/preview"
    signed = await sign_in(ingest, client["client_id"], client["client_secret"])
    token = signed.json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answers = [await ingest.http.post(path, content=data, headers=headers) for _ in range(21)]
    assert [one.status_code for one in answers] == [200] * 20 + [429]
    assert answers[-1].json()["code"] == "too_many_previews"
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await ingest.upload(data, token=token)).status_code == 202


async def test_uploads_at_once_are_counted_one_by_one(ingest: "Ingest") -> None:
    data = small_school().zip()
    answers = await asyncio.gather(*(ingest.upload(data, token="manager") for _ in range(25)))
    assert sorted(one.status_code for one in answers) == [202] * 20 + [429] * 5


async def test_the_client_waits_as_long_as_it_is_told(ingest: "Ingest") -> None:
    client = await made(ingest)
    said: list[str] = []
    async with signed_in(ingest, client) as http:
        data = small_school().zip()
        for _ in range(20):
            await push_upload(http, Upload(data), school=SCHOOL)
        async with ingest.platform.database.transaction() as session:
            await session.execute("UPDATE pace SET level = 0.97, at = clock_timestamp()")
        pushed = await push_upload(
            http, Upload(data), school=SCHOOL, patience=Patience(tries=2), on_pause=said.append
        )
    assert pushed.status == "received"
    assert re.fullmatch(r"Hwb is busy \(HTTP 429\); trying again in [12]\.0 s", said[0])
