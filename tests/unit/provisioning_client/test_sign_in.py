"""The client signs in by itself, stays signed in, and says clearly when it cannot."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from hwb_provisioning_client.errors import NotAllowedError, ProvisioningError, UsageError
from hwb_provisioning_client.push import Patience, push_upload
from hwb_provisioning_client.sign_in import ClientCredentials, Credentials, read_sign_in
from hwb_provisioning_client.upload import Upload

SCHOOL = "6604027"
SOON = Patience(tries=3, first_pause=0.001)
CREDENTIALS = Credentials("hwb-1", "s3cret", "http://hwb/v1/tokens")


class Hwb(httpx.AsyncBaseTransport):
    """Gives tokens ``t1``, ``t2`` … and takes uploads for those that are still good."""

    def __init__(self) -> None:
        self.given = 0
        self.good: set[str] = set()
        self.is_forgetful = False
        """Its tokens are good for nothing."""
        self.bodies: list[bytes] = []
        self.refusals: list[httpx.Response] = []
        """Answers to the next requests for a token."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if request.url.path == "/v1/tokens":
            if self.refusals:
                return self.refusals.pop(0)
            asked = parse_qs(body.decode())
            assert asked == {
                "grant_type": ["client_credentials"],
                "client_id": ["hwb-1"],
                "client_secret": ["s3cret"],
            }
            self.given += 1
            if not self.is_forgetful:
                self.good.add(f"t{self.given}")
            await asyncio.sleep(0)
            return httpx.Response(200, json={"access_token": f"t{self.given}", "expires_in": 300})
        self.bodies.append(body)
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.good:
            problem = {"code": "token_expired", "title": "Over", "detail": "Sign in again."}
            return httpx.Response(401, json=problem)
        return httpx.Response(202, json={"run_id": "r", "school": SCHOOL, "status": "received"})

    def client(self, monotonic: Callable[[], float] = lambda: 0.0) -> httpx.AsyncClient:
        sign_in = ClientCredentials(CREDENTIALS, monotonic=monotonic)
        return httpx.AsyncClient(transport=self, base_url="http://hwb", auth=sign_in)


@pytest.fixture
def hwb() -> Hwb:
    return Hwb()


async def test_one_token_serves_many_requests_at_once(hwb: Hwb) -> None:
    client = hwb.client()
    upload = Upload(b"x")
    await asyncio.gather(*(push_upload(client, upload, school=SCHOOL) for _ in range(8)))
    assert (hwb.given, len(hwb.bodies)) == (1, 8)


async def test_a_token_is_renewed_before_it_runs_out(hwb: Hwb) -> None:
    now = 0.0
    client = hwb.client(lambda: now)
    for now, given in ((0.0, 1), (269.0, 1), (270.0, 2)):  # noqa: B007 - the clock reads it
        await push_upload(client, Upload(b"x"), school=SCHOOL)
        assert hwb.given == given


async def test_an_upload_that_outlives_its_token_is_sent_whole_again(hwb: Hwb) -> None:
    client = hwb.client()
    await push_upload(client, Upload(b"x"), school=SCHOOL)
    hwb.good.clear()
    await push_upload(client, Upload(b"y" * 200_000), school=SCHOOL)
    assert (hwb.given, [len(body) for body in hwb.bodies]) == (2, [1, 200_000, 200_000])


async def test_a_new_token_that_is_refused_too_is_the_end_of_it(hwb: Hwb) -> None:
    client = hwb.client()
    hwb.is_forgetful = True
    with pytest.raises(NotAllowedError) as refused:
        await push_upload(client, Upload(b"x"), school=SCHOOL)
    assert (refused.value.code, hwb.given) == ("token_expired", 2)


async def test_refused_credentials_are_told_in_hwbs_words_and_without_the_secret(hwb: Hwb) -> None:
    problem = {"code": "client_unknown", "title": "Not known", "detail": "Ask an operator."}
    hwb.refusals.append(httpx.Response(401, json=problem))
    with pytest.raises(NotAllowedError, match="Ask an operator") as refused:
        await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL)
    assert (refused.value.exit_code, hwb.bodies) == (5, [])
    hwb.refusals.append(
        httpx.Response(401, json={"error": "invalid_client", "error_description": "No such."})
    )
    with pytest.raises(NotAllowedError, match="No such") as elsewhere:
        await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL)
    assert "s3cret" not in f"{refused.value!r} {elsewhere.value!r} {CREDENTIALS!r}"


async def test_a_busy_sign_in_is_waited_for_as_long_as_it_says(hwb: Hwb) -> None:
    hwb.refusals += [httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(503)]
    said: list[str] = []
    client = hwb.client()
    await push_upload(client, Upload(b"x"), school=SCHOOL, patience=SOON, on_pause=said.append)
    assert (len(said), len(hwb.bodies)) == (2, 1)


def test_the_file_says_who_and_where(tmp_path: Path) -> None:
    file = tmp_path / "hwb.json"
    file.write_text('{"client_id": "a", "client_secret": "b", "school": "6604027"}')
    sign_in = read_sign_in("https://hwb.example/", token_file=None, credentials_file=file)
    assert isinstance(sign_in, ClientCredentials)
    assert sign_in._credentials == Credentials("a", "b", "https://hwb.example/v1/tokens")
    file.write_text('{"client_id": "a", "client_secret": "b", "token_url": "https://idp/t"}')
    sign_in = read_sign_in("https://hwb.example/", token_file=None, credentials_file=file)
    assert isinstance(sign_in, ClientCredentials)
    assert sign_in._credentials.token_url == "https://idp/t"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "s3cret",
        "[]",
        json.dumps({"client_id": "a"}),
        json.dumps({"client_id": "a", "client_secret": ""}),
        json.dumps({"client_id": "a\n", "client_secret": "s3cret"}),
    ],
)
def test_a_file_that_holds_no_credentials_is_told_without_what_is_in_it(
    tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "hwb.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError, match=r"hwb\.json") as refused:
        read_sign_in("https://hwb.example", token_file=None, credentials_file=file)
    assert "s3cret" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_either_file_is_given_and_not_both(tmp_path: Path) -> None:
    with pytest.raises(ProvisioningError, match="--credentials-file"):
        read_sign_in("https://hwb.example", token_file=None, credentials_file=None)
    with pytest.raises(ProvisioningError, match="either"):
        read_sign_in("https://hwb.example", token_file=tmp_path, credentials_file=tmp_path)
