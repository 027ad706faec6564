"""An upload in parts goes on where it stopped, whatever ended: connection, client or server."""

import asyncio
import hashlib
import io
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from tests.integration.mis_ingest.conftest import CALLERS
from tests.support.school_export import SCHOOL, small_school

from hwb_mis_ingest.adapters.session_table import SessionTable
from hwb_mis_ingest.application.resume_upload import PART_BYTES, ResumeDesk
from hwb_mis_ingest.bootstrap import SERVICE
from hwb_provisioning_client.errors import NotReachableError, RefusedError
from hwb_provisioning_client.push import Patience, PushResult, push_upload
from hwb_provisioning_client.upload import Upload
from hwb_runtime.commands import name_of
from hwb_runtime.database import Database

if TYPE_CHECKING:
    from tests.integration.mis_ingest.conftest import Ingest

MORNING = datetime(2022, 8, 16, 6, 0, tzinfo=UTC)
SESSIONS = f"/v1/schools/{SCHOOL}/upload-sessions"
ONCE, OFTEN = Patience(tries=1), Patience(tries=4, first_pause=0.001)
IN_PARTS = 3
"""Parts of ``large_upload``: two whole ones and a rest."""


def large_upload(*, seed: int = 1) -> Upload:
    """A good export beside a file that does not shrink and that nobody asked for."""
    data = io.BytesIO(small_school().zip())
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr("photo.jpg", random.Random(seed).randbytes(2 * PART_BYTES))
    return Upload(data.getvalue(), MORNING)


class Line(httpx.AsyncBaseTransport):
    """A line to the API that counts the bytes of parts, and breaks where it is told to."""

    def __init__(self, ingest: "Ingest") -> None:
        self.ingest = ingest
        self.restart()
        self.arrived = 0
        self.breaks_before: set[int] = set()
        self.breaks_after: set[int] = set()
        self.parts = 0

    def restart(self) -> None:
        """The API is another process from now on: it knows what the database knows."""
        self.way = httpx.ASGITransport(app=SERVICE.api(self.ingest.platform))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "PATCH":
            return await self.way.handle_async_request(request)
        self.parts += 1
        if self.parts in self.breaks_before:
            raise httpx.WriteError("cut")
        self.arrived += int(request.headers["content-length"])
        answer = await self.way.handle_async_request(request)
        if self.parts in self.breaks_after:
            raise httpx.ReadError("cut")
        return answer

    def client(self) -> httpx.AsyncClient:
        """What a new process of the Provisioning Client has."""
        headers = {"Authorization": "Bearer manager"}
        return httpx.AsyncClient(transport=self, base_url="http://mis-ingest", headers=headers)

    async def push(
        self,
        upload: Upload,
        patience: Patience = ONCE,
        on_sent: Callable[[int], None] = lambda _: None,
    ) -> PushResult:
        return await push_upload(
            self.client(),
            upload,
            school=SCHOOL,
            patience=patience,
            in_parts_above=PART_BYTES,
            on_sent=on_sent,
        )


@pytest.fixture
def line(ingest: "Ingest") -> Line:
    return Line(ingest)


async def kept(ingest: "Ingest") -> tuple[int, int]:
    """Bytes and sessions in the database."""
    async with ingest.platform.database.transaction() as session:
        row = await session.fetch_one(
            """SELECT (SELECT coalesce(sum(length(bytes)), 0) FROM upload_part),
                      (SELECT count(*) FROM upload_session)"""
        )
    assert row is not None
    return int(row[0]), int(row[1])


async def test_a_broken_connection_costs_the_part_that_was_on_its_way(line: Line) -> None:
    upload = large_upload()
    line.breaks_before = {2}
    pushed = await line.push(upload, OFTEN)
    assert (pushed.status, line.arrived, line.parts) == (
        "received",
        len(upload.data),
        IN_PARTS + 1,
    )


async def test_a_part_whose_answer_was_lost_is_not_kept_twice(line: Line, ingest: "Ingest") -> None:
    upload = large_upload()
    line.breaks_after = {2}
    pushed = await line.push(upload, OFTEN)
    assert line.arrived == len(upload.data) + PART_BYTES
    await ingest.work()
    run = await ingest.get(f"/v1/schools/{SCHOOL}/runs/{pushed.run_id}")
    assert (run["status"], run["counts"]["rejected"]) == ("published", 0)


async def test_a_new_process_sends_only_the_rest_and_shows_it(line: Line, ingest: "Ingest") -> None:
    upload = large_upload()
    line.breaks_before = {2}
    with pytest.raises(NotReachableError, match="push again"):
        await line.push(upload)
    assert await kept(ingest) == (PART_BYTES, 1)

    line.restart()
    sent: list[int] = []
    pushed = await line.push(upload, on_sent=sent.append)
    assert line.arrived == len(upload.data)
    assert (sent[0], sent[-1]) == (PART_BYTES, len(upload.data))
    assert await kept(ingest) == (0, 1), "its bytes are the run's now"
    assert await line.push(upload) == pushed, "once it is taken, a push sends nothing"
    assert line.arrived == len(upload.data)
    assert len((await ingest.get(f"/v1/schools/{SCHOOL}/runs"))["items"]) == 1


async def test_a_changed_file_is_a_new_upload(line: Line, ingest: "Ingest") -> None:
    line.breaks_before = {2}
    with pytest.raises(NotReachableError):
        await line.push(large_upload(seed=1))
    changed = large_upload(seed=2)
    await line.push(changed)
    assert line.arrived == PART_BYTES + len(changed.data)
    assert await kept(ingest) == (PART_BYTES, 2)


async def test_in_parts_or_in_one_piece_it_is_the_same_upload(line: Line) -> None:
    upload = large_upload()
    in_parts = await line.push(upload)
    assert await push_upload(line.client(), upload, school=SCHOOL) == in_parts


async def test_finished_by_several_at_once_it_is_taken_once(line: Line, ingest: "Ingest") -> None:
    http, data = line.client(), small_school().zip()
    session = (await begin(http, data)).json()
    await send(http, session, data, at=0)
    address = f"{SESSIONS}/{session['session_id']}/finish"
    answers = await asyncio.gather(*(http.post(address) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [202] * 6
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert await kept(ingest) == (0, 1)


async def test_who_finishes_while_it_is_being_taken_waits_for_the_receipt(
    line: Line, ingest: "Ingest"
) -> None:
    """Else the parts that go meanwhile would look like an upload that was changed on its way."""
    database = ingest.platform.database
    http = line.client()
    session_id = (await begin(http, b"{}")).json()["session_id"]
    await send(http, {"session_id": session_id}, b"{}", at=0)
    desk = ResumeDesk(database, SessionTable, hours=1, per_school=1)
    mine = name_of(CALLERS["manager"])
    async with database.transaction() as taking:
        await SessionTable(taking).set_taken(session_id)
        second = asyncio.create_task(desk.whole(session_id, school=SCHOOL, caller=mine))
        async with asyncio.timeout(60):
            while not second.done() and not await waits_for_a_lock(database):
                continue
    one, data = await second
    assert (one.taken, data) == (True, None)


async def waits_for_a_lock(database: Database) -> bool:
    """Whether a statement about upload sessions does."""
    async with database.transaction() as session:
        found = await session.fetch(
            """SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
               AND wait_event_type = 'Lock' AND query LIKE '%upload_session%'"""
        )
    return bool(found)


async def test_a_refused_upload_is_forgotten(line: Line, ingest: "Ingest") -> None:
    broken = Upload(large_upload().data[:-500], MORNING)
    with pytest.raises(RefusedError) as refused:
        await line.push(broken)
    assert refused.value.code == "truncated"
    assert await kept(ingest) == (0, 0)
    assert (await ingest.get(f"/v1/schools/{SCHOOL}/runs"))["items"] == []


async def begin(http: httpx.AsyncClient, data: bytes, **changes: Any) -> httpx.Response:
    wanted = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()} | changes
    key = {"Idempotency-Key": f"key-{wanted['sha256']}"}
    return await http.post(SESSIONS, json=wanted, headers=key)


async def send(
    http: httpx.AsyncClient, session: dict[str, Any], part: bytes, *, at: int
) -> httpx.Response:
    address = f"{SESSIONS}/{session['session_id']}"
    return await http.patch(address, content=part, headers={"Upload-Offset": str(at)})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_hwb_says_from_which_byte_to_go_on(line: Line, ingest: "Ingest") -> None:
    http, data = line.client(), bytes(PART_BYTES + 10)
    begun = await begin(http, data)
    session = begun.json()
    assert (begun.status_code, session["offset"], session["part_bytes"]) == (201, 0, PART_BYTES)
    await send(http, session, data[:PART_BYTES], at=0)

    again = await send(http, session, data[:PART_BYTES], at=0)
    assert told(again) == (409, "upload_offset_wrong")
    assert (again.json()["offset"], again.headers["upload-offset"]) == (
        PART_BYTES,
        str(PART_BYTES),
    )
    for wrong in (b"", bytes(9), bytes(11), bytes(PART_BYTES + 1)):
        answer = await send(http, session, wrong, at=PART_BYTES)
        assert told(answer) == (400, "upload_part_wrong")
    early = await http.post(f"{SESSIONS}/{session['session_id']}/finish")
    assert told(early) == (409, "upload_incomplete")
    assert await kept(ingest) == (PART_BYTES, 1)

    found = await begin(http, data)
    assert (found.status_code, found.json()["offset"]) == (200, PART_BYTES)
    assert found.headers["location"] == f"{SESSIONS}/{session['session_id']}"
    assert (await http.get(found.headers["location"])).json() == found.json()


async def test_what_is_not_what_was_announced_is_refused(line: Line, ingest: "Ingest") -> None:
    http = line.client()
    session = (await begin(http, b"{}", sha256="0" * 64)).json()
    await send(http, session, b"{}", at=0)
    address = f"{SESSIONS}/{session['session_id']}"
    assert told(await http.post(f"{address}/finish")) == (400, "upload_digest_wrong")
    assert told(await http.get(address)) == (404, "upload_session_unknown")
    assert await kept(ingest) == (0, 0)


async def test_too_large_an_upload_is_refused_before_it_is_sent(line: Line) -> None:
    assert told(await begin(line.client(), b"", length=1_000_001)) == (413, "too_large")


async def test_a_key_is_of_one_upload(line: Line) -> None:
    http = line.client()
    assert (await begin(http, b"{}")).status_code == 201
    assert told(await begin(http, b"{}", length=3)) == (422, "idempotency_key_used")


async def test_only_whoever_began_it_goes_on(line: Line) -> None:
    http = line.client()
    session = (await begin(http, b"{}")).json()
    http.headers["Authorization"] = "Bearer authority"
    unknown = (404, "upload_session_unknown")
    assert told(await send(http, session, b"{}", at=0)) == unknown
    address = f"{SESSIONS}/{session['session_id']}"
    assert told(await http.get(address)) == unknown
    assert told(await http.post(f"{address}/finish")) == unknown
    assert told(await http.get(f"{SESSIONS}/{uuid4()}")) == unknown


async def test_what_is_never_finished_ends(line: Line, ingest: "Ingest") -> None:
    upload = large_upload()
    line.breaks_before = {2}
    with pytest.raises(NotReachableError):
        await line.push(upload)
    async with ingest.platform.database.transaction() as session:
        await session.execute("UPDATE upload_session SET ends_at = now() - interval '1 second'")
        found = await session.fetch_one("SELECT session_id FROM upload_session")
    assert found is not None
    answer = await line.client().get(f"{SESSIONS}/{found[0]}")
    assert told(answer) == (404, "upload_session_unknown")

    (job,) = (one for one in ingest.parts.jobs if one.name == "remove_upload_sessions")
    await job.run_once()
    assert await kept(ingest) == (0, 0)
    await line.push(upload)
    assert line.arrived == PART_BYTES + len(upload.data), "it began anew"


async def test_an_upload_that_ends_on_its_way_begins_anew_by_itself(
    line: Line, ingest: "Ingest"
) -> None:
    upload = large_upload()

    ended: list[int] = []

    async def end_once(request: httpx.Request) -> None:
        if request.method == "PATCH" and line.parts == 1 and not ended:
            ended.append(1)
            async with ingest.platform.database.transaction() as session:
                await session.execute("DELETE FROM upload_session")

    client = line.client()
    client.event_hooks = {"request": [end_once]}
    pushed = await push_upload(
        client, upload, school=SCHOOL, patience=ONCE, in_parts_above=PART_BYTES
    )
    assert (pushed.status, ended) == ("received", [1])
    assert line.arrived == 2 * PART_BYTES + len(upload.data)


async def test_a_schools_newest_unfinished_uploads_are_kept(line: Line, ingest: "Ingest") -> None:
    http = line.client()
    begun = [(await begin(http, bytes(length))).json() for length in range(1, 6)]
    assert (await kept(ingest))[1] == 4
    there = [(await http.get(f"{SESSIONS}/{one['session_id']}")).status_code for one in begun]
    assert there == [404, 200, 200, 200, 200]


async def test_uploads_in_parts_are_limited_as_others_are(line: Line) -> None:
    http = line.client()
    answers = [await begin(http, bytes(length)) for length in range(1, 23)]
    assert told(answers[-1]) == (429, "too_many_uploads")
    assert int(answers[-1].headers["retry-after"]) > 0
