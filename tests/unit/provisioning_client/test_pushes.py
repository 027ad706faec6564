"""What the client does when the network, Hwb or the file are not as they should be."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from hwb_provisioning_client.errors import (
    NotAllowedError,
    NotReachableError,
    NotSettledError,
    RefusedError,
    UsageError,
)
from hwb_provisioning_client.push import (
    Patience,
    PushResult,
    push_upload,
    wait_until_settled,
)
from hwb_provisioning_client.template import Format, write_template
from hwb_provisioning_client.upload import Upload, read_upload

SCHOOL = "6604027"
SOON = Patience(tries=4, first_pause=0.001, settle_seconds=0.5)
RECEIPT = {"run_id": "r1", "school": SCHOOL, "status": "received"}
Answer = Callable[[httpx.Request], httpx.Response]


class Hwb(httpx.AsyncBaseTransport):
    """Answers one after the other; the last one stays. It keeps what it was sent."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self._last: httpx.Response | Exception = answers[-1]
        self.bodies: list[bytes] = []
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(await request.aread())
        answer = next(self._answers, self._last)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=self, base_url="http://hwb")


def taken() -> httpx.Response:
    return httpx.Response(202, json=RECEIPT)


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(
        status,
        json={"status": status, "code": code, "title": "No", "detail": "Do this."},
        headers={"content-type": "application/problem+json"},
    )


async def test_a_push_is_tried_again_until_it_is_answered() -> None:
    hwb = Hwb(httpx.ConnectError("no"), httpx.ReadError("cut"), problem(503, "away"), taken())
    said: list[str] = []
    upload = Upload(b"x" * 200_000)
    result = await push_upload(
        hwb.client(), upload, school=SCHOOL, patience=SOON, on_pause=said.append
    )

    assert result == PushResult("r1", SCHOOL, "received")
    assert [len(body) for body in hwb.bodies] == [200_000] * 4, "whole each time"
    keys = {request.headers["idempotency-key"] for request in hwb.requests}
    assert len(keys) == 1
    assert hwb.requests[0].headers["content-length"] == "200000"
    assert len(said) == 3


async def test_a_push_gives_up_with_what_to_do() -> None:
    hwb = Hwb(httpx.ConnectError("no"))
    with pytest.raises(NotReachableError, match="push again") as failed:
        await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL, patience=SOON)
    assert (len(hwb.requests), failed.value.exit_code) == (4, 4)


async def test_hwb_says_how_long_to_wait() -> None:
    busy = httpx.Response(429, headers={"Retry-After": "0"})
    hwb = Hwb(busy, taken())
    await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL, patience=SOON)
    assert len(hwb.requests) == 2


async def test_hwb_is_not_pressed_before_the_time_it_says() -> None:
    hwb = Hwb(httpx.Response(429, headers={"Retry-After": "1800"}), taken())
    with pytest.raises(NotReachableError, match="30 minutes") as later:
        await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL, patience=SOON)
    assert (later.value.code, len(hwb.requests)) == ("asked_to_wait", 1)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (problem(400, "truncated"), RefusedError, "truncated"),
        (problem(409, "extract_outdated"), RefusedError, "extract_outdated"),
        (problem(401, "not_signed_in"), NotAllowedError, "not_signed_in"),
        (problem(403, "school_not_yours"), NotAllowedError, "school_not_yours"),
        (httpx.Response(404, text="<html>"), RefusedError, "http_404"),
        (httpx.Response(200, text="<html>a proxy</html>"), RefusedError, "http_200"),
    ],
)
async def test_a_refusal_is_not_tried_again(
    answer: httpx.Response, kind: type[Exception], code: str
) -> None:
    hwb = Hwb(answer)
    with pytest.raises(kind) as refused:
        await push_upload(hwb.client(), Upload(b"x"), school=SCHOOL, patience=SOON)
    assert getattr(refused.value, "code", None) == code
    assert len(hwb.requests) == 1


async def test_waiting_ends_with_the_status_it_had() -> None:
    run = httpx.Response(200, json={"status": "published", "counts": {"rejected": 0}})
    with pytest.raises(NotSettledError, match="published") as failed:
        await wait_until_settled(
            Hwb(run).client(), PushResult("r1", SCHOOL, "received"), patience=SOON
        )
    assert failed.value.exit_code == 6


def test_the_key_is_of_the_bytes_the_school_and_the_extract_time() -> None:
    instant = datetime(2022, 8, 16, tzinfo=UTC)
    keys = {
        Upload(b"a").idempotency_key(SCHOOL),
        Upload(b"b").idempotency_key(SCHOOL),
        Upload(b"a").idempotency_key("6604028"),
        Upload(b"a", instant).idempotency_key(SCHOOL),
    }
    assert len(keys) == 4
    assert Upload(b"a").idempotency_key(SCHOOL) in keys


def test_a_folder_is_packed_the_same_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write_template(folder)
    once, again = read_upload(folder), read_upload(folder)
    assert once == again
    assert once.data.startswith(b"PK")
    assert b"example.jsonl" not in once.data


def test_a_mapping_file_is_sent_along_with_a_zip_a_ctf_and_a_folder(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("dates: uk\n")
    write_template(tmp_path / "sds", format_=Format.SDS_2_1)
    folder = read_upload(tmp_path / "sds", mapping=mapping)
    packed = tmp_path / "export.zip"
    packed.write_bytes(read_upload(tmp_path / "sds").data)
    ctf = tmp_path / "a.xml"
    ctf.write_text("<CTfile/>")
    lines = tmp_path / "a.jsonl"
    lines.write_text("{}")

    for upload in (folder, read_upload(packed, mapping=mapping), read_upload(ctf, mapping=mapping)):
        with zipfile.ZipFile(io.BytesIO(upload.data)) as archive:
            assert archive.read("hwb-mapping.yaml") == b"dates: uk\n"
    assert read_upload(packed, mapping=mapping) == read_upload(packed, mapping=mapping)
    with pytest.raises(UsageError, match="JSON lines need no mapping"):
        read_upload(lines, mapping=mapping)
    with pytest.raises(UsageError):
        read_upload(packed, mapping=tmp_path / "nowhere.yaml")


def test_a_template_is_not_written_over_files(tmp_path: Path) -> None:
    write_template(tmp_path)
    with pytest.raises(UsageError, match=r"users\.csv"):
        write_template(tmp_path)


@pytest.mark.parametrize("what", ["nowhere.zip", "empty"])
def test_a_path_that_is_no_export_is_told(tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError):
        read_upload(tmp_path / what)


def test_the_example_of_json_lines_is_json() -> None:
    import hwb_provisioning_client

    folder = Path(hwb_provisioning_client.__file__).parent / "templates"
    lines = (folder / "example.jsonl").read_text().splitlines()
    assert json.loads(lines[-1]) == {"type": "end", "lines": len(lines) - 1}
