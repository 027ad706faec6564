"""Everything the play can see of the running system: topics, APIs, emulators, mailbox."""

import asyncio
from collections.abc import Iterable
from typing import Any, Self

import httpx

from hwb_rehearsal.broker.feed import Record, TopicFeed
from hwb_rehearsal.broker.records import ends_of
from hwb_rehearsal.compare import accounts as accounts_topic
from hwb_rehearsal.compare import cases as cases_topic
from hwb_rehearsal.compare.accounts import Accounts
from hwb_rehearsal.compare.cases import Cases
from hwb_rehearsal.compare.groups import GroupsSeen, provider_groups
from hwb_rehearsal.stack import Stack
from hwb_schemas.refs import PersonRefs
from hwb_schemas.words import Role

CHANGES = "hwb.mis.changes"
AT_ONCE = 8
PAGE = 200


class Reality:
    """Reads the system from outside; enter it to begin."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.accounts = Accounts(PersonRefs(stack.person_ref_secret.encode()))
        self.cases = Cases()
        self._feed = TopicFeed(
            stack.broker.address, [accounts_topic.TOPIC, cases_topic.TOPIC], self._take
        )
        self.ingest = stack.client("mis-ingest", Role.OPERATOR)
        self.groups_api = stack.client("groups", Role.OPERATOR)
        self._emulators = httpx.AsyncClient(base_url=stack.emulators_url, timeout=30.0)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._feed.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._feed.stop)
        for client in (self.ingest, self.groups_api, self._emulators):
            await client.aclose()

    def _take(self, record: Record) -> None:
        if record.topic == accounts_topic.TOPIC:
            self.accounts.take(record)
        else:
            self.cases.take(record)

    async def read_everything(self) -> None:
        """Wait until the topics are read to their present ends; raises what ended the feed."""

        async def read() -> bool:
            if self._feed.failure is not None:
                raise self._feed.failure
            return await asyncio.to_thread(self._feed.has_read_everything)

        await self.stack.until(read, "the topics are read to their ends", 30)

    def ends_of_changes(self) -> dict[int, int]:
        """The next offset of each partition of ``hwb.mis.changes``."""
        return ends_of(self.stack.broker.address, CHANGES)

    async def runs(self, schools: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Every run of these schools, newest first."""
        room = asyncio.Semaphore(AT_ONCE)

        async def of(school: str) -> tuple[str, list[dict[str, Any]]]:
            async with room:
                answer = await self.ingest.get(f"/v1/schools/{school}/runs", params={"limit": PAGE})
            items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
            return school, items

        return dict(await asyncio.gather(*(of(school) for school in schools)))

    async def run(self, school: str, run_id: str) -> dict[str, Any]:
        """One run."""
        answer = await self.ingest.get(f"/v1/schools/{school}/runs/{run_id}")
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def report(self, school: str, run_id: str) -> list[dict[str, Any]]:
        """The rejected rows of a run."""
        answer = await self.ingest.get(f"/v1/schools/{school}/runs/{run_id}/report")
        rows: list[dict[str, Any]] = answer.raise_for_status().json()["rows"]
        return rows

    async def pending(self, school: str) -> set[str]:
        """The person_refs that the school reads as waiting for their previous school."""
        async with self.stack.client("identity", Role.DIGITAL_CHAMPION, school=school) as client:
            answer = await client.get(f"/v1/schools/{school}/pending")
        return {item["person_ref"] for item in answer.raise_for_status().json()["items"]}

    async def groups(self) -> GroupsSeen:
        """Every group, as the groups service lists it and as the providers have it."""
        listed: dict[tuple[str, str], dict[str, Any]] = {}
        cursor: str | None = None
        while True:
            params = {"limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
            answer = await self.groups_api.get("/v1/groups", params=params)
            page = answer.raise_for_status().json()
            listed |= {(item["class_key"], item["provider"]): item for item in page["items"]}
            cursor = page.get("next")
            if not cursor:
                break
        inspected = (await self._emulators.get("/inspect/groups")).raise_for_status().json()
        return GroupsSeen(listed, provider_groups(inspected))

    async def fail(self, provider: str, provider_id: str, fault: str) -> None:
        """Let the provider do wrong by this group from now on."""
        body = {"provider": provider, "id": provider_id, "fault": fault}
        (await self._emulators.post("/inspect/faults", json=body)).raise_for_status()

    async def faults_that_happened(self) -> set[tuple[str, str, str]]:
        """Provider, the group's id there, and the fault."""
        answer = (await self._emulators.get("/inspect/faults")).raise_for_status()
        return {(row["provider"], row["id"], row["fault"]) for row in answer.json()}

    async def provider_calls(self) -> list[dict[str, Any]]:
        """How many calls of each kind the providers answered, and how."""
        answer = (await self._emulators.get("/inspect/calls")).raise_for_status()
        rows: list[dict[str, Any]] = answer.json()
        return rows
